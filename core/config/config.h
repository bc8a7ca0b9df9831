// SPDX-License-Identifier: Apache-2.0
#pragma once

// config.toml of the classic toolkit -> const Config (reference: NVIDIA Container Toolkit,
// "config.toml"). Classic keys keep their meaning; ours live under [nvinject]. Defaults are the
// member initialisers here and in the options of each stage, and nowhere else.

#include <string>
#include <string_view>
#include <vector>

#include "core/base/decision.h"
#include "core/base/path.h"
#include "core/base/result.h"
#include "core/config/kubelet_config.h"
#include "core/config/nri_config.h"
#include "core/grant/grant_policy.h"
#include "core/inventory/roots.h"
#include "core/plan/policy.h"
#include "core/request/accept_rules.h"

namespace nvinject {

enum class RuntimeMode { kAuto, kLegacy, kCdi, kCsv };

// nvidia-container-runtime.modes.cdi
struct CdiConfig {
  std::vector<std::string> directories = {"/etc/cdi", "/var/run/cdi"};  // spec-dirs; the last wins
  std::string default_kind = "nvidia.com/gpu";  // of names that are not qualified, in mode "cdi"
  bool operator==(const CdiConfig&) const = default;
};

// What goes into the shim's log: what each level names, and what is worse.
enum class RuntimeLogLevel { kError, kWarning, kInfo };

struct RuntimeConfig {
  std::vector<std::string> runtimes = {"runc", "crun"};  // low-level runtimes, first found wins
  RuntimeMode mode = RuntimeMode::kAuto;
  std::string debug_file;  // empty: no log file of our own
  RuntimeLogLevel log_level = RuntimeLogLevel::kInfo;
  CdiConfig cdi;
  bool operator==(const RuntimeConfig&) const = default;
};

// The prestart hook.
struct HookConfig {
  // nvidia-container-runtime-hook.path: what mode "legacy" puts into a spec.
  std::string path = "nvidia-container-runtime-hook";
  // It serves also where the mode says that the shim does.
  bool skip_mode_detection = false;
  // Of nvidia-container-runtime.mode: "jit-cdi" is "auto" for the shim, and leaves the hook out.
  bool is_left_out = false;
  bool no_cgroups = false;  // nvidia-container-cli.no-cgroups: no device rules
  std::string debug_file;   // nvidia-container-cli.debug; empty: none
  bool operator==(const HookConfig&) const = default;
};

struct Config {
  std::string file;  // where it was read from; empty: the defaults
  AcceptRules accept;
  Roots roots;
  Policy policy;
  GrantPolicy grant;
  RuntimeConfig runtime;
  HookConfig hook;
  NriConfig nri;
  KubeletConfig kubelet;
  DevicePluginConfig device_plugin;
  // nvidia-container-runtime.modes.legacy.cuda-compat-mode: what the prestart hook has as
  // Policy::cuda_compat.
  CudaCompatMode legacy_cuda_compat = CudaCompatMode::kLdconfig;
  bool load_kernel_modules = true;   // nvidia-container-cli.load-kmods
  bool create_imex_channels = true;  // features.disable-imex-channel-creation, inverted
  Decisions warnings;  // by their full name: unknown keys, and values that have no effect
};

// The environment variables that decide where the file is, and what it would say. Empty: not set.
struct ConfigEnvironment {
  std::string config_file_path;  // NVIDIA_CTK_CONFIG_FILE_PATH
  std::string config_home;       // XDG_CONFIG_HOME
  // CUDA_MPS_PIPE_DIRECTORY, for doors that are the host's tool of the classic flow: there it
  // counts before nvidia-container-cli.environment.
  std::string mps_pipes = {};
};

// nvidia-container-runtime.mode as it is written, where the prestart hook leaves all to the runtime
// 'nvidia' and refuses ("cdi", "csv", "jit-cdi"); else empty.
[[nodiscard]] std::string_view mode_without_hook(const Config& config);

// The file named by the first variable must exist; the one below XDG_CONFIG_HOME or /etc may be
// missing, and gives the defaults.
[[nodiscard]] Result<Config> load_config(const ConfigEnvironment& environment);

// Several files, all of which must exist: a key of a later one counts instead of an earlier one's.
[[nodiscard]] Result<Config> load_config_files(const std::vector<std::string>& files);

// nvidia-container-runtime.runtimes alone, for when load_config fails: as the file says if that
// much can be read, else the default.
[[nodiscard]] std::vector<std::string> load_runtimes_only(const ConfigEnvironment& environment);

// `name` stands for the file in messages. A wrong type or a forbidden value is kInvalidRequest with
// file, line and key. What the text does not say is as in `base`.
[[nodiscard]] Result<Config> parse_config(std::string_view text, std::string_view name,
                                          Config base = {});

}  // namespace nvinject
