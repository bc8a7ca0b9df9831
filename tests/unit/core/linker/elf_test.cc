// SPDX-License-Identifier: Apache-2.0
#include "core/linker/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <gmock/gmock.h>

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

Result<ElfFacts> read_bytes(std::string_view bytes) {
  const TempTree tree;
  tree.file("lib", bytes);
  const UniqueFd fd = open_for_reading(tree.path("lib"));
  return read_elf(fd.get(), "lib");
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
  const auto facts = read_elf(open_for_reading("/proc/self/exe").get(), "self");
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

// A file in which the program headers are not where linkers put them.
TEST(ReadElf, ProgramHeadersMayLieFarBehindTheHeader) {
  std::string bytes = make_library_64(EM_X86_64, "libcuda.so.1");
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  const std::string segments = bytes.substr(sizeof header, header.e_phnum * sizeof(Elf64_Phdr));
  bytes.resize(5000);
  header.e_phoff = bytes.size();
  std::memcpy(bytes.data(), &header, sizeof header);
  EXPECT_EQ(read_bytes(bytes + segments),
            (ElfFacts{ElfClass::k64, EM_X86_64, ET_DYN, "libcuda.so.1"}));
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
        Damage{"program_headers_of_another_size",
               [](auto& header, auto&, auto&, auto*) { header.e_phentsize = 8; }},
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

// Counts that a huge file without bytes can afford.
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
    return read_elf(open_for_reading(tree.path("lib")).get(), "lib");
  }
  Elf64_Ehdr header_{};
  Elf64_Phdr segments_[2] = {};
  std::string rest_;
};

// The dynamic linker does not look at sections, and libelf would allocate gigabytes for them.
TEST_F(ReadSparseElf, AHundredMillionSectionsAreNotLookedAt) {
  header_.e_shoff = sizeof header_ + sizeof segments_ + rest_.size();
  header_.e_shentsize = sizeof(Elf64_Shdr);
  Elf64_Shdr section{};
  section.sh_size = 100'000'000;
  EXPECT_TRUE(read(section));
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
