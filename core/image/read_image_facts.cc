// SPDX-License-Identifier: Apache-2.0
#include "core/image/read_image_facts.h"

#include <elf.h>
#include <fcntl.h>

#include <array>
#include <string_view>

#include "core/linker/elf.h"

namespace nvinject {
namespace {

// In the order in which glibc of the distributions searches: Debian's multiarch directories, then
// lib64 (Red Hat, SUSE), then plain lib (Arch, and Debian's last resort). On a merged /usr two of
// them are one directory, and resolving says which.
using Candidates = std::array<std::string_view, 6>;
#if defined(__x86_64__)
constexpr Candidates kDirectories = {"/lib/x86_64-linux-gnu",
                                     "/usr/lib/x86_64-linux-gnu",
                                     "/lib64",
                                     "/usr/lib64",
                                     "/lib",
                                     "/usr/lib"};
constexpr Candidates kDirectories32 = {
    "/lib/i386-linux-gnu", "/usr/lib/i386-linux-gnu", "/lib32", "/usr/lib32", "/lib", "/usr/lib"};
constexpr std::array<std::string_view, 2> kMuslLoaders = {"/lib/ld-musl-x86_64.so.1",
                                                          "/lib/ld-musl-i386.so.1"};
#elif defined(__aarch64__)
constexpr Candidates kDirectories = {"/lib/aarch64-linux-gnu",
                                     "/usr/lib/aarch64-linux-gnu",
                                     "/lib64",
                                     "/usr/lib64",
                                     "/lib",
                                     "/usr/lib"};
constexpr Candidates kDirectories32 = {"/lib/arm-linux-gnueabihf",
                                       "/usr/lib/arm-linux-gnueabihf",
                                       "/lib32",
                                       "/usr/lib32",
                                       "/lib",
                                       "/usr/lib"};
constexpr std::array<std::string_view, 2> kMuslLoaders = {"/lib/ld-musl-aarch64.so.1",
                                                          "/lib/ld-musl-armhf.so.1"};
#else
#error "the library directories of this architecture are not known here"
#endif

constexpr std::string_view kLibc = "libc.so.6";

// What proves a directory: not that it exists, not a file of the right name, but a C library of
// this machine under its own SONAME. musl's compatibility packages link libc.so.6 to a libc that is
// none.
bool is_libc(const ContainerRoot& root, const ContainerPath& path, const ElfFacts& wanted) {
  const auto fd = root.open_regular_in_root(path);
  if (!fd) return false;
  const auto elf = read_elf(fd->get(), path.string());
  return elf && *elf == wanted;
}

// A link to one of these would make the driver's files land in a virtual file system: runtimes
// refuse such mounts, so the container would not start at all.
bool is_virtual(const ContainerPath& directory) {
  constexpr std::array<std::string_view, 3> kVirtual = {"/proc", "/sys", "/dev"};
  for (const std::string_view root : kVirtual) {
    std::string_view path = directory.string();
    if (!path.starts_with(root)) continue;
    path.remove_prefix(root.size());
    if (path.empty() || path.front() == '/') return true;
  }
  return false;
}

std::optional<ContainerPath> find_libc_directory(const ContainerRoot& root,
                                                 const Candidates& candidates,
                                                 const ElfFacts& wanted) {
  for (const std::string_view candidate : candidates) {
    const ContainerPath directory{std::string(candidate)};
    if (!is_libc(root, directory / kLibc, wanted)) continue;
    // The directory's own links only: where libc.so.6 itself points is not where the loader
    // searches.
    const auto resolved = root.resolve_in_root(directory);
    if (resolved && !is_virtual(*resolved)) return *resolved;
  }
  return std::nullopt;
}

std::string name_libc(const ContainerRoot& root, const ImageFacts& facts) {
  if (facts.libc_directory || facts.libc_directory_32) return "glibc";
  for (const std::string_view loader : kMuslLoaders) {
    if (root.has_regular_in_root(ContainerPath(std::string(loader)))) return "musl";
  }
  return "no libc";
}

}  // namespace

Result<ImageFacts> read_image_facts(const ContainerRoot& root, Libc32 libc_32) {
  ImageFacts facts;
  facts.known = true;
  facts.libc_directory = find_libc_directory(root, kDirectories,
                                             {.elf_class = ElfClass::k64,
                                              .machine = native_machine(),
                                              .type = ET_DYN,
                                              .soname = std::string(kLibc)});
  if (!facts.libc_directory) {
    if (auto opened = root.open_in_root(ContainerPath("/"), O_PATH);
        !opened && opened.error().code == ErrorCode::kUnsupported) {
      return tl::unexpected(std::move(opened).error());
    }
  }
  // Without any for 64 bits, also to say what the image has.
  if (libc_32 == Libc32::kLookFor || !facts.libc_directory) {
    facts.libc_directory_32 = find_libc_directory(root, kDirectories32,
                                                  {.elf_class = ElfClass::k32,
                                                   .machine = native_machine_32(),
                                                   .type = ET_DYN,
                                                   .soname = std::string(kLibc)});
  }
  // Under the same conditions under which it will be replaced.
  facts.has_ld_cache =
      root.has_regular_in_root(ContainerPath("/etc/ld.so.cache"), Links::kRefuse, Mounts::kRefuse);
  facts.libc = name_libc(root, facts);
  return facts;
}

}  // namespace nvinject
