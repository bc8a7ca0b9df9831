// SPDX-License-Identifier: Apache-2.0
#include "core/plan/cuda_compat.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "core/base/version.h"
#include "core/plan/capability_table.h"

namespace nvinject {
namespace {

CudaCompatChoice choose(bool preferred, std::string reason) {
  return {.preferred = preferred, .reason = std::move(reason)};
}

// "its libcuda 575.57.08, the driver's 550.163.01"
std::string both_versions(const CudaCompat& compat, const DriverVersions& host) {
  return "its libcuda is " + compat.version + ", the driver's " + std::string(host.driver);
}

CudaCompatChoice choose_by_major(const CudaCompat& compat, const DriverVersions& host) {
  if (host.driver.empty()) return choose(false, "the driver's version is not known");
  const bool newer =
      compare_versions(major_version(compat.version), major_version(host.driver)) > 0;
  return choose(newer, both_versions(compat, host) + (newer ? "" : ": of no newer branch"));
}

CudaCompatChoice choose_by_driver_list(const CudaCompat& compat, const DriverVersions& host) {
  const std::string versions = both_versions(compat, host);
  const auto& majors = compat.note->driver_majors;
  const bool listed = std::any_of(majors.begin(), majors.end(), [&](std::uint32_t major) {
    return compare_versions(std::to_string(major), major_version(host.driver)) == 0;
  });
  if (!listed) return choose(false, versions + ": a branch that it does not say it runs on");
  const bool newer = compare_versions(compat.version, host.driver) > 0;
  return choose(newer, versions + (newer ? ": a branch that it says it runs on" : ": no newer"));
}

CudaCompatChoice choose_by_cuda_version(const CudaCompat& compat, const DriverVersions& host) {
  const std::string& cuda = compat.note->cuda_version;
  if (cuda.empty()) return choose(false, "its libcuda does not say what it runs on");
  if (!host.cuda) return choose(false, "the CUDA version of the driver is not known");
  const bool newer = compare_versions(cuda, *host.cuda) > 0;
  return choose(newer, "its libcuda offers CUDA " + cuda + ", the driver's " + *host.cuda);
}

CudaCompatChoice choose_by_note(const CudaCompat& compat, const DriverVersions& host) {
  if (!compat.note_problem.empty()) return choose(false, compat.note_problem);
  if (!compat.note) return choose_by_major(compat, host);
  if (!compat.note->driver_majors.empty() && !host.driver.empty()) {
    return choose_by_driver_list(compat, host);
  }
  return choose_by_cuda_version(compat, host);
}

// For every name under which one of its libraries is asked for.
std::vector<LdCacheEntry> entries_of(const CudaCompat& compat) {
  std::vector<LdCacheEntry> entries;
  for (const CompatLibrary& library : compat.libraries) {
    const std::string_view name =
        std::string_view(library.file_name).substr(0, library.file_name.find(".so"));
    for (std::string& known : library_names(name, library.soname, compat.version)) {
      entries.push_back({.flags = native_ld_cache_flags(),
                         .soname = std::move(known),
                         .path = (compat.directory / library.file_name).string()});
    }
  }
  return entries;
}

}  // namespace

CudaCompatChoice choose_cuda_compat(const CudaCompat& compat, const DriverVersions& host,
                                    CudaCompatMode mode) {
  if (!compat.problem.empty()) return choose(false, compat.problem);
  switch (mode) {
    case CudaCompatMode::kMount:
    case CudaCompatMode::kLdconfig:
      return choose_by_major(compat, host);
    case CudaCompatMode::kHook:
      return choose_by_note(compat, host);
    case CudaCompatMode::kDisabled:
      break;
  }
  return choose(false, "CUDA forward compatibility is disabled");
}

Decision prefer_cuda_compat(const CudaCompat& compat, const DriverVersions& host,
                            CudaCompatMode mode, MergeLdCache* cache) {
  CudaCompatChoice choice = choose_cuda_compat(compat, host, mode);
  const std::string& directory = compat.directory.string();
  if (!choice.preferred) return {directory, "not used", std::move(choice.reason)};
  if (cache == nullptr) {
    return {directory, "not used",
            "the linker would learn of it by /etc/ld.so.cache, which is not written"};
  }
  std::vector<LdCacheEntry> first = entries_of(compat);
  cache->entries.insert(cache->entries.begin(), std::make_move_iterator(first.begin()),
                        std::make_move_iterator(first.end()));
  cache->cuda_compat = compat.directory;
  return {directory, "before the driver's", std::move(choice.reason)};
}

}  // namespace nvinject
