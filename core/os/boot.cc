// SPDX-License-Identifier: Apache-2.0
#include "core/os/boot.h"

#include <ctime>

#include "core/base/text.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxBootIdBytes = 128;

}  // namespace

Result<std::string> read_boot_id(const HostPath& proc) {
  const HostPath path = proc / "sys/kernel/random/boot_id";
  NVINJECT_ASSIGN_OR_RETURN(const std::string text, read_file(path, kMaxBootIdBytes));
  const std::string_view boot_id = trim(text);
  if (boot_id.empty()) {
    return fail(ErrorCode::kUnavailable, "read " + quote(path.string()) + ": it is empty");
  }
  return std::string(boot_id);
}

std::chrono::seconds time_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::seconds(now.tv_sec);
}

}  // namespace nvinject
