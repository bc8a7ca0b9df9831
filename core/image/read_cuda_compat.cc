// SPDX-License-Identifier: Apache-2.0
#include "core/image/read_cuda_compat.h"

#include <elf.h>
#include <fcntl.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/base/version.h"
#include "core/linker/elf.h"
#include "core/linker/elf_note.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::string_view kDirectory = "/usr/local/cuda/compat";
constexpr std::string_view kLibcuda = "libcuda.so.";
constexpr ElfNoteName kNote = {.section = ".note.cuda.fwd_compatibility",
                               .owner = "NVIDIA Corporation"};

// What may become a line of a cache and of a log.
bool is_plain(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '+';
  });
}

bool is_library_name(std::string_view name) {
  return name.starts_with("lib") && name.find(".so.") != std::string_view::npos && is_plain(name);
}

bool has_control_characters(std::string_view path) {
  return std::any_of(path.begin(), path.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

// "libcuda.so.575.57.08" -> "575.57.08". "libcuda.so.1" says no version.
std::string_view version_in(std::string_view file_name) {
  if (!file_name.starts_with(kLibcuda)) return {};
  file_name.remove_prefix(kLibcuda.size());
  const bool has_fields = file_name.find('.') != std::string_view::npos &&
                          file_name.front() != '.' && file_name.back() != '.';
  return has_fields && is_version(file_name) ? file_name : std::string_view();
}

// `fd` is that of libcuda.
void read_note(int fd, CudaCompat& compat) {
  const auto text = read_elf_note(fd, compat.directory.string(), kNote);
  if (text && !*text) return;
  auto note = text.and_then([](const auto& found) { return parse_forward_compat_note(*found); });
  if (note) {
    compat.note = *std::move(note);
  } else {
    compat.note_problem = note.error().message;
  }
}

// A directory of the image that is open.
struct Opened {
  const UniqueFd& directory;
  CudaCompat& compat;
};

// Only what the container's own linker would load: a library of this machine with a name of its
// own. Anything else is left alone.
void add_library(const Opened& opened, const std::string& name) {
  const auto fd =
      open_regular_in_root(opened.directory.get(), name, Links::kRefuse, Mounts::kRefuse);
  if (!fd) return;
  auto elf = read_elf(fd->get(), name);
  if (!elf || elf->elf_class != ElfClass::k64 || elf->machine != native_machine() ||
      elf->type != ET_DYN || !is_library_name(elf->soname)) {
    return;
  }
  opened.compat.libraries.push_back({.file_name = name, .soname = std::move(elf->soname)});
  if (!version_in(name).empty()) read_note(fd->get(), opened.compat);
}

CudaCompat without_choice(CudaCompat compat, std::string problem) {
  return {.directory = std::move(compat.directory), .problem = std::move(problem)};
}

CudaCompat read_libraries(const UniqueFd& directory, CudaCompat compat) {
  auto names = read_directory_fd(directory.get(), compat.directory.string(), kMaxCompatEntries);
  if (!names) return without_choice(std::move(compat), std::move(names).error().message);
  std::erase_if(*names, [](const std::string& name) { return !is_library_name(name); });
  if (names->size() > kMaxCompatLibraries) {
    return without_choice(std::move(compat),
                          "it has more than " + std::to_string(kMaxCompatLibraries) + " libraries");
  }
  for (const std::string& name : *names) add_library({directory, compat}, name);
  std::size_t versions = 0;
  for (const CompatLibrary& library : compat.libraries) {
    const std::string_view version = version_in(library.file_name);
    if (version.empty()) continue;
    compat.version = version;
    ++versions;
  }
  if (versions == 1) return compat;
  return without_choice(std::move(compat), versions == 0
                                               ? "no file libcuda.so.VERSION for this machine in it"
                                               : "more than one libcuda.so.VERSION in it");
}

}  // namespace

std::optional<CudaCompat> read_cuda_compat(const ContainerRoot& root) {
  const ContainerPath path{std::string(kDirectory)};
  const auto directory =
      root.open_in_root(path, O_RDONLY | O_DIRECTORY, Links::kFollowInside, Mounts::kRefuse);
  if (!directory) return std::nullopt;
  CudaCompat compat;
  compat.directory = path;
  auto resolved = root.path_of_opened(directory->get(), path);
  if (!resolved) return without_choice(std::move(compat), std::move(resolved).error().message);
  if (has_control_characters(resolved->string())) {
    return without_choice(std::move(compat), "it is a link to " + quote(resolved->string()));
  }
  compat.directory = *std::move(resolved);
  return read_libraries(*directory, std::move(compat));
}

}  // namespace nvinject
