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
  ConfigureOptions configuring;
  DoctorOptions examining;
  CdiOptions cdi;
  int (*cdi_command)(const Config& config, const CdiOptions& options) = nullptr;
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

struct EngineCommand {
  const char* name;
  const char* help;
  Engine engine;
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
    {"configure", "Tell a container engine about nvinject", false,
     [](const Config& config, const Options& options) {
       return configure(config, options.configuring);
     }},
    {"cdi", "Files of the Container Device Interface", false,
     [](const Config& config, const Options& options) {
       return options.cdi_command(config, options.cdi);
     }},
    {"doctor", "Which ways to ask for a GPU work here, and what the others lack", false,
     [](const Config& config, const Options& options) {
       return doctor_docker(config, options.examining);
     }},
};

constexpr EngineCommand kEngines[] = {
    {"docker", "The runtime nvidia, in daemon.json", Engine::kDocker},
    {"podman", "The hook, in hooks.d", Engine::kPodman},
    {"crio", "The runtime nvidia and the hook; where NRI is on, nvinject-nri needs neither",
     Engine::kCrio},
    {"containerd", "What its config.toml needs; nothing is edited", Engine::kContainerd},
};

void declare_files(CLI::App& command, Engine engine, ConfigureOptions& options) {
  if (engine != Engine::kPodman) {
    command.add_option("--config", options.config_file, "The engine's own file");
    command.add_option("--runtime-path", options.runtime_path, "nvidia-container-runtime");
    command.add_option("--runtime-name", options.runtime_name, "Its name for the engine");
    command.add_flag("--set-as-default", options.set_as_default,
                     "For containers without --runtime");
  }
  if (engine != Engine::kDocker) {
    command.add_option("--hook-path", options.hook_path, "nvidia-container-runtime-hook");
    command.add_option("--hooks-dir", options.hooks_directory, "Where the engine looks for hooks");
  }
}

void declare_configure(CLI::App& app, ConfigureOptions& options) {
  CLI::App* const configure_command = app.get_subcommand("configure")->require_subcommand(1);
  for (const EngineCommand& one : kEngines) {
    CLI::App* const command = configure_command->add_subcommand(one.name, one.help);
    const Engine engine = one.engine;
    command->callback([&options, engine] { options.engine = engine; });
    if (engine == Engine::kContainerd) continue;
    command->add_flag_callback(
        "--dry-run", [&options] { options.outcome = ConfigureOutcome::kShow; },
        "Show what would change, as a diff");
    command->add_flag_callback(
        "--remove", [&options] { options.action = ConfigureAction::kRemove; }, "Take it out again");
    declare_files(*command, engine, options);
    if (engine == Engine::kDocker) {
      command->add_flag("--cdi", options.cdi, "Docker's features.cdi too");
    }
    if (engine != Engine::kPodman) {
      command->add_flag("--restart", options.restart, "Let the engine read it, if it has changed");
    }
  }
}

void declare_doctor(CLI::App& app, Options& options) {
  CLI::App* const command = app.get_subcommand("doctor")->require_subcommand(1)->add_subcommand(
      "docker", "--runtime=nvidia, --gpus, CDI and NV_GPU");
  command->add_flag("--json", options.json, "Print JSON");
  command->add_option("--daemon-json", options.examining.daemon_json, "dockerd's own file");
  command->add_option("--socket", options.examining.socket, "dockerd's socket");
}

void declare_cdi(CLI::App& app, Options& options) {
  CLI::App* const cdi = app.get_subcommand("cdi")->require_subcommand(1);
  CdiOptions& chosen = options.cdi;
  const auto add = [&](const char* name, const char* help, auto* run) {
    return cdi->add_subcommand(name, help)->callback([&options, run] {
      options.cdi_command = run;
    });
  };
  CLI::App* const generate = add("generate", "Write that of this machine's GPUs", cdi_generate);
  generate->add_option("--output", chosen.output_file, "The file; - is standard output")
      ->capture_default_str();
  generate->add_option("--format", chosen.format, "yaml or json; else the suffix of the file says");
  auto* const hook = generate->add_option("--hook-path", chosen.hook_path, "nvinject-hook");
  generate->add_flag("--no-hook", chosen.no_hook, "Leave the ld.so.cache of images as it is")
      ->excludes(hook);
  generate
      ->add_option("--device-name-strategy", chosen.name_strategies,
                   "index, uuid or type-index, may be repeated; else index and uuid")
      ->delimiter(',')
      ->take_all()
      ->allow_extra_args(false);
  add("list", "Names of devices, of any vendor", cdi_list)
      ->add_option("--spec-dir", chosen.directories, "Where to look, may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  add("check", "Whether the file still matches this machine", cdi_check)
      ->add_option("file", chosen.output_file, "The file")
      ->capture_default_str();
}

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
  declare_configure(app, options.configuring);
  declare_doctor(app, options);
  declare_cdi(app, options);
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
  options.examining.search_path = environment("PATH");
  declare(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? kExitOk : kExitUsage;
  }
  options.explaining.output = options.output();
  options.examining.output = options.output();
  const auto config = load_config(
      {.config_file_path = options.config_file, .config_home = environment("XDG_CONFIG_HOME")});
  if (!config && app.got_subcommand("doctor")) return doctor_docker(config, options.examining);
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
