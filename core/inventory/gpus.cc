// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/gpus.h"

#include <fcntl.h>

#include <algorithm>
#include <tuple>

#include "core/base/bus_id.h"
#include "core/base/text.h"
#include "core/os/fd_collection.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxInformationBytes = std::size_t{64} * 1024;
constexpr std::size_t kMaxGpus = 256;

Result<std::string> read_information(const HostPath& path, FdCollection& opened) {
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd fd, open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  auto text = read_record_fd(fd.get(), path.string(), kMaxInformationBytes);
  opened.add(std::move(fd));
  return text;
}

void note_broken(Gpu& gpu, std::string reason) {
  if (gpu.broken.empty()) gpu.broken = std::move(reason);
}

void take_information_line(Gpu& gpu, std::string_view key, std::string_view value) {
  if (key == "Model") gpu.model = value;
  // The driver prints "GPU-????????-…" until the GPU has been used for the first time.
  if (key == "GPU UUID" && value.find('?') == std::string_view::npos) gpu.uuid = value;
  if (key == "Device Minor") gpu.minor = parse_unsigned<unsigned>(value);
  if (key == "GPU Excluded" && equals_ignoring_case(value, "yes")) {
    gpu.excluded = true;
    note_broken(gpu, "excluded by the driver (module parameter NVreg_ExcludedGpus)");
  }
}

void find_gpu_node(Gpu& gpu, const NodeFinder& nodes) {
  if (!gpu.minor) return;
  const std::string name = "nvidia" + std::to_string(*gpu.minor);
  gpu.node = nodes.find(name);
  if (!gpu.node) {
    note_broken(gpu, "no device node /dev/" + name + " and no driver 'nvidia' in /proc/devices");
  }
}

std::optional<unsigned> number_after(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  return parse_unsigned<unsigned>(name.substr(prefix.size()));
}

// When the kernel began to show a file of its own, as its inode says: zero when it does not.
std::int64_t shown_since(const HostPath& path) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  const auto fd = open_file(path, O_PATH);
  const auto status = fd ? stat_fd(fd->get(), path.string()) : tl::unexpected(fd.error());
  return status ? status->st_mtim.tv_sec * kNanoseconds + status->st_mtim.tv_nsec : 0;
}

// The MIG layout as the driver shows it: capabilities/gpu<minor>/mig/gi<G>/ci<C>.
void read_mig_layout(Gpu& gpu, const Roots& roots) {
  if (!gpu.minor) return;
  const HostPath mig =
      roots.proc / ("driver/nvidia/capabilities/gpu" + std::to_string(*gpu.minor) + "/mig");
  for (const std::string& gpu_instance : read_directory(mig).value_or(std::vector<std::string>())) {
    const auto gi = number_after(gpu_instance, "gi");
    if (!gi) continue;
    gpu.mig_enabled = true;
    for (const std::string& compute_instance :
         read_directory(mig / gpu_instance).value_or(std::vector<std::string>())) {
      const auto ci = number_after(compute_instance, "ci");
      if (!ci) continue;
      const HostPath file = mig / gpu_instance / compute_instance / "access";
      gpu.mig_devices.push_back({.uuid = {},
                                 .gpu_instance = *gi,
                                 .compute_instance = *ci,
                                 .shown_since = shown_since(file)});
    }
  }
  std::sort(gpu.mig_devices.begin(), gpu.mig_devices.end(), [](const auto& a, const auto& b) {
    return std::pair(a.gpu_instance, a.compute_instance) <
           std::pair(b.gpu_instance, b.compute_instance);
  });
}

}  // namespace

Gpu parse_gpu_information(std::string_view text, std::string_view directory) {
  Gpu gpu;
  for (const std::string_view line : split(text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    take_information_line(gpu, trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  gpu.bus_id = normalise_bus_id(directory).value_or(std::string(directory));
  if (!gpu.minor) note_broken(gpu, "the driver's information file shows no device minor");
  return gpu;
}

std::vector<Gpu> scan_gpus(const Roots& roots, const NodeFinder& nodes) {
  const HostPath directory = roots.proc / "driver/nvidia/gpus";
  FdCollection opened;
  std::vector<Gpu> gpus;
  for (const std::string& name : read_directory(directory).value_or(std::vector<std::string>())) {
    if (gpus.size() == kMaxGpus || !normalise_bus_id(name)) continue;
    auto text = read_information(directory / name / "information", opened);
    Gpu gpu = parse_gpu_information(text ? *text : std::string(), name);
    if (!text) gpu.broken = text.error().message;
    find_gpu_node(gpu, nodes);
    read_mig_layout(gpu, roots);
    gpus.push_back(std::move(gpu));
  }
  // NVML does not count an excluded GPU: behind the others it takes no number of theirs.
  std::sort(gpus.begin(), gpus.end(), [](const Gpu& a, const Gpu& b) {
    return std::tie(a.excluded, a.bus_id) < std::tie(b.excluded, b.bus_id);
  });
  for (std::size_t i = 0; i < gpus.size(); ++i) gpus[i].index = static_cast<unsigned>(i);
  return gpus;
}

}  // namespace nvinject
