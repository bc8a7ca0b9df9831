// SPDX-License-Identifier: Apache-2.0
#pragma once

// What to look for. The one table of capabilities (core/plan/capability_table) makes it, so that
// names of files stand there and nowhere else.

#include <string_view>
#include <vector>

namespace nvinject {

// Where the pipes of the MPS daemon are when nobody says anything else; by this name they are
// wanted among the sockets, wherever they are (Roots).
inline constexpr std::string_view kMpsPipes = "/tmp/nvidia-mps";

struct WantedLibrary {
  std::string_view name;  // "libcuda": candidates are libcuda.so and libcuda.so.*
  // Empty: the file must end with ".so.<driver version>". Otherwise the library has a version of
  // its own and this is the SONAME to look for where ld.so.cache does not list it
  // ("libnvidia-nvvm70.so.4").
  std::string_view own_soname;
};

// Nodes of other drivers, which a variable asks for.
struct GatedPattern {
  std::string_view gate;     // "NVIDIA_MOFED"
  std::string_view pattern;  // below /dev; one "*" at the end stands for anything: "nvidia-fs*"
};

struct WantedFiles {
  std::vector<WantedLibrary> libraries;
  bool libraries_32 = false;  // 32-bit builds of them too
  std::vector<std::string_view> programs;
  std::vector<std::string_view> sockets;  // absolute, below the driver root
  bool mig_management = false;            // the rights to reconfigure and to watch MIG
  bool imex_channels = false;
  // Those whose nodes are to be made where the host lacks them, if the host may be changed.
  std::vector<unsigned> imex_channels_to_make;
  std::vector<GatedPattern> gated_nodes;
  std::vector<std::string_view> gated_files;  // absolute, below the driver root
};

}  // namespace nvinject
