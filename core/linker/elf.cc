// SPDX-License-Identifier: Apache-2.0
#include "core/linker/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/text.h"

// What is read of a library of 100 MB, all of it found without section headers (stripped driver
// libraries need not have any): a few hundred bytes.
//
//   ELF header ──► program headers ──┬─► PT_DYNAMIC: { tag, value } …
//                                    │     DT_SONAME: an offset in the string table
//                                    │     DT_STRTAB: its address ──┐
//                                    └─► PT_LOAD: address ──► place in the file ──► the name
//
// An image's files are never mapped: whoever truncates a mapped file kills its reader with SIGBUS.

namespace nvinject {
namespace {

// Real libraries have about 10, 40, 600 bytes and 30. libelf allocates per section before anybody
// asks for one, and with extended numbering (e_shnum 0, PN_XNUM) takes the count from the file's
// own word.
constexpr std::size_t kMaxProgramHeaders = 256;
constexpr std::size_t kMaxSections = 4096;
constexpr std::size_t kMaxDynamicBytes = 65536;
constexpr std::size_t kMaxSonameBytes = 256;

struct ElfEnd {
  void operator()(Elf* elf) const { static_cast<void>(::elf_end(elf)); }
};
using ElfHandle = std::unique_ptr<Elf, ElfEnd>;

tl::unexpected<Error> malformed(std::string_view name, std::string_view what) {
  return fail(ErrorCode::kInvalidRequest, "read ELF " + quote(name) + ": " + std::string(what));
}

// A file: open, or all of it in memory.
struct Source {
  int fd = -1;
  std::string_view bytes;
};

// As many bytes as there are, at most `size`.
Result<std::size_t> read_at(const Source& source, std::string_view name, std::uint64_t offset,
                            char* bytes, std::size_t size) {
  if (offset > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) {
    return malformed(name, "an offset beyond any file");
  }
  if (source.fd < 0) {
    return offset < source.bytes.size() ? source.bytes.copy(bytes, size, offset) : 0;
  }
  for (;;) {
    const ssize_t got = ::pread(source.fd, bytes, size, static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return fail_errno("read ELF", name, errno);
  }
}

template <class Header>
bool has_sane_counts(const char* bytes) {
  Header header;
  std::memcpy(&header, bytes, sizeof header);
  const bool extended_sections = header.e_shnum == 0 && header.e_shoff != 0;
  return !extended_sections && header.e_shnum <= kMaxSections &&
         header.e_phnum <= kMaxProgramHeaders;
}

// What libelf must not see: other formats, and counts that make it allocate gigabytes.
Result<void> check_header(const Source& source, std::string_view name) {
  std::array<char, sizeof(Elf64_Ehdr)> bytes{};
  NVINJECT_ASSIGN_OR_RETURN(const std::size_t got,
                            read_at(source, name, 0, bytes.data(), bytes.size()));
  if (got < sizeof(Elf32_Ehdr) || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
    return malformed(name, "not an ELF file");
  }
  constexpr char kNativeData =
      __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
  if (bytes[EI_DATA] != kNativeData) return malformed(name, "another byte order");
  const bool sane = bytes[EI_CLASS] == ELFCLASS64   ? has_sane_counts<Elf64_Ehdr>(bytes.data())
                    : bytes[EI_CLASS] == ELFCLASS32 ? has_sane_counts<Elf32_Ehdr>(bytes.data())
                                                    : false;
  if (!sane) return malformed(name, "an implausible header");
  return {};
}

struct Segments {
  std::vector<GElf_Phdr> loads;
  std::optional<GElf_Phdr> dynamic;
};

// `count` is the header's own: elf_getphdrnum says fewer when the file is too short for all.
Result<Segments> read_segments(Elf* elf, int count, std::string_view name) {
  Segments segments;
  for (int i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (::gelf_getphdr(elf, i, &header) == nullptr) {
      return malformed(name, ::elf_errmsg(-1));
    }
    if (header.p_type == PT_LOAD) segments.loads.push_back(header);
    if (header.p_type == PT_DYNAMIC && !segments.dynamic) segments.dynamic = header;
  }
  return segments;
}

struct DynamicFacts {
  std::optional<std::uint64_t> soname;
  std::optional<std::uint64_t> string_table;
};

Result<DynamicFacts> read_dynamic(Elf* elf, const GElf_Phdr& segment, std::string_view name) {
  if (segment.p_filesz > kMaxDynamicBytes) return malformed(name, "a huge dynamic segment");
  Elf_Data* data = ::elf_getdata_rawchunk(elf, static_cast<std::int64_t>(segment.p_offset),
                                          segment.p_filesz, ELF_T_DYN);
  if (data == nullptr) return malformed(name, ::elf_errmsg(-1));
  DynamicFacts facts;
  GElf_Dyn entry;
  for (int i = 0; ::gelf_getdyn(data, i, &entry) != nullptr && entry.d_tag != DT_NULL; ++i) {
    if (entry.d_tag == DT_SONAME) facts.soname = entry.d_un.d_val;
    if (entry.d_tag == DT_STRTAB) facts.string_table = entry.d_un.d_ptr;
  }
  return facts;
}

std::optional<std::uint64_t> file_offset(const std::vector<GElf_Phdr>& loads,
                                         std::uint64_t address) {
  for (const GElf_Phdr& load : loads) {
    if (address >= load.p_vaddr && address - load.p_vaddr < load.p_filesz) {
      return load.p_offset + (address - load.p_vaddr);
    }
  }
  return std::nullopt;
}

Result<std::string> read_soname(const Source& source, Elf* elf, int segment_count,
                                std::string_view name) {
  NVINJECT_ASSIGN_OR_RETURN(const Segments segments, read_segments(elf, segment_count, name));
  if (!segments.dynamic) return std::string();
  NVINJECT_ASSIGN_OR_RETURN(const DynamicFacts facts, read_dynamic(elf, *segments.dynamic, name));
  if (!facts.soname) return std::string();
  if (!facts.string_table) return malformed(name, "DT_SONAME without DT_STRTAB");
  const auto strings = file_offset(segments.loads, *facts.string_table);
  if (!strings) return malformed(name, "DT_STRTAB outside of every loaded segment");
  std::array<char, kMaxSonameBytes> bytes{};
  NVINJECT_ASSIGN_OR_RETURN(const std::size_t got, read_at(source, name, *strings + *facts.soname,
                                                           bytes.data(), bytes.size()));
  const std::string_view text(bytes.data(), got);
  const std::size_t length = text.find('\0');
  if (length == std::string_view::npos) return malformed(name, "a DT_SONAME without an end");
  return std::string(text.substr(0, length));
}

Elf* begin(const Source& source) {
  static_cast<void>(::elf_version(EV_CURRENT));
  if (source.fd >= 0) return ::elf_begin(source.fd, ELF_C_READ, nullptr);
  // It is only read, in spite of its type.
  return ::elf_memory(const_cast<char*>(source.bytes.data()), source.bytes.size());
}

Result<ElfFacts> read_source(const Source& source, std::string_view name) {
  NVINJECT_RETURN_IF_ERROR(check_header(source, name));
  const ElfHandle elf(begin(source));
  GElf_Ehdr header;
  if (!elf || ::elf_kind(elf.get()) != ELF_K_ELF || ::gelf_getehdr(elf.get(), &header) == nullptr) {
    return malformed(name, ::elf_errmsg(-1));
  }
  ElfFacts facts{
      .elf_class = header.e_ident[EI_CLASS] == ELFCLASS64 ? ElfClass::k64 : ElfClass::k32,
      .machine = header.e_machine,
      .type = header.e_type,
      .soname = {}};
  NVINJECT_ASSIGN_OR_RETURN(facts.soname, read_soname(source, elf.get(), header.e_phnum, name));
  return facts;
}

}  // namespace

Result<ElfFacts> read_elf(int fd, std::string_view name) {
  return read_source({.fd = fd, .bytes = {}}, name);
}

Result<ElfFacts> read_elf(std::string_view file, std::string_view name) {
  return read_source({.fd = -1, .bytes = file}, name);
}

#if defined(__x86_64__)
std::uint16_t native_machine() { return EM_X86_64; }
std::uint16_t native_machine_32() { return EM_386; }
#elif defined(__aarch64__)
std::uint16_t native_machine() { return EM_AARCH64; }
std::uint16_t native_machine_32() { return EM_ARM; }
#else
#error "the machine of this architecture's programs is not known here"
#endif

}  // namespace nvinject
