// SPDX-License-Identifier: Apache-2.0
#pragma once

// A file of the Container Device Interface as a value: named devices of one kind, and what becomes
// of a container that gets one (CDI specification, SPEC.md, versions 0.3.0 to 1.1.0). The same
// value is read from files of any vendor and written for our own GPUs.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nvinject {

// Of our own GPUs.
inline constexpr const char* kGpuKind = "nvidia.com/gpu";

// What the file does not say of a node (type, numbers, mode) is that of `host_path` at the time
// when a container gets it.
struct CdiDeviceNode {
  std::string path;       // in the container
  std::string host_path;  // empty: the same
  std::string type;       // "c", "b", "p" or "u"; empty: not said
  std::optional<std::uint32_t> major;
  std::optional<std::uint32_t> minor;
  std::optional<mode_t> file_mode;
  std::string permissions;  // of "rwm"; empty: all of them
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
  bool operator==(const CdiDeviceNode&) const = default;
};

struct CdiMount {
  std::string host_path;
  std::string container_path;
  std::vector<std::string> options;
  std::string type;  // empty: a bind mount
  bool operator==(const CdiMount&) const = default;
};

struct CdiHook {
  std::string hook_name;  // "createContainer", as in the OCI runtime specification
  std::string path;
  std::vector<std::string> args;  // with argv[0]
  std::vector<std::string> env;
  std::optional<std::int64_t> timeout;  // seconds
  bool operator==(const CdiHook&) const = default;
};

// The part of the processor's cache and memory bandwidth that the container gets (Linux resctrl),
// as the runtime specification's linux.intelRdt has it.
struct CdiIntelRdt {
  std::string class_of_service;  // "closID"
  std::string l3_cache_schema;
  std::string memory_bandwidth_schema;
  std::vector<std::string> schemata;  // since 1.1.0, as is the next
  bool enable_monitoring = false;
  bool enable_cmt = false;  // both only before 1.1.0
  bool enable_mbm = false;
  bool operator==(const CdiIntelRdt&) const = default;
};

// An interface of the host that moves into the container.
struct CdiNetDevice {
  std::string host_interface;
  std::string name;  // in the container
  bool operator==(const CdiNetDevice&) const = default;
};

struct CdiEdits {
  std::vector<std::string> env;  // "NAME=value"
  std::vector<CdiDeviceNode> device_nodes;
  std::vector<CdiMount> mounts;
  std::vector<CdiHook> hooks;
  std::vector<gid_t> additional_gids;
  std::optional<CdiIntelRdt> intel_rdt;
  std::vector<CdiNetDevice> net_devices;
  bool operator==(const CdiEdits&) const = default;
};

using CdiAnnotations = std::vector<std::pair<std::string, std::string>>;

struct CdiDevice {
  std::string name;
  CdiAnnotations annotations;
  CdiEdits edits;
  bool operator==(const CdiDevice&) const = default;
};

struct CdiSpec {
  std::string version;  // "0.5.0"; empty in one that was made here: print_cdi_spec finds it
  std::string kind;     // "nvidia.com/gpu"
  CdiAnnotations annotations;
  std::vector<CdiDevice> devices;
  CdiEdits edits;  // for every container that gets at least one of the devices
  bool operator==(const CdiSpec&) const = default;
};

}  // namespace nvinject
