// SPDX-License-Identifier: Apache-2.0
#include "core/os/program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "core/base/text.h"
#include "core/base/unique_fd.h"
#include "core/os/file.h"

namespace nvinject {

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

std::optional<HostPath> find_program(std::string_view name, std::string_view search_path) {
  for (const std::string_view directory : split(search_path, ':')) {
    if (!directory.starts_with('/')) continue;
    HostPath place = HostPath(std::string(directory)) / name;
    if (is_program(place) && !is_this_program(place)) return place;
  }
  return std::nullopt;
}

std::optional<HostPath> find_beside_this_program(std::string_view name) {
  const UniqueFd self(::open("/proc/self/exe", O_PATH | O_CLOEXEC));
  if (!self.valid()) return std::nullopt;
  const auto path = path_of_fd(self.get(), "/proc/self/exe");
  if (!path) return std::nullopt;
  HostPath place = path->parent() / name;
  return is_program(place) ? std::optional(std::move(place)) : std::nullopt;
}

}  // namespace nvinject
