// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/library_directories.h"

#include <string_view>

namespace nvinject {
namespace {

#if defined(__x86_64__)
constexpr std::string_view kMultiarch = "x86_64-linux-gnu";
constexpr std::string_view kMultiarch32 = "i386-linux-gnu";
constexpr std::string_view kLoader = "/lib64/ld-linux-x86-64.so.2";
#elif defined(__aarch64__)
constexpr std::string_view kMultiarch = "aarch64-linux-gnu";
constexpr std::string_view kMultiarch32 = "arm-linux-gnueabihf";
constexpr std::string_view kLoader = "/lib/ld-linux-aarch64.so.1";
#else
#error "which directory holds this machine's libraries?"
#endif

// Debian's and Ubuntu's layout, RHEL's and SUSE's, Arch's.
std::vector<std::string> base_directories(std::string_view multiarch, std::string_view lib) {
  return {std::string("/usr/lib/").append(multiarch), std::string("/usr/").append(lib),
          std::string("/lib/").append(multiarch), std::string("/").append(lib), "/usr/lib"};
}

// `nvidia/current` is where Debian's packages put the files that its alternatives then link to,
// `vdpau` is a plugin directory.
std::vector<std::string> search_directories(std::string_view multiarch, std::string_view lib) {
  std::vector<std::string> directories;
  for (const std::string& base : base_directories(multiarch, lib)) {
    for (const char* const below : {"", "/nvidia/current", "/nvidia", "/vdpau"}) {
      directories.push_back(base + below);
    }
  }
  return directories;
}

}  // namespace

std::vector<std::string> library_directories() { return search_directories(kMultiarch, "lib64"); }

std::vector<std::string> library_directories_32() {
  return search_directories(kMultiarch32, "lib32");
}

std::vector<std::string> loader_paths() {
  std::vector<std::string> paths{std::string(kLoader)};
  const std::string name(kLoader.substr(kLoader.rfind('/')));
  for (const std::string& directory : base_directories(kMultiarch, "lib64")) {
    paths.push_back(directory + name);
  }
  return paths;
}

}  // namespace nvinject
