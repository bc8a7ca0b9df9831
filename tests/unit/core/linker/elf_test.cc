// SPDX-License-Identifier: Apache-2.0
#include "core/linker/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cstddef>
#include <functional>

#include "core/base/unique_fd.h"
#include "tests/support/elf_bytes.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::make_library_32;
using testing::make_library_64;
using testing::TempTree;

UniqueFd open_for_reading(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

// Open and in memory: both must say the same.
Result<ElfFacts> read_file(const std::string& path) {
  const UniqueFd fd = open_for_reading(path);
  auto facts = read_elf(fd.get(), "lib");
  struct stat file{};
  if (::fstat(fd.get(), &file) != 0 || file.st_size == 0) return facts;
  const auto size = static_cast<std::size_t>(file.st_size);
  void* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  const auto mapped = read_elf(std::string_view(static_cast<const char*>(bytes), size), "lib");
  EXPECT_EQ(facts.has_value(), mapped.has_value());
  if (facts && mapped) {
    EXPECT_EQ(*facts, *mapped);
  } else if (!facts && !mapped) {
    EXPECT_EQ(facts.error().code, mapped.error().code);
  }
  ::munmap(bytes, size);
  return facts;
}

Result<ElfFacts> read_bytes(std::string_view bytes) {
  const TempTree tree;
  tree.file("lib", bytes);
  return read_file(tree.path("lib"));
}

TEST(ReadElf, SaysWhatALibraryIsWithoutSectionHeaders) {
  EXPECT_EQ(read_bytes(make_library_64(EM_X86_64, "libcuda.so.1")),
            (ElfFacts{ElfClass::k64, EM_X86_64, ET_DYN, "libcuda.so.1"}));
  EXPECT_EQ(read_bytes(make_library_64(EM_AARCH64, "libcuda.so.1")),
            (ElfFacts{ElfClass::k64, EM_AARCH64, ET_DYN, "libcuda.so.1"}));
  EXPECT_EQ(read_bytes(make_library_32(EM_386, "libcuda.so.1")),
            (ElfFacts{ElfClass::k32, EM_386, ET_DYN, "libcuda.so.1"}));
}

TEST(ReadElf, ALibraryWithoutSonameHasAnEmptyOne) {
  EXPECT_EQ(read_bytes(make_library_64(EM_X86_64, "")),
            (ElfFacts{ElfClass::k64, EM_X86_64, ET_DYN, ""}));
}

TEST(ReadElf, ReadsTheLibraryThatRunsThisTest) {
  const auto facts = read_file("/proc/self/exe");
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->machine, native_machine());
  EXPECT_EQ(facts->elf_class, ElfClass::k64);
}

TEST(ReadElf, EveryTruncationIsAnErrorAndNothingWorse) {
  const std::string library = make_library_64(EM_X86_64, "libcuda.so.1");
  for (std::size_t size = 0; size < library.size(); ++size) {
    const auto facts = read_bytes(library.substr(0, size));
    ASSERT_FALSE(facts) << size;
    EXPECT_EQ(facts.error().code, ErrorCode::kInvalidRequest) << size;
  }
}

struct Damage {
  const char* name;
  std::function<void(Elf64_Ehdr&, Elf64_Phdr&, Elf64_Phdr&, Elf64_Dyn*)> apply;
};

class ReadDamagedElf : public ::testing::TestWithParam<Damage> {};

TEST_P(ReadDamagedElf, IsRefused) {
  std::string bytes = make_library_64(EM_X86_64, "libcuda.so.1");
  struct {
    Elf64_Ehdr header;
    Elf64_Phdr load, dynamic;
    Elf64_Dyn entries[3];
  } parts;
  std::memcpy(&parts, bytes.data(), sizeof parts);
  GetParam().apply(parts.header, parts.load, parts.dynamic, parts.entries);
  std::memcpy(bytes.data(), &parts, sizeof parts);
  const auto facts = read_bytes(bytes);
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code, ErrorCode::kInvalidRequest) << facts.error().message;
}

constexpr std::uint64_t kFar = ~std::uint64_t{0};

