// SPDX-License-Identifier: Apache-2.0
#include "compat/hook/mounted_libraries.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace nvinject::compat {
namespace {

constexpr std::string_view kUsr = "/usr";

struct SearchedDirectory {
  ContainerPath path;
  std::int32_t flags = 0;
};

// The better one first: of two files of one name the linker takes the first.
std::vector<SearchedDirectory> searched_directories(const ImageFacts& image) {
  std::vector<SearchedDirectory> directories;
  const auto add = [&](const std::optional<ContainerPath>& libc, std::int32_t flags) {
    if (!libc) return;
    directories.push_back({*libc, flags});
    if (!libc->string().starts_with("/usr/")) {
      directories.push_back({ContainerPath(std::string(kUsr) + libc->string()), flags});
    }
  };
  add(image.libc_directory, native_ld_cache_flags());
  add(image.libc_directory_32, native_ld_cache_flags_32());
  return directories;
}

// A directory with the links of the image resolved; the mounts of a driver lie in a handful of
// directories, so each is asked for once.
class Resolver {
 public:
  explicit Resolver(const ContainerRoot& root) : root_(root) {}

  const std::optional<ContainerPath>& resolve(const ContainerPath& directory) {
    for (const auto& [known, resolved] : known_) {
      if (known == directory) return resolved;
    }
    auto resolved = root_.resolve_in_root(directory);
    known_.emplace_back(directory, resolved ? std::optional(*std::move(resolved)) : std::nullopt);
    return known_.back().second;
  }

 private:
  const ContainerRoot& root_;
  std::vector<std::pair<ContainerPath, std::optional<ContainerPath>>> known_;
};

}  // namespace

Result<std::vector<ContainerPath>> find_mounts(const Json& spec,
                                               const std::vector<std::string>& names) {
  NVINJECT_ASSIGN_OR_RETURN(const auto mounts, find_objects(spec, "mounts", ""));
  std::vector<ContainerPath> destinations;
  for (const Json* const mount : mounts) {
    NVINJECT_ASSIGN_OR_RETURN(auto text, find_string(*mount, "destination", "mounts"));
    if (!text || !text->starts_with('/') || text->find('\0') != std::string::npos) continue;
    ContainerPath destination(*std::move(text));
    if (std::find(names.begin(), names.end(), destination.file_name()) != names.end()) {
      destinations.push_back(std::move(destination));
    }
  }
  return destinations;
}

std::vector<LdCacheEntry> make_cache_entries(const std::vector<ContainerPath>& destinations,
                                             const ImageFacts& image, const ContainerRoot& root) {
  Resolver resolver(root);
  std::vector<LdCacheEntry> entries;
  for (const SearchedDirectory& searched : searched_directories(image)) {
    for (const ContainerPath& destination : destinations) {
      const auto& directory = resolver.resolve(destination.parent());
      if (!directory || *directory != searched.path) continue;
      LdCacheEntry entry{.flags = searched.flags,
                         .soname = std::string(destination.file_name()),
                         .path = (*directory / destination.file_name()).string()};
      if (std::find(entries.begin(), entries.end(), entry) == entries.end()) {
        entries.push_back(std::move(entry));
      }
    }
  }
  return entries;
}

}  // namespace nvinject::compat
