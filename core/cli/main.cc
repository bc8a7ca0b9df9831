// SPDX-License-Identifier: Apache-2.0

// nvinject: the operator's command line.

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <string>

#include "core/cli/commands.h"

namespace {

using namespace nvinject;
using namespace nvinject::cli;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

int run(int argc, char** argv) {
  CLI::App app("Gives containers exactly the NVIDIA GPUs they are entitled to, and says why.",
               "nvinject");
  app.set_version_flag("--version", "nvinject " NVINJECT_VERSION);
  app.require_subcommand(1);
  std::string config_file = environment("NVIDIA_CTK_CONFIG_FILE_PATH");
  app.add_option("--config", config_file, "config.toml to use");
  bool json = false;
  ExplainOptions explaining;

  CLI::App* const info_command = app.add_subcommand("info", "Driver and GPUs of this machine");
  CLI::App* const list_command = app.add_subcommand("list", "GPUs and driver files, one a line");
  CLI::App* const explain_command =
      app.add_subcommand("explain", "What a container would get, and why");
  CLI::App* const prepare_command =
      app.add_subcommand("prepare", "Load kernel modules and make device nodes (the boot step)");
  for (CLI::App* const command : {info_command, list_command, explain_command}) {
    command->add_flag("--json", json, "Print JSON");
  }
  auto* const spec = explain_command->add_option("--spec", explaining.spec, "An OCI config.json");
  explain_command->add_option("--bundle", explaining.bundle, "An OCI bundle")->excludes(spec);
  explain_command->add_option("--env", explaining.env, "NAME=value, may be repeated")
      ->take_all()
      ->allow_extra_args(false)
      ->check([](const std::string& entry) {
        return entry.find('=') == std::string::npos ? "expected NAME=VALUE" : std::string();
      });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? kExitOk : kExitUsage;
  }
  const auto config =
      load_config({.config_file_path = config_file, .config_home = environment("XDG_CONFIG_HOME")});
  const Output output = json ? Output::kJson : Output::kText;
  explaining.output = output;
  if (!config) {
    return explain_command->parsed() ? explain(config, explaining) : report(config.error());
  }
  for (const Decision& warning : config->warnings) {
    std::fprintf(stderr, "nvinject: warning: %s '%s' %s\n", warning.choice.c_str(),
                 warning.subject.c_str(), warning.reason.c_str());
  }
  if (info_command->parsed()) return info(*config, output);
  if (list_command->parsed()) return list(*config, output);
  if (prepare_command->parsed()) return prepare(*config);
  return explain(config, explaining);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "nvinject: internal error: %s\n", problem.what());
    return kExitInternal;
  }
}
