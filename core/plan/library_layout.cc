// SPDX-License-Identifier: Apache-2.0
#include "core/plan/library_layout.h"

#include <algorithm>
#include <string_view>

#include "core/plan/capability_table.h"

namespace nvinject {
namespace {

// Where nothing of the image tells where libraries go; also where Triton looks besides ldconfig -p,
// by way of LD_LIBRARY_PATH.
constexpr std::string_view kFallbackDirectory = "/usr/local/nvidia/lib64";
constexpr std::string_view kFallbackDirectory32 = "/usr/local/nvidia/lib";

#if defined(__x86_64__)
constexpr std::string_view kMultiarchDirectory = "/usr/lib/x86_64-linux-gnu";
#elif defined(__aarch64__)
constexpr std::string_view kMultiarchDirectory = "/usr/lib/aarch64-linux-gnu";
#endif

// Read-only, and private: nothing that is mounted later on the host or in the container shows on
// the other side.
const std::vector<std::string> kLibraryOptions = {"ro", "nosuid", "nodev", "bind", "rprivate"};

// Directories that every container of this image gets the library in.
struct Targets {
  std::vector<ContainerPath> directories;
  bool search_path = false;  // the loader finds them only through LD_LIBRARY_PATH
};

Targets targets_of(const ImageFacts& image, ElfClass elf_class) {
  const bool is_64 = elf_class == ElfClass::k64;
  const ContainerPath fallback{std::string(is_64 ? kFallbackDirectory : kFallbackDirectory32)};
  const auto& libc_directory = is_64 ? image.libc_directory : image.libc_directory_32;
  if (libc_directory) return {{*libc_directory}, false};
  if (image.known || !is_64) return {{fallback}, true};
  // Nobody looked: between them glibc of Debian, Ubuntu, RHEL and SUSE searches these without a
  // cache.
  return {{ContainerPath(std::string(kMultiarchDirectory)), ContainerPath("/usr/lib64")}, false};
}

// Triton (torch.compile, vLLM) asks `ldconfig -p` and LD_LIBRARY_PATH, not the loader.
bool is_looked_up_by_path(std::string_view library) {
  return library == "libcuda" || library == "libnvidia-ml";
}

LdCacheEntry cache_entry(const Library& library, const std::string& name,
                         const ContainerPath& destination) {
  const bool is_64 = library.elf_class == ElfClass::k64;
  return {.flags = is_64 ? native_ld_cache_flags() : native_ld_cache_flags_32(),
          .soname = name,
          .path = destination.string()};
}

class Layout {
 public:
  Layout(const std::string& driver_version, const ImageFacts& image, LdCachePolicy ld_cache)
      : driver_version_(driver_version),
        image_(image),
        // Where a hook makes the cache right, the search path would only hide what it puts before
        // the driver's libraries: the loader asks the path first.
        by_path_(!image.known && ld_cache != LdCachePolicy::kByHook),
        // A cache entry helps only where the image's own loader would read it.
        has_cache_(image.known && image.libc_directory.has_value()) {}

  void place(const Library& library) {
    const Targets targets = targets_of(image_, library.elf_class);
    for (const ContainerPath& directory : targets.directories) place_in(library, directory);
    if (targets.search_path) extend_search_path(targets.directories.front());
    if (by_path_ && library.elf_class == ElfClass::k64 && is_looked_up_by_path(library.name)) {
      const ContainerPath fallback{std::string(kFallbackDirectory)};
      place_in(library, fallback);
      extend_search_path(fallback);
    }
  }

  [[nodiscard]] LibraryLayout take() { return std::move(layout_); }

 private:
  void place_in(const Library& library, const ContainerPath& directory) {
    for (const std::string& name : library_names(library.name, library.soname, driver_version_)) {
      const ContainerPath destination = directory / name;
      layout_.mounts.push_back({.source = library.host_path,
                                .destination = destination,
                                .options = kLibraryOptions,
                                .identity = library.identity});
      if (has_cache_) layout_.ld_cache_entries.push_back(cache_entry(library, name, destination));
    }
  }

  void extend_search_path(const ContainerPath& directory) {
    if (layout_.env.empty()) layout_.env.push_back({.name = "LD_LIBRARY_PATH", .append = {}});
    auto& list = layout_.env.front().append;
    if (std::find(list.begin(), list.end(), directory.string()) == list.end()) {
      list.push_back(directory.string());
    }
  }

  const std::string& driver_version_;
  const ImageFacts& image_;
  const bool by_path_;
  const bool has_cache_;
  LibraryLayout layout_;
};

void explain_directory(LibraryLayout& layout, const ImageFacts& image) {
  if (!image.known) {
    layout.decisions.push_back({"library directory", "several",
                                "the image was not looked at: libraries go where glibc of Debian, "
                                "Ubuntu, RHEL and SUSE searches"});
  } else if (image.libc_directory) {
    layout.decisions.push_back(
        {"library directory", image.libc_directory->string(), "beside the image's own libc.so.6"});
  } else {
    layout.decisions.push_back(
        {"library directory", std::string(kFallbackDirectory),
         "no glibc for this machine in the image (" + image.libc +
             "): the driver's libraries need glibc and are of no use to its own programs; devices "
             "are"});
  }
}

}  // namespace

LibraryLayout lay_out_libraries(const std::vector<Library>& libraries,
                                const std::string& driver_version, const ImageFacts& image,
                                LdCachePolicy ld_cache) {
  Layout layout(driver_version, image, ld_cache);
  for (const Library& library : libraries) layout.place(library);
  LibraryLayout laid_out = layout.take();
  if (!libraries.empty()) explain_directory(laid_out, image);
  return laid_out;
}

}  // namespace nvinject
