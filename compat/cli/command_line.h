// SPDX-License-Identifier: Apache-2.0
#pragma once

// The command line of nvidia-container-cli as a value (reference: libnvidia-container,
// "nvidia-container-cli"). Options that mean nothing here, because no helper process, ldconfig or
// chroot exists, are read and checked for their form, so that every caller of the classic program
// is understood.

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/plan/policy.h"
#include "core/request/capability.h"

namespace nvinject::compat {

enum class CliCommand { kNone, kInfo, kList, kConfigure };

// What is to be printed instead of doing anything; about the command that was named before.
enum class CliHelp { kNone, kHelp, kUsage, kVersion };

// "info"
struct InfoOptions {
  bool csv = false;
};

// Which files "list" prints, besides those of devices.
struct ListOptions {
  bool libraries = false;
  bool binaries = false;
  bool ipcs = false;
  bool firmwares = false;
};

// "configure"
struct ConfigureOptions {
  std::optional<pid_t> pid;  // of the container's first process; empty: "standalone"
  std::string rootfs;        // absolute, not "/"
  CapabilitySet capabilities;
  std::vector<std::string> requirements;
  std::string ldconfig;  // never run
  bool cgroups = true;
  bool devbind = true;
  CudaCompatMode cuda_compat = CudaCompatMode::kMount;
  bool container_libraries = true;  // without --no-cntlibs, which beats cuda_compat
};

// "list" and "configure"
struct DeviceOptions {
  // Words of all --device, empty ones left out; empty optional: none was given.
  std::optional<std::vector<std::string>> devices;
  bool mig_config = false;                 // --mig-config=all
  bool mig_monitor = false;                // --mig-monitor=all
  std::vector<std::string> imex_channels;  // plain numbers, without duplicates
  bool compat32 = false;
  bool persistenced = true;
  bool fabricmanager = true;
  bool gsp_firmware = true;
};

struct CommandLine {
  std::string debug_file;
  std::string driver_root = "/";
  std::string ld_cache;  // empty: /etc/ld.so.cache, in the driver root
  bool load_kmods = false;
  bool create_imex_channels = true;
  CliCommand command = CliCommand::kNone;
  CliHelp help = CliHelp::kNone;
  InfoOptions info;
  ListOptions list;
  DeviceOptions wanted;
  ConfigureOptions configure;
};

}  // namespace nvinject::compat
