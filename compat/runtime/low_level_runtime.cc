// SPDX-License-Identifier: Apache-2.0
#include "compat/runtime/low_level_runtime.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/text.h"
#include "core/os/file.h"

namespace nvinject::compat {
namespace {

constexpr const char* kUsualDirectories[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                             "/usr/bin",        "/sbin",          "/bin"};

bool is_program(const HostPath& path) {
  struct stat facts{};
  return ::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

bool is_this_program(const HostPath& path) {
  struct stat theirs{};
  struct stat ours{};
  return ::stat(path.c_str(), &theirs) == 0 && ::stat("/proc/self/exe", &ours) == 0 &&
         theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino;
}

std::vector<HostPath> places_of(const std::string& candidate, std::string_view search_path) {
  if (candidate.find('/') != std::string::npos) return {HostPath(candidate)};
  std::vector<HostPath> places;
  const auto add = [&](std::string_view directory) {
    // An empty or relative element would mean a file of the current directory, which is the bundle.
    if (!directory.starts_with('/')) return;
    HostPath place = HostPath(std::string(directory)) / candidate;
    if (std::find(places.begin(), places.end(), place) == places.end()) {
      places.push_back(std::move(place));
    }
  };
  for (const std::string_view directory : split(search_path, ':')) add(directory);
  for (const char* const directory : kUsualDirectories) add(directory);
  return places;
}

}  // namespace

Result<HostPath> find_low_level_runtime(const std::vector<std::string>& candidates,
                                        std::string_view search_path) {
  for (const std::string& candidate : candidates) {
    if (candidate.empty()) continue;
    for (const HostPath& place : places_of(candidate, search_path)) {
      if (is_program(place) && !is_this_program(place)) return place;
    }
  }
  return fail(ErrorCode::kNotFound,
              "find low-level runtime " + quote(join(candidates, ",")) +
                  ": none is an executable file in PATH or the usual directories (config key "
                  "nvidia-container-runtime.runtimes)");
}

Result<HostPath> find_prestart_hook(const std::string& name) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd self, open_file(HostPath("/proc/self/exe"), O_PATH));
  NVINJECT_ASSIGN_OR_RETURN(const HostPath program, path_of_fd(self.get(), "/proc/self/exe"));
  for (const HostPath& place : places_of(name, program.parent().string())) {
    if (place.string().starts_with('/') && is_program(place)) return place;
  }
  return fail(ErrorCode::kNotFound,
              "find prestart hook " + quote(name) +
                  ": mode 'legacy' needs it, beside nvidia-container-runtime or in the usual "
                  "directories (config key nvidia-container-runtime-hook.path)");
}

}  // namespace nvinject::compat
