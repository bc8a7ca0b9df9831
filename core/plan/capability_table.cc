// SPDX-License-Identifier: Apache-2.0
#include "core/plan/capability_table.h"

#include <algorithm>

namespace nvinject {
namespace {

using enum Capability;

// NVENC, NVDEC and the optical flow engine are driven through CUDA: "video" brings all that
// "compute" does.
constexpr CapabilitySet kCuda = {kCompute, kVideo};
// "display" is graphics with a screen: it brings all that "graphics" does.
constexpr CapabilitySet kGl = {kGraphics, kDisplay};
constexpr CapabilitySet kCudaAndGl = {kCompute, kVideo, kGraphics, kDisplay};
constexpr CapabilitySet kAny = {kCompute, kDisplay, kGraphics, kNgx, kUtility, kVideo};

constexpr LibraryRow kLibraries[] = {
    {"libnvidia-ml", {kUtility}, {}, {}, {kUtility}},
    {"libnvidia-cfg", {kUtility}},
    {"libnvidia-nscq", {kUtility}},

    // Programs that open it by hand say libcuda.so as often as libcuda.so.1.
    {"libcuda", kCuda, "libcuda.so", {}, kCuda},
    {"libcudadebugger", kCuda},
    {"libnvidia-opencl", kCuda},
    {"libnvidia-gpucomp", kCudaAndGl},
    {"libnvidia-ptxjitcompiler", kCuda},
    {"libnvidia-fatbinaryloader", kCuda},
    {"libnvidia-allocator", kCudaAndGl},
    {"libnvidia-compiler", kCuda},
    {"libnvidia-pkcs11", kCuda},
    {"libnvidia-pkcs11-openssl3", kCuda},
    // libnvidia-opencl opens it by its full version.
    {"libnvidia-nvvm", kCuda, "libnvidia-nvvm.so.*"},
    {"libnvidia-nvvm70", kCuda, {}, "libnvidia-nvvm70.so.4"},
    {"libnvidia-tileiras", kCuda},

    {"libvdpau_nvidia", {kVideo}},
    {"libnvidia-encode", {kVideo}},
    {"libnvidia-opticalflow", {kVideo}, "libnvidia-opticalflow.so"},
    {"libnvcuvid", {kVideo}},

    {"libnvidia-eglcore", kGl},
    {"libnvidia-glcore", kGl},
    {"libnvidia-tls", kGl},
    {"libnvidia-glsi", kGl},
    {"libnvidia-fbc", kGl},
    {"libnvidia-ifr", kGl},
    {"libnvidia-rtcore", kGl},
    {"libnvoptix", kGl},
    // GLX clients without a screen look for the "indirect" vendor.
    {"libGLX_nvidia", kGl, "libGLX_indirect.so.0"},
    {"libEGL_nvidia", kGl},
    {"libGLESv2_nvidia", kGl},
    {"libGLESv1_CM_nvidia", kGl},
    {"libnvidia-glvkspirv", kGl},
    {"libnvidia-cbl", kGl},
    {"libnvidia-vulkan-producer", kGl},
    {"libnvidia-egl-wayland", kGl, {}, "libnvidia-egl-wayland.so.1"},
    {"libnvidia-egl-gbm", kGl, {}, "libnvidia-egl-gbm.so.1"},
    {"libnvidia-egl-xcb", kGl, {}, "libnvidia-egl-xcb.so.1"},
    {"libnvidia-egl-xlib", kGl, {}, "libnvidia-egl-xlib.so.1"},

    {"libnvidia-ngx", {kNgx}},
};

constexpr FileRow kPrograms[] = {
    {"nvidia-smi", {kUtility}},
    {"nvidia-debugdump", {kUtility}},
    {"nvidia-persistenced", {kUtility}},
    {"nv-fabricmanager", {kUtility}},
    {"nvidia-cuda-mps-control", {kCompute}},
    {"nvidia-cuda-mps-server", {kCompute}},
};

constexpr FileRow kSockets[] = {
    {kPersistencedSocket, {kUtility}},
    {kFabricManagerSocket, {kUtility}},
    {kMpsPipes, {kCompute}},
};

constexpr NodeRow kNodes[] = {
    {"nvidiactl", kAny, Need::kRequired},
    {"nvidia-uvm", kCuda, Need::kRequired},
    {"nvidia-uvm-tools", kCuda, Need::kWherePossible},
    {"nvidia-modeset", kGl, Need::kWherePossible},
};

// GPUDirect Storage, Mellanox OFED (RDMA), GDRCopy, and NVSwitch for a fabric manager in a
// container. Reference: NVIDIA Container Toolkit, "Inputs that request devices".
constexpr GateRow kGates[] = {
    {"NVIDIA_GDS", "nvidia-fs*"},
    {"NVIDIA_MOFED", "infiniband/uverbs*"},
    {"NVIDIA_MOFED", "infiniband/rdma_cm"},
    {"NVIDIA_GDRCOPY", "gdrdrv"},
    // nvidia-nvswitchctl too
    {"NVIDIA_NVSWITCH", "nvidia-nvswitch*"},
};

constexpr GateFileRow kGateFiles[] = {
    {"NVIDIA_GDS", "/run/udev"},
    {"NVIDIA_GDS", "/etc/cufile.json"},
};

template <class IsOpen>
void want_gates(WantedFiles& wanted, IsOpen is_open) {
  for (const GateRow& row : kGates) {
    if (is_open(row.gate)) wanted.gated_nodes.push_back({row.gate, row.pattern});
  }
  for (const GateFileRow& row : kGateFiles) {
    if (is_open(row.gate)) wanted.gated_files.push_back(row.name);
  }
}

}  // namespace

std::span<const LibraryRow> library_table() { return kLibraries; }
std::span<const FileRow> program_table() { return kPrograms; }
std::span<const FileRow> socket_table() { return kSockets; }
std::span<const NodeRow> node_table() { return kNodes; }
std::span<const GateRow> gate_table() { return kGates; }
std::span<const GateFileRow> gate_file_table() { return kGateFiles; }

const LibraryRow* find_library_row(std::string_view name) {
  for (const LibraryRow& row : kLibraries) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::vector<std::string> library_names(std::string_view name, const std::string& soname,
                                       std::string_view version) {
  std::vector<std::string> names = {soname};
  const LibraryRow* const row = find_library_row(name);
  if (row == nullptr || row->also_as.empty()) return names;
  std::string also(row->also_as);
  if (const std::size_t star = also.find('*'); star != std::string::npos) {
    also.replace(star, 1, version);
  }
  if (also != soname) names.push_back(std::move(also));
  return names;
}

WantedFiles wanted_files(CapabilitySet capabilities) {
  WantedFiles wanted;
  wanted.libraries_32 = capabilities.has(kCompat32);
  for (const LibraryRow& row : kLibraries) {
    if (row.capabilities.intersects(capabilities)) {
      wanted.libraries.push_back({.name = row.name, .own_soname = row.own_soname});
    }
  }
  for (const FileRow& row : kPrograms) {
    if (row.capabilities.intersects(capabilities)) wanted.programs.push_back(row.name);
  }
  for (const FileRow& row : kSockets) {
    if (row.capabilities.intersects(capabilities)) wanted.sockets.push_back(row.name);
  }
  return wanted;
}

WantedFiles files_wanted_by(const GpuRequest& request) {
  WantedFiles wanted = wanted_files(request.capabilities);
  const auto& extras = request.extras;
  wanted.mig_management = !extras.mig_config.empty() || !extras.mig_monitor.empty();
  wanted.imex_channels = !extras.imex_channels.empty();
  want_gates(wanted, [&](std::string_view gate) {
    return std::find(extras.gates.begin(), extras.gates.end(), gate) != extras.gates.end();
  });
  return wanted;
}

WantedFiles files_wanted_by_anybody() {
  WantedFiles wanted = wanted_files(CapabilitySet::all());
  wanted.mig_management = true;
  wanted.imex_channels = true;
  want_gates(wanted, [](std::string_view) { return true; });
  return wanted;
}

}  // namespace nvinject
