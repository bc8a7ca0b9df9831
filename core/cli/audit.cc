// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/text.h"
#include "core/cli/commands.h"
#include "core/cli/read_status.h"
#include "core/json/json.h"

namespace nvinject::cli {
namespace {

using Indices = std::vector<unsigned>;

// What a container has, and what the policy would give it.
struct Comparison {
  Indices would_get;
  Indices gains;
  Indices loses;
};

Indices those_not_in(const Indices& some, const Indices& others) {
  Indices rest;
  for (const unsigned index : some) {
    if (std::find(others.begin(), others.end(), index) == others.end()) rest.push_back(index);
  }
  return rest;
}

Comparison compare(const ContainerStatus& container) {
  Comparison comparison;
  switch (container.outcome) {
    case ContainerOutcome::kServed:
    case ContainerOutcome::kLeft:  // it would be left again
      comparison.would_get = container.gpus;
      break;
    case ContainerOutcome::kDenied:
      break;
    case ContainerOutcome::kAudited:
    case ContainerOutcome::kWithout:
      comparison.would_get = container.would_get;
      break;
  }
  comparison.gains = those_not_in(comparison.would_get, container.gpus);
  comparison.loses = those_not_in(container.gpus, comparison.would_get);
  return comparison;
}

std::string describe_difference(const Comparison& comparison) {
  if (comparison.gains.empty() && comparison.loses.empty()) return "none";
  std::string text;
  if (!comparison.gains.empty()) text = "more: " + describe_gpus(comparison.gains);
  if (comparison.loses.empty()) return text;
  return text + (text.empty() ? "" : "; ") + "less: " + describe_gpus(comparison.loses);
}

std::string row(const char* name, const std::string& value) {
  return "  " + std::string(name) + "  " + without_control_characters(value) + "\n";
}

std::string audit_as_text(const StatusReport& report) {
  std::string text = without_control_characters(describe_plugin(report)) + "\n";
  for (const ContainerStatus& container : report.containers) {
    const Comparison comparison = compare(container);
    text += without_control_characters(describe_container(container)) + "\n";
    text += row("asked     ",
                container.asked.empty() ? "nothing" : container.asked + " by " + container.source);
    text += row("has       ", describe_gpus(container.gpus));
    text += row("would get ", describe_gpus(comparison.would_get));
    text += row("difference", describe_difference(comparison));
    text += row("reason    ", std::string(to_string(container.outcome)) + ": " + container.reason);
  }
  if (report.containers.empty()) text += "no container has to do with GPUs\n";
  return text;
}

Json audit_as_json(const StatusReport& report) {
  Json containers = Json::array();
  for (const ContainerStatus& container : report.containers) {
    const Comparison comparison = compare(container);
    containers.push_back({{"namespace", container.name_space},
                          {"pod", container.pod},
                          {"container", container.name},
                          {"id", container.id},
                          {"asked", container.asked},
                          {"source", container.source},
                          {"outcome", to_string(container.outcome)},
                          {"has", container.gpus},
                          {"would_get", comparison.would_get},
                          {"more", comparison.gains},
                          {"less", comparison.loses},
                          {"reason", container.reason}});
  }
  return Json{
      {"mode", report.mode}, {"enforce", report.enforce}, {"containers", std::move(containers)}};
}

}  // namespace

int audit(const Config& config, const StatusOptions& options) {
  return print_status(config, options, &audit_as_json, &audit_as_text);
}

}  // namespace nvinject::cli