INSTANTIATE_TEST_SUITE_P(
    Elf, ReadDamagedElf,
    ::testing::Values(
        Damage{"magic", [](auto& header, auto&, auto&, auto*) { header.e_ident[1] = 'e'; }},
        Damage{"class", [](auto& header, auto&, auto&, auto*) { header.e_ident[EI_CLASS] = 9; }},
        Damage{"byte_order",
               [](auto& header, auto&, auto&, auto*) { header.e_ident[EI_DATA] = ELFDATA2MSB; }},
        Damage{"program_headers_far",
               [](auto& header, auto&, auto&, auto*) { header.e_phoff = kFar; }},
        Damage{"many_program_headers",
               [](auto& header, auto&, auto&, auto*) { header.e_phnum = PN_XNUM; }},
        Damage{"many_sections", [](auto& header, auto&, auto&, auto*) { header.e_shnum = 0xfe00; }},
        Damage{"sections_counted_elsewhere",
               [](auto& header, auto&, auto&, auto*) { header.e_shoff = 64; }},
        Damage{"dynamic_far", [](auto&, auto&, auto& dynamic, auto*) { dynamic.p_offset = kFar; }},
        Damage{"dynamic_huge", [](auto&, auto&, auto& dynamic, auto*) { dynamic.p_filesz = kFar; }},
        Damage{"strings_not_loaded",
               [](auto&, auto&, auto&, auto* entry) { entry[0].d_un.d_ptr = 1; }},
        Damage{"strings_missing",
               [](auto&, auto&, auto&, auto* entry) { entry[0].d_tag = DT_DEBUG; }},
        Damage{"load_far", [](auto&, auto& load, auto&, auto*) { load.p_offset = kFar / 2; }},
        Damage{"soname_far",
               [](auto&, auto&, auto&, auto* entry) { entry[1].d_un.d_val = 1 << 20; }}),
    [](const auto& damage) { return std::string(damage.param.name); });

// Counts that a huge file without bytes can afford: libelf would allocate and read gigabytes.
class ReadSparseElf : public ::testing::Test {
 protected:
  ReadSparseElf() {
    const std::string bytes = make_library_64(EM_X86_64, "libcuda.so.1");
    std::memcpy(&header_, bytes.data(), sizeof header_);
    std::memcpy(segments_, bytes.data() + sizeof header_, sizeof segments_);
    rest_ = bytes.substr(sizeof header_ + sizeof segments_);
  }
  // With one section header behind everything.
  [[nodiscard]] Result<ElfFacts> read(const Elf64_Shdr& section) const {
    std::string bytes;
    testing::append_bytes(bytes, header_);
    testing::append_bytes(bytes, segments_);
    bytes.append(rest_);
    testing::append_bytes(bytes, section);
    const TempTree tree;
    tree.file("lib", bytes);
    std::filesystem::resize_file(tree.path("lib"), 20'000'000'000);
    return read_file(tree.path("lib"));
  }
  Elf64_Ehdr header_{};
  Elf64_Phdr segments_[2] = {};
  std::string rest_;
};

TEST_F(ReadSparseElf, AHundredMillionSections) {
  header_.e_shoff = sizeof header_ + sizeof segments_ + rest_.size();
  header_.e_shentsize = sizeof(Elf64_Shdr);
  Elf64_Shdr section{};
  section.sh_size = 100'000'000;
  EXPECT_FALSE(read(section));
}

TEST_F(ReadSparseElf, AHundredMillionProgramHeaders) {
  header_.e_shoff = sizeof header_ + sizeof segments_ + rest_.size();
  header_.e_shentsize = sizeof(Elf64_Shdr);
  header_.e_shnum = 1;
  header_.e_phnum = PN_XNUM;
  Elf64_Shdr section{};
  section.sh_info = 100'000'000;
  EXPECT_FALSE(read(section));
}

TEST_F(ReadSparseElf, ADynamicSegmentOfGigabytes) {
  segments_[1].p_filesz = 4'000'000'000;
  EXPECT_FALSE(read({}));
}

}  // namespace
}  // namespace nvinject
