// SPDX-License-Identifier: Apache-2.0
#pragma once

// The library of elf_bytes.h with a note beside the code: the only section that it has.

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "tests/support/elf_bytes.h"

namespace nvinject::testing {

// The bytes of a section with one note, each part filled up to a multiple of 4.
inline std::string make_note(std::string_view owner, std::string_view text) {
  Elf64_Nhdr note{};
  note.n_namesz = static_cast<Elf64_Word>(owner.size() + 1);
  note.n_descsz = static_cast<Elf64_Word>(text.size());
  note.n_type = 1;
  std::string bytes;
  append_bytes(bytes, note);
  const auto fill = [&bytes] { bytes.resize((bytes.size() + 3) / 4 * 4, '\0'); };
  bytes.append(owner).push_back('\0');
  fill();
  bytes.append(text);
  fill();
  return bytes;
}

// `library` (64 bit) with a section of that name and content behind it, and the section headers
// that it takes: none, the section, the names.
inline std::string with_note_section(std::string library, std::string_view name,
                                     std::string_view content) {
  Elf64_Ehdr header;
  std::memcpy(&header, library.data(), sizeof header);
  Elf64_Shdr sections[3] = {};
  sections[1].sh_name = 1;
  sections[1].sh_type = SHT_NOTE;
  sections[1].sh_addralign = 4;
  sections[1].sh_offset = library.size();
  sections[1].sh_size = content.size();
  library.append(content);
  sections[2].sh_type = SHT_STRTAB;
  sections[2].sh_offset = library.size();
  library.push_back('\0');
  library.append(name).push_back('\0');
  sections[2].sh_size = library.size() - sections[2].sh_offset;
  header.e_shoff = library.size();
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  header.e_shstrndx = 2;
  append_bytes(library, sections);
  std::memcpy(library.data(), &header, sizeof header);
  return library;
}

// A library of the image that says on which drivers it runs: `note` as NVIDIA writes it.
inline std::string make_compat_library(std::uint16_t machine, std::string_view soname,
                                       std::string_view note) {
  return with_note_section(make_library_64(machine, soname), ".note.cuda.fwd_compatibility",
                           make_note("NVIDIA Corporation", note));
}

}  // namespace nvinject::testing
