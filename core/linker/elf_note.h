// SPDX-License-Identifier: Apache-2.0
#pragma once

// A note of a 64-bit library of this machine's byte order (elf(5), "Notes"): what a vendor wrote
// into it beside the code. Found by the name of its section, so a library without section headers
// has none.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace nvinject {

// Larger ones are refused: those that are known have a few hundred bytes.
inline constexpr std::size_t kMaxElfNoteBytes = 4096;

struct ElfNoteName {
  std::string_view section;  // ".note.cuda.fwd_compatibility"
  std::string_view owner;    // "NVIDIA Corporation"
};

// What the note says, without the zeros that fill it up; empty when there is no such section or it
// holds no note of that owner. kInvalidRequest when the file or the section is malformed. `name`
// is for messages.
[[nodiscard]] Result<std::optional<std::string>> read_elf_note(int fd, std::string_view name,
                                                               const ElfNoteName& wanted);

// The same from the bytes of the section, whose entries are aligned to `alignment` (1, 4 or 8).
[[nodiscard]] Result<std::optional<std::string>> find_elf_note(std::string_view section,
                                                               std::size_t alignment,
                                                               std::string_view owner);

}  // namespace nvinject
