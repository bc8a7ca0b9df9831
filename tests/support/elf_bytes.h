// SPDX-License-Identifier: Apache-2.0
#pragma once

// The smallest shared library that says what it is: ELF header, PT_LOAD over everything, PT_DYNAMIC
// with DT_SONAME and DT_STRTAB, the string. No section headers, like a stripped driver library.

#include <elf.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace nvinject::testing {

struct Elf32Types {
  using Header = Elf32_Ehdr;
  using Segment = Elf32_Phdr;
  using Dynamic = Elf32_Dyn;
  static constexpr unsigned char kClass = ELFCLASS32;
};
struct Elf64Types {
  using Header = Elf64_Ehdr;
  using Segment = Elf64_Phdr;
  using Dynamic = Elf64_Dyn;
  static constexpr unsigned char kClass = ELFCLASS64;
};

template <class T>
void append_bytes(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// An empty `soname` leaves DT_SONAME out.
template <class Types>
std::string make_library(std::uint16_t machine, std::string_view soname) {
  constexpr std::size_t kSegments = 2;
  constexpr std::size_t kDynamics = 3;
  // Addresses are not offsets, as in a real library.
  constexpr std::uint32_t kLoadAddress = 0x10000;
  const std::size_t dynamic_at =
      sizeof(typename Types::Header) + kSegments * sizeof(typename Types::Segment);
  const std::size_t strings_at = dynamic_at + kDynamics * sizeof(typename Types::Dynamic);
  const std::size_t total = strings_at + 1 + soname.size() + 1;

  typename Types::Header header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = Types::kClass;
  header.e_ident[EI_DATA] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = machine;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(typename Types::Segment);
  header.e_phnum = kSegments;

  typename Types::Segment load{};
  load.p_type = PT_LOAD;
  load.p_vaddr = kLoadAddress;
  load.p_filesz = static_cast<decltype(load.p_filesz)>(total);
  load.p_memsz = load.p_filesz;
  typename Types::Segment dynamic{};
  dynamic.p_type = PT_DYNAMIC;
  dynamic.p_offset = static_cast<decltype(dynamic.p_offset)>(dynamic_at);
  dynamic.p_vaddr = static_cast<decltype(dynamic.p_vaddr)>(kLoadAddress + dynamic_at);
  dynamic.p_filesz = kDynamics * sizeof(typename Types::Dynamic);
  dynamic.p_memsz = dynamic.p_filesz;

  typename Types::Dynamic strings{};
  strings.d_tag = DT_STRTAB;
  strings.d_un.d_ptr = static_cast<decltype(strings.d_un.d_ptr)>(kLoadAddress + strings_at);
  typename Types::Dynamic name{};
  name.d_tag = soname.empty() ? DT_DEBUG : DT_SONAME;
  name.d_un.d_val = 1;
  const typename Types::Dynamic end{};

  std::string out;
  append_bytes(out, header);
  append_bytes(out, load);
  append_bytes(out, dynamic);
  append_bytes(out, strings);
  append_bytes(out, name);
  append_bytes(out, end);
  out.push_back('\0');
  out.append(soname).push_back('\0');
  return out;
}

inline std::string make_library_64(std::uint16_t machine, std::string_view soname) {
  return make_library<Elf64Types>(machine, soname);
}
inline std::string make_library_32(std::uint16_t machine, std::string_view soname) {
  return make_library<Elf32Types>(machine, soname);
}

}  // namespace nvinject::testing
