// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one table of the project: which capability brings which libraries, programs, sockets and
// control nodes, and under which names a library is asked for. A new driver file is one new row.
// Sources: NVIDIA driver README, "Installed Components"; what the classic tools inject; DT_NEEDED
// and dlopen strings of the driver's own libraries.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/inventory/wanted_files.h"
#include "core/plan/plan.h"
#include "core/request/capability.h"
#include "core/request/gpu_request.h"

namespace nvinject {

struct LibraryRow {
  std::string_view name;       // "libcuda"
  CapabilitySet capabilities;  // any of them brings it
  // A name beside the SONAME under which programs ask for it; "*" stands for the driver version.
  std::string_view also_as = {};
  // See WantedLibrary: set for libraries that carry a version of their own.
  std::string_view own_soname = {};
  // A container that was promised this capability is useless without the library.
  CapabilitySet required_by = {};
};

struct FileRow {
  std::string_view name;
  CapabilitySet capabilities;
};

struct NodeRow {
  std::string_view name;       // below /dev
  CapabilitySet capabilities;  // any of them brings it
  Need need;
};

// What a variable that is set to "enabled" opens beside the GPUs: nodes of other drivers, and files
// that whoever opens them reads.
struct GateRow {
  std::string_view gate;     // "NVIDIA_GDS"
  std::string_view pattern;  // of nodes, as in GatedPattern
};
struct GateFileRow {
  std::string_view gate;
  std::string_view name;  // an absolute path below the driver root
};

inline constexpr std::string_view kPersistencedSocket = "/run/nvidia-persistenced/socket";
inline constexpr std::string_view kFabricManagerSocket = "/run/nvidia-fabricmanager/socket";

[[nodiscard]] std::span<const LibraryRow> library_table();
[[nodiscard]] std::span<const FileRow> program_table();
[[nodiscard]] std::span<const FileRow> socket_table();  // absolute paths below the driver root
[[nodiscard]] std::span<const NodeRow> node_table();
[[nodiscard]] std::span<const GateRow> gate_table();
[[nodiscard]] std::span<const GateFileRow> gate_file_table();

[[nodiscard]] const LibraryRow* find_library_row(std::string_view name);

// Every name under which programs ask for a library: its SONAME first, then what the table adds.
[[nodiscard]] std::vector<std::string> library_names(std::string_view name,
                                                     const std::string& soname,
                                                     std::string_view version);

// What an inventory has to look for to serve these capabilities, one request, whatever request.
[[nodiscard]] WantedFiles wanted_files(CapabilitySet capabilities);
[[nodiscard]] WantedFiles files_wanted_by(const GpuRequest& request);
[[nodiscard]] WantedFiles files_wanted_by_anybody();

}  // namespace nvinject
