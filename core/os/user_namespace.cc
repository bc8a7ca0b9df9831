// SPDX-License-Identifier: Apache-2.0
#include "core/os/user_namespace.h"

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/base/text.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxMapBytes = 64UL * 1024UL;

// The initial namespace has one line, "0 0 4294967295".
bool is_identity(std::string_view map) {
  std::vector<std::string_view> numbers;
  for (const std::string_view word : split(trim(map), ' ')) {
    if (!word.empty()) numbers.push_back(word);
  }
  return numbers == std::vector<std::string_view>{"0", "0", "4294967295"};
}

// PROC_USER_INIT_INO of the kernel, the same since Linux 3.8.
constexpr ino_t kInitialNamespace = 0xEFFFFFFDU;

bool is_initial(const HostPath& user_namespace) {
  struct stat facts{};
  return ::stat(user_namespace.c_str(), &facts) == 0 && facts.st_ino == kInitialNamespace;
}

}  // namespace

bool in_user_namespace(const HostPath& proc) {
  // One call for the answer that is nearly always right.
  if (is_initial(proc / "self/ns/user")) return false;
  for (const char* const name : {"self/uid_map", "self/gid_map"}) {
    const auto map = read_file(proc / name, kMaxMapBytes);
    if (map && !is_identity(*map)) return true;
  }
  return false;
}

}  // namespace nvinject
