// SPDX-License-Identifier: Apache-2.0
#include "core/config/ignored_keys.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/config/toml_value.h"

namespace nvinject {
namespace {

using Set = Result<void>;

struct IgnoredKey {
  std::string_view key;
  // Beside the empty text: what packages write, and so nobody's wish.
  std::array<std::string_view, 2> usual;
  std::string_view reason;
};

constexpr IgnoredKey kCliPath = {
    .key = "nvidia-container-cli.path",
    .usual = {"/usr/bin/nvidia-container-cli"},
    .reason = "the prestart hook does its work itself, and runs no nvidia-container-cli"};
constexpr IgnoredKey kCliUser = {.key = "nvidia-container-cli.user",
                                 .usual = {"root:video"},
                                 .reason = "no process is started that could be another user's"};
constexpr IgnoredKey kNoPivot = {.key = "nvidia-container-cli.no-pivot",
                                 .usual = {},
                                 .reason = "no process changes its root directory"};
constexpr IgnoredKey kCtkPath = {.key = "nvidia-ctk.path",
                                 .usual = {"nvidia-ctk", "/usr/bin/nvidia-ctk"},
                                 .reason = "no hook of nvidia-ctk is put into a container"};
constexpr IgnoredKey kCsvPath = {
    .key = "nvidia-container-runtime.modes.csv.mount-spec-path",
    .usual = {"/etc/nvidia-container-runtime/host-files-for-container.d"},
    .reason = "mode csv (Tegra) is not offered"};
constexpr IgnoredKey kCsvCompat = {
    .key = "nvidia-container-runtime.modes.csv.compat-container-root",
    .usual = {},
    .reason = "mode csv (Tegra) is not offered"};
constexpr IgnoredKey kFeatureFlags = {
    .key = "nvidia-container-runtime.modes.jit-cdi.nvcdi-feature-flags",
    .usual = {},
    .reason = "they are switches inside of nvidia-ctk"};
constexpr IgnoredKey kDisableHooks = {
    .key = "nvidia-container-runtime.modes.jit-cdi.nvcdi-disable-hooks",
    .usual = {},
    .reason =
        "no hook of nvidia-ctk is put into a container; what ours would do is switched off by "
        "nvinject.ld-cache and features.disable-cuda-compat-lib-hook"};

void warn(Config& config, std::string_view key, std::string reason) {
  config.warnings.push_back({std::string(key), "no effect", std::move(reason)});
}

template <const IgnoredKey& Key>
Set ignore_string(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string value, as_string(node));
  const auto& usual = Key.usual;
  if (!value.empty() && std::find(usual.begin(), usual.end(), value) == usual.end()) {
    warn(config, Key.key, std::string(Key.reason));
  }
  return {};
}
template <const IgnoredKey& Key>
Set ignore_strings(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const std::vector<std::string> values, as_strings(node));
  if (!values.empty()) warn(config, Key.key, std::string(Key.reason));
  return {};
}
template <const IgnoredKey& Key>
Set ignore_bool(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const bool value, as_bool(node));
  if (value) warn(config, Key.key, std::string(Key.reason));
  return {};
}

// Of the environment that the classic library had only one variable has a meaning. The first entry
// of a name counted.
Set set_cli_environment(const toml::node& node, Config& config) {
  constexpr std::string_view kMpsVariable = "CUDA_MPS_PIPE_DIRECTORY";
  NVINJECT_ASSIGN_OR_RETURN(const std::vector<std::string> entries, as_strings(node));
  std::string pipes;
  std::vector<std::string> others;
  for (const std::string& entry : entries) {
    const std::size_t equals = std::min(entry.find('='), entry.size());
    const std::string name = entry.substr(0, equals);
    if (name != kMpsVariable) {
      others.push_back(name);
    } else if (pipes.empty() && equals < entry.size()) {
      pipes = entry.substr(equals + 1);
    }
  }
  if (!pipes.empty()) config.roots.mps_pipes = std::move(pipes);
  if (!others.empty()) {
    warn(config, "nvidia-container-cli.environment",
         "of " + escape(join(others, ", ")) + ": only " + std::string(kMpsVariable) + " is read");
  }
  return {};
}

// A path without "@" meant a program of the image, run with the host's rights.
Set check_ldconfig(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string path, as_string(node));
  if (!path.empty() && path.front() != '@') {
    return bad_value(quote(path) +
                     " would run a program of the container: only '@' paths are accepted (and not "
                     "used: the cache is written without ldconfig)");
  }
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  if (!path.empty() && name != "ldconfig" && name != "ldconfig.real") {
    warn(config, "nvidia-container-cli.ldconfig",
         "a container's ld.so.cache is written without ldconfig");
  }
  return {};
}

constexpr KeyRow kIgnoredKeys[] = {
    {kCliPath.key, ignore_string<kCliPath>},
    {"nvidia-container-cli.environment", set_cli_environment},
    {kNoPivot.key, ignore_bool<kNoPivot>},
    {kCliUser.key, ignore_string<kCliUser>},
    {"nvidia-container-cli.ldconfig", check_ldconfig},
    {kCtkPath.key, ignore_string<kCtkPath>},
    {kCsvPath.key, ignore_string<kCsvPath>},
    {kCsvCompat.key, ignore_string<kCsvCompat>},
    {kFeatureFlags.key, ignore_strings<kFeatureFlags>},
    {kDisableHooks.key, ignore_strings<kDisableHooks>},
};

}  // namespace

std::span<const KeyRow> ignored_key_table() { return kIgnoredKeys; }

}  // namespace nvinject
