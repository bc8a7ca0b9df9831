// SPDX-License-Identifier: Apache-2.0
#pragma once

// STAGE 2, what is there: Roots -> Inventory (scan.h makes it). A value without a handle on the
// machine: it can be cached, printed and compared. It knows GPUs and driver files; it refuses to
// know which container gets which.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/base/device_number.h"
#include "core/base/file_identity.h"
#include "core/base/path.h"
#include "core/linker/elf.h"

namespace nvinject {

struct MigDevice {
  std::string uuid;  // empty: only the probe knows it
  unsigned gpu_instance = 0;
  unsigned compute_instance = 0;
  // Only from the probe: the number behind the colon of "0:1", NVML's own.
  std::optional<unsigned> index = {};
  // When the kernel began to show its file, in ns: a device that was made anew at the same place
  // has another time, and another UUID.
  std::int64_t shown_since = 0;
  bool operator==(const MigDevice&) const = default;
};

struct Gpu {
  // Position in PCI order, as nvidia-smi counts (and CUDA with CUDA_DEVICE_ORDER=PCI_BUS_ID): GPUs
  // that the driver was told to leave alone come behind all others.
  unsigned index = 0;
  std::string bus_id;  // "00000000:10:00.0", lower case
  std::string uuid;    // "GPU-…"; empty: the driver shows it only after first use
  std::string model;
  std::optional<unsigned> minor;
  std::optional<DeviceNodeFacts> node;  // of /dev/nvidia<minor>
  std::string broken;                   // why it cannot be given to anybody; empty when it can
  bool excluded = false;                // by a parameter of the kernel module; also broken
  bool mig_enabled = false;
  std::vector<MigDevice> mig_devices;
  std::optional<std::string> brand;         // only from the probe: "Tesla"
  std::optional<std::string> architecture;  // only from the probe: "9.0"
  bool operator==(const Gpu&) const = default;
};

// /dev/nvidiactl, /dev/nvidia-uvm, /dev/nvidia-uvm-tools, /dev/nvidia-modeset, as far as they
// exist.
struct ControlNode {
  std::string name;  // below /dev
  DeviceNodeFacts node;
  bool operator==(const ControlNode&) const = default;
};

// A right in MIG: its file below /proc/driver/nvidia/capabilities, and the node that grants it.
struct MigCapability {
  std::string name;                     // "mig/config", "gpu4/mig/gi7/ci0/access"
  unsigned minor = 0;                   // of /dev/nvidia-caps/nvidia-cap<minor>
  std::optional<DeviceNodeFacts> node;  // empty: neither there nor offered by the driver
  bool operator==(const MigCapability&) const = default;
};

// /dev/nvidia-caps-imex-channels/channel<number>: the nodes that exist, and what the others would
// be. Only where somebody wants them (WantedFiles).
struct ImexChannels {
  std::map<unsigned, DeviceNodeFacts> nodes;
  unsigned offered = 0;                 // the driver has channels 0 to offered - 1
  std::optional<DeviceNodeFacts> made;  // channel 0 as the driver would have it made
  bool operator==(const ImexChannels&) const = default;
};

// What a variable such as NVIDIA_GDS opens: nodes of drivers beside NVIDIA's own.
struct GatedNode {
  std::string gate;  // the variable
  std::string name;  // below /dev: "infiniband/uverbs0"
  DeviceNodeFacts node;
  bool operator==(const GatedNode&) const = default;
};

// A shared library of the driver, chosen among all files of its name.
struct Library {
  std::string name;    // as wanted: "libcuda"
  std::string soname;  // "libcuda.so.1"
  HostPath host_path;  // fully resolved, a mount source
  ElfClass elf_class = ElfClass::k64;
  std::optional<FileIdentity> identity = std::nullopt;  // of what was looked into
  bool operator==(const Library&) const = default;
};

// A program, firmware file or socket.
struct DriverFile {
  std::string name;    // as wanted: "nvidia-smi", "/run/nvidia-persistenced/socket"
  HostPath host_path;  // fully resolved, a mount source
  DriverPath path;     // the same seen from the driver root: where a container has a socket
  // Of a program and of a directory; a socket is another one whenever its daemon starts.
  std::optional<FileIdentity> identity = std::nullopt;
  bool operator==(const DriverFile&) const = default;
};

// The choice of a finding: the driver shows no UUID of a sound GPU, as until its first use.
inline constexpr const char* kNotNamed = "not named";

struct Inventory {
  std::string driver_version;  // "550.163.01"; empty: no driver found
  // Without it the version is that of the libraries, and nothing can be given to anybody.
  bool kernel_module_loaded = false;
  std::optional<std::string> cuda_version;  // "12.4"; empty: branch not in the table and not probed
  HostPath driver_root;
  std::vector<Gpu> gpus;  // index = position, broken ones included
  std::vector<ControlNode> control_nodes;
  std::vector<MigCapability> mig_capabilities;  // by name
  ImexChannels imex_channels;
  std::vector<GatedNode> gated_nodes;
  std::vector<Library> libraries;
  std::vector<DriverFile> programs;
  std::vector<DriverFile> sockets;
  std::vector<DriverFile> gated_files;  // "/run/udev"
  Decisions findings;                   // what was looked at and not taken, and why

  bool operator==(const Inventory&) const = default;
};

}  // namespace nvinject
