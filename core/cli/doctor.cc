// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "core/base/text.h"
#include "core/cli/commands.h"
#include "core/cli/docker_facts.h"
#include "core/engines/docker_ways.h"
#include "core/json/json.h"

namespace nvinject::cli {
namespace {

void print_problems(const Problems& problems, std::string& text) {
  for (const Problem& problem : problems) {
    text += "        " + without_control_characters(problem.what) + "\n";
    text += "        -> " + without_control_characters(problem.remedy) + "\n";
  }
}

std::string as_text(const DockerFacts& facts, const DockerReport& report) {
  std::string text;
  if (facts.info) {
    text += "dockerd " + without_control_characters(facts.info->server_version) + "\n";
  }
  if (!report.everywhere.empty()) {
    text += "broken  all of Docker's ways\n";
    print_problems(report.everywhere, text);
  }
  for (const DockerWay& way : report.ways) {
    text += (report.works(way) ? "works   " : "broken  ") + way.command + "\n";
    print_problems(way.problems, text);
    for (const std::string& note : way.notes) {
      text += "        note: " + without_control_characters(note) + "\n";
    }
  }
  for (const Decision& warning : facts.config_warnings) {
    text += "note    config.toml: " +
            without_control_characters(warning.subject + ": " + warning.choice + ": " +
                                       warning.reason) +
            "\n";
  }
  return text;
}

Json problems_as_json(const Problems& problems) {
  Json json = Json::array();
  for (const Problem& problem : problems) {
    json.push_back({{"problem", problem.what}, {"remedy", problem.remedy}});
  }
  return json;
}

Json as_json(const DockerFacts& facts, const DockerReport& report) {
  Json json = {{"dockerd", facts.info ? Json(facts.info->server_version) : Json()},
               {"everywhere", problems_as_json(report.everywhere)},
               {"ways", Json::array()},
               {"config", Json::array()}};
  for (const DockerWay& way : report.ways) {
    json["ways"].push_back({{"command", way.command},
                            {"works", report.works(way)},
                            {"problems", problems_as_json(way.problems)},
                            {"notes", way.notes}});
  }
  for (const Decision& warning : facts.config_warnings) {
    json["config"].push_back(
        {{"key", warning.subject}, {"choice", warning.choice}, {"reason", warning.reason}});
  }
  return json;
}

}  // namespace

int doctor_docker(const Result<Config>& config, const DoctorOptions& options) {
  const DockerFacts facts = read_docker_facts(config, options);
  const DockerReport report = check_docker_ways(facts);
  const std::string text = options.output == Output::kJson
                               ? print_json(as_json(facts, report), 2) + "\n"
                               : as_text(facts, report);
  std::fputs(text.c_str(), stdout);
  return report.all_work() ? kExitOk : kExitFailed;
}

}  // namespace nvinject::cli
