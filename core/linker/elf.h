// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the dynamic linker cares about in a shared library, read through libelf (elf(5)). Files may
// be hostile: libelf bounds-checks, and nothing of them is mapped executable or run.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace nvinject {

enum class ElfClass { k32, k64 };

struct ElfFacts {
  ElfClass elf_class = ElfClass::k64;
  std::uint16_t machine = 0;  // EM_X86_64, EM_386, EM_AARCH64, …
  std::uint16_t type = 0;     // ET_DYN, …
  std::string soname;         // DT_SONAME, empty when it has none

  bool operator==(const ElfFacts&) const = default;
};

// `fd` is open for reading. kInvalidRequest when it is not an ELF file or is malformed.
[[nodiscard]] Result<ElfFacts> read_elf(int fd, std::string_view name);

// The same of a whole file in memory, aligned as mmap(2) does.
[[nodiscard]] Result<ElfFacts> read_elf(std::string_view file, std::string_view name);

// e_machine of the 64-bit programs of this host, and of the 32-bit ones that it runs (EM_386,
// EM_ARM).
[[nodiscard]] std::uint16_t native_machine();
[[nodiscard]] std::uint16_t native_machine_32();

}  // namespace nvinject
