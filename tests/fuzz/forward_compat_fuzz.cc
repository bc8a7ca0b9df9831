// SPDX-License-Identifier: Apache-2.0

// What an image may write into its libcuda: the note of its section, the JSON in it, and the whole
// library around them.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/unique_fd.h"
#include "core/base/version.h"
#include "core/image/forward_compat_note.h"
#include "core/linker/elf_note.h"
#include "tests/support/elf_note_bytes.h"

namespace {

using namespace nvinject;

constexpr ElfNoteName kName = {.section = ".note.cuda.fwd_compatibility",
                               .owner = "NVIDIA Corporation"};

void check(bool holds) {
  if (!holds) std::abort();
}

void parse_json_text(std::string_view text) {
  const auto note = parse_forward_compat_note(text);
  if (!note) return;
  check(note->cuda_version.size() <= text.size() && is_version(note->cuda_version));
  check(note->driver_majors.size() <= text.size());
}

void read_library(std::string_view bytes) {
  const UniqueFd fd(::memfd_create("libcuda", MFD_CLOEXEC));
  check(fd.valid() &&
        ::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  const auto found = read_elf_note(fd.get(), "libcuda", kName);
  if (!found || !*found) return;
  check((*found)->size() <= kMaxElfNoteBytes);
  parse_json_text(**found);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  parse_json_text(text);
  for (const std::size_t alignment : {0U, 1U, 4U, 8U}) {
    const auto found = find_elf_note(text, alignment, kName.owner);
    check(!found || !*found || (*found)->size() <= size);
  }
  read_library(text);
  // A sound library with this text as its note, and then damaged by it.
  std::string made = testing::make_compat_library(EM_X86_64, "libcuda.so.1", text.substr(0, 1024));
  read_library(made);
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    made[(data[i] * 256U + data[i + 1]) % made.size()] = static_cast<char>(data[i + 2]);
  }
  read_library(made);
  return 0;
}
