// SPDX-License-Identifier: Apache-2.0
#include "core/config/key_table.h"

#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/config/ignored_keys.h"
#include "core/config/own_keys.h"
#include "core/config/toml_value.h"

namespace nvinject {
namespace {

using Set = Result<void>;

constexpr std::string_view kCudaCompatKey =
    "nvidia-container-runtime.modes.legacy.cuda-compat-mode";
constexpr std::string_view kLogLevelKey = "nvidia-container-runtime.log-level";

// "a, b" -> {"a", "b"}
std::vector<std::string> comma_list(std::string_view text) {
  std::vector<std::string> items;
  for (const std::string_view item : split(text, ',')) {
    if (!trim(item).empty()) items.emplace_back(trim(item));
  }
  return items;
}

// It asks for what is so in any case: only the type is checked.
Set check_bool(const toml::node& node, Config&) {
  NVINJECT_RETURN_IF_ERROR(as_bool(node));
  return {};
}

Set set_disable_require(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.accept.disable_require, as_bool(node));
  return {};
}
Set set_swarm_resource(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string text, as_string(node));
  config.accept.swarm_resources = comma_list(text);
  return {};
}
Set set_env_when_unprivileged(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.accept.env_when_unprivileged, as_bool(node));
  return {};
}
Set set_volume_mounts(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.accept.volume_mounts, as_bool(node));
  return {};
}
Set set_supported_capabilities(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string text, as_string(node));
  CapabilitySet supported;
  for (const std::string& name : comma_list(text)) {
    const auto capability = find_capability(name);
    if (name == "all") {
      supported = CapabilitySet::all();
    } else if (capability) {
      supported.add(*capability);
    } else {
      return bad_value("unknown driver capability " + quote(name));
    }
  }
  config.accept.supported = supported;
  return {};
}
Set set_ignore_imex(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.accept.ignore_imex_channels, as_bool(node));
  return {};
}
Set set_no_imex_creation(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const bool disabled, as_bool(node));
  config.create_imex_channels = !disabled;
  return {};
}
Set set_annotation_prefixes(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.accept.annotation_prefixes, as_strings(node));
  return {};
}

Set set_root(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string root, as_string(node));
  if (root.empty()) return {};
  if (root.front() != '/') return bad_value("driver root " + quote(root) + " is not absolute");
  config.roots.driver = HostPath(root);
  return {};
}
Set set_ld_cache_file(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string path, as_string(node));
  if (!path.empty() && path.front() != '/') return bad_value(quote(path) + " is not absolute");
  config.roots.ld_cache = path;
  return {};
}
Set set_load_kmods(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.load_kernel_modules, as_bool(node));
  return {};
}
Set check_not_set(const toml::node& node, Config&) {
  NVINJECT_ASSIGN_OR_RETURN(const bool value, as_bool(node));
  if (!value) return {};
  return bad_value(
      "nothing of a container is ever executed or mounted: this feature does not exist");
}

