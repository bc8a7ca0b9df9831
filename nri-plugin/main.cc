// SPDX-License-Identifier: Apache-2.0

// nvinject-nri: the NRI plugin. Connects to containerd or CRI-O, or is launched by one of them from
// its plugin directory: then the environment says so.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "nri-plugin/program.h"

namespace {

constexpr int kExitUsage = 2;
constexpr int kExitInternal = 70;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

int run(int argc, char** argv) {
  nvinject::nri::ProgramOptions options{
      .environment = {.config_file_path = environment("NVIDIA_CTK_CONFIG_FILE_PATH"),
                      .config_home = environment("XDG_CONFIG_HOME")},
      .index = environment("NRI_PLUGIN_IDX"),
      .name = environment("NRI_PLUGIN_NAME"),
      .launched_on = environment("NRI_PLUGIN_SOCKET")};
  CLI::App app("Gives the containers of containerd and CRI-O their NVIDIA GPUs.", "nvinject-nri");
  app.set_version_flag("--version", "nvinject-nri " NVINJECT_VERSION);
  app.add_option("--config", options.config_files,
                 "config.toml to use; several times: what a later one says counts")
      ->allow_extra_args(false);
  app.add_option("--socket", options.socket, "The runtime's NRI socket (nvinject.nri.socket)");
  app.add_option("--idx,--index", options.index,
                 "Two digits: the place among plugins (nvinject.nri.index)");
  app.add_option("--name", options.name, "The name to register under (nvinject.nri.name)");
  app.add_flag("--device-plugin", options.device_plugin,
               "Also be the kubelet's device plugin (nvinject.device-plugin.enabled)");
  app.add_flag("--clean-up", options.cleans_up,
               "Remove what instances that are gone have left on this node, and end");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? EXIT_SUCCESS : kExitUsage;
  }
  return run_program(options);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "nvinject-nri: internal error: %s\n", problem.what());
    return kExitInternal;
  }
}
