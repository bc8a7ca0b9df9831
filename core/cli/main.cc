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

struct Options {
  std::string config_file;
  bool json = false;
  ExplainOptions explaining;
  std::string status_socket;

  [[nodiscard]] Output output() const { return json ? Output::kJson : Output::kText; }
  [[nodiscard]] StatusOptions status() const { return {status_socket, output()}; }
};

struct Command {
  const char* name;
  const char* help;
  bool prints_json;
  int (*run)(const Config& config, const Options& options);
};

constexpr Command kCommands[] = {
    {"info", "Driver and GPUs of this machine", true,
     [](const Config& config, const Options& options) { return info(config, options.output()); }},
    {"list", "GPUs and driver files, one a line", true,
     [](const Config& config, const Options& options) { return list(config, options.output()); }},
    {"explain", "What a container would get, and why", true,
     [](const Config& config, const Options& options) {
       return explain(config, options.explaining);
     }},
    {"prepare", "Load kernel modules and make device nodes (the boot step)", false,
     [](const Config& config, const Options&) { return prepare(config); }},
    {"who", "Which container holds which GPU, asked of the NRI plugin", true,
     [](const Config& config, const Options& options) { return who(config, options.status()); }},
    {"audit", "What each container asked for, has and would get, asked of the NRI plugin", true,
     [](const Config& config, const Options& options) { return audit(config, options.status()); }},
};

void declare(CLI::App& app, Options& options) {
  app.set_version_flag("--version", "nvinject " NVINJECT_VERSION);
  app.require_subcommand(1);
  app.add_option("--config", options.config_file, "config.toml to use");
  for (const Command& command : kCommands) {
    CLI::App* const declared = app.add_subcommand(command.name, command.help);
    if (command.prints_json) declared->add_flag("--json", options.json, "Print JSON");
  }
  for (const char* const name : {"who", "audit"}) {
    app.get_subcommand(name)->add_option("--socket", options.status_socket,
                                         "Status socket of the NRI plugin");
  }
  CLI::App* const explain_command = app.get_subcommand("explain");
  ExplainOptions& explaining = options.explaining;
  auto* const spec = explain_command->add_option("--spec", explaining.spec, "An OCI config.json");
  explain_command->add_option("--bundle", explaining.bundle, "An OCI bundle")->excludes(spec);
  explain_command->add_option("--env", explaining.env, "NAME=value, may be repeated")
      ->take_all()
      ->allow_extra_args(false)
      ->check([](const std::string& entry) {
        return entry.find('=') == std::string::npos ? "expected NAME=VALUE" : std::string();
      });
}

int run(int argc, char** argv) {
  CLI::App app("Gives containers exactly the NVIDIA GPUs they are entitled to, and says why.",
               "nvinject");
  Options options{.config_file = environment("NVIDIA_CTK_CONFIG_FILE_PATH")};
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? kExitOk : kExitUsage;
  }
  options.explaining.output = options.output();
  const auto config = load_config(
      {.config_file_path = options.config_file, .config_home = environment("XDG_CONFIG_HOME")});
  if (!config) {
    return app.got_subcommand("explain") ? explain(config, options.explaining)
                                         : report(config.error());
  }
  for (const Decision& warning : config->warnings) {
    std::fprintf(stderr, "nvinject: warning: %s '%s' %s\n", warning.choice.c_str(),
                 warning.subject.c_str(), warning.reason.c_str());
  }
  for (const Command& command : kCommands) {
    if (app.got_subcommand(command.name)) return command.run(*config, options);
  }
  return kExitUsage;
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
