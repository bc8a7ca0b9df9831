// SPDX-License-Identifier: Apache-2.0
#include "core/os/user_namespace.h"

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

}  // namespace

bool in_user_namespace(const HostPath& proc) {
  for (const char* const name : {"self/uid_map", "self/gid_map"}) {
    const auto map = read_file(proc / name, kMaxMapBytes);
    if (map && !is_identity(*map)) return true;
  }
  return false;
}

}  // namespace nvinject