Set set_debug_file(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(std::string path, as_string(node));
  config.runtime.debug_file = path == "/dev/null" ? "" : std::move(path);
  return {};
}
Set set_hook_debug_file(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(std::string path, as_string(node));
  config.hook.debug_file = path == "/dev/null" ? "" : std::move(path);
  return {};
}
Set set_runtimes(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.runtime.runtimes, as_strings(node));
  if (config.runtime.runtimes.empty()) return bad_value("no low-level runtime is named");
  return {};
}
// A word of the classic tools' log library; another one means "info" there, too.
Set set_runtime_log_level(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string level, as_string(node));
  constexpr std::pair<std::string_view, RuntimeLogLevel> kLevels[] = {
      {"panic", RuntimeLogLevel::kError},     {"fatal", RuntimeLogLevel::kError},
      {"error", RuntimeLogLevel::kError},     {"warn", RuntimeLogLevel::kWarning},
      {"warning", RuntimeLogLevel::kWarning}, {"info", RuntimeLogLevel::kInfo},
      {"debug", RuntimeLogLevel::kInfo},      {"trace", RuntimeLogLevel::kInfo}};
  for (const auto& [name, value] : kLevels) {
    if (!equals_ignoring_case(name, level)) continue;
    config.runtime.log_level = value;
    return {};
  }
  config.runtime.log_level = RuntimeLogLevel::kInfo;
  config.warnings.push_back(
      {std::string(kLogLevelKey), "info", quote(level) + " is no level of the log"});
  return {};
}
Set set_mode(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string mode, as_string(node));
  // What "jit-cdi" made anew for each container is what "auto" does here.
  constexpr std::pair<std::string_view, RuntimeMode> kModes[] = {{"auto", RuntimeMode::kAuto},
                                                                 {"jit-cdi", RuntimeMode::kAuto},
                                                                 {"legacy", RuntimeMode::kLegacy},
                                                                 {"cdi", RuntimeMode::kCdi},
                                                                 {"csv", RuntimeMode::kCsv}};
  for (const auto& [name, value] : kModes) {
    if (name != mode) continue;
    config.runtime.mode = value;
    config.hook.is_left_out = mode == "jit-cdi";
    return {};
  }
  return bad_value("invalid mode " + quote(mode) + " (auto, legacy, cdi, csv or jit-cdi)");
}
Set set_cdi_directories(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(std::vector<std::string> directories, as_strings(node));
  for (const std::string& directory : directories) {
    if (!directory.starts_with('/')) return bad_value(quote(directory) + " is not absolute");
  }
  if (!directories.empty()) config.runtime.cdi.directories = std::move(directories);
  return {};
}
Set set_cdi_kind(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(std::string kind, as_string(node));
  if (kind.empty()) return {};
  if (kind.find('/') == std::string::npos || kind.find('=') != std::string::npos) {
    return bad_value(quote(kind) + " is not vendor/class");
  }
  config.runtime.cdi.default_kind = std::move(kind);
  return {};
}
Set set_no_cgroups(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.hook.no_cgroups, as_bool(node));
  return {};
}
Set set_hook_path(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(std::string path, as_string(node));
  if (!path.empty()) config.hook.path = std::move(path);
  return {};
}
Set set_skip_mode_detection(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.hook.skip_mode_detection, as_bool(node));
  return {};
}
// Another word switched it off, and a config that has one must not fail containers now.
Set set_cuda_compat_mode(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string mode, as_string(node));
  constexpr std::pair<std::string_view, CudaCompatMode> kModes[] = {
      {"mount", CudaCompatMode::kMount},
      {"ldconfig", CudaCompatMode::kLdconfig},
      {"hook", CudaCompatMode::kHook},
      {"disabled", CudaCompatMode::kDisabled}};
  for (const auto& [name, value] : kModes) {
    if (name != mode) continue;
    config.legacy_cuda_compat = value;
    return {};
  }
  config.legacy_cuda_compat = CudaCompatMode::kDisabled;
  config.warnings.push_back({std::string(kCudaCompatKey), "disabled",
                             quote(mode) + " is none of mount, ldconfig, hook and disabled"});
  return {};
}
Set set_no_compat_hook(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const bool disabled, as_bool(node));
  config.policy.cuda_compat = disabled ? CudaCompatMode::kDisabled : CudaCompatMode::kHook;
  return {};
}
Set set_no_gids(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const bool no_gids, as_bool(node));
  config.policy.additional_gids = !no_gids;
  return {};
}

constexpr KeyRow kClassicKeys[] = {
    {"disable-require", set_disable_require},
    {"swarm-resource", set_swarm_resource},
    {"accept-nvidia-visible-devices-envvar-when-unprivileged", set_env_when_unprivileged},
    {"accept-nvidia-visible-devices-as-volume-mounts", set_volume_mounts},
    {"supported-driver-capabilities", set_supported_capabilities},

    {"nvidia-container-cli.root", set_root},
    {"nvidia-container-cli.debug", set_hook_debug_file},
    {"nvidia-container-cli.ldcache", set_ld_cache_file},
    {"nvidia-container-cli.load-kmods", set_load_kmods},
    {"nvidia-container-cli.no-cgroups", set_no_cgroups},

    {"nvidia-container-runtime.debug", set_debug_file},
    {kLogLevelKey, set_runtime_log_level},
    {"nvidia-container-runtime.runtimes", set_runtimes},
    {"nvidia-container-runtime.mode", set_mode},
    {"nvidia-container-runtime.modes.cdi.spec-dirs", set_cdi_directories},
    {"nvidia-container-runtime.modes.cdi.default-kind", set_cdi_kind},
    {"nvidia-container-runtime.modes.cdi.annotation-prefixes", set_annotation_prefixes},
    {kCudaCompatKey, set_cuda_compat_mode},
    {"nvidia-container-runtime-hook.path", set_hook_path},
    {"nvidia-container-runtime-hook.skip-mode-detection", set_skip_mode_detection},

    {"features.allow-cuda-compat-libs-from-container", check_not_set},
    {"features.allow-ldconfig-from-container", check_not_set},
    {"features.allow-unknown-oci-spec-fields", check_bool},
    {"features.disable-cuda-compat-lib-hook", set_no_compat_hook},
    {"features.disable-imex-channel-creation", set_no_imex_creation},
    {"features.ignore-imex-channel-requests", set_ignore_imex},
    {"features.no-additional-gids-for-device-nodes", set_no_gids},
};

}  // namespace

KeyTables config_key_tables() { return {kClassicKeys, ignored_key_table(), own_key_table()}; }

const KeyRow* find_config_key(std::string_view key) {
  for (const std::span<const KeyRow> table : config_key_tables()) {
    for (const KeyRow& row : table) {
      if (row.key == key) return &row;
    }
  }
  return nullptr;
}

bool is_config_table(std::string_view name) {
  for (const std::span<const KeyRow> table : config_key_tables()) {
    for (const KeyRow& row : table) {
      if (row.key.size() > name.size() && row.key.starts_with(name) &&
          row.key[name.size()] == '.') {
        return true;
      }
    }
  }
  return false;
}

}  // namespace nvinject
