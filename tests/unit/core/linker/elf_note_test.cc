// SPDX-License-Identifier: Apache-2.0
#include "core/linker/elf_note.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <functional>
#include <limits>

#include "core/base/unique_fd.h"
#include "tests/support/elf_bytes.h"
#include "tests/support/elf_note_bytes.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::FailsWith;
using testing::make_library_32;
using testing::make_library_64;
using testing::make_note;
using testing::TempTree;
using testing::with_note_section;

constexpr ElfNoteName kWanted = {.section = ".note.wanted", .owner = "Somebody"};
using Found = std::optional<std::string>;

Result<Found> read_note(std::string_view bytes, std::uintmax_t size = 0) {
  const TempTree tree;
  tree.file("lib", bytes);
  if (size != 0) std::filesystem::resize_file(tree.path("lib"), size);
  const UniqueFd fd(::open(tree.path("lib").c_str(), O_RDONLY | O_CLOEXEC));
  return read_elf_note(fd.get(), "lib", kWanted);
}

std::string library(std::string_view section = kWanted.section,
                    std::string_view owner = kWanted.owner) {
  return with_note_section(make_library_64(EM_X86_64, "libcuda.so.1"), section,
                           make_note(owner, "text"));
}

TEST(ReadElfNote, SaysWhatTheOwnerWrote) { EXPECT_EQ(read_note(library()).value(), Found("text")); }

TEST(ReadElfNote, AnotherSectionOrOwnerIsNone) {
  EXPECT_EQ(read_note(library(".note.other")).value(), Found());
  EXPECT_EQ(read_note(library(".note.wanted.too")).value(), Found());
  EXPECT_EQ(read_note(library(".note.want")).value(), Found());
  EXPECT_EQ(read_note(library(kWanted.section, "Somebody else")).value(), Found());
}

TEST(ReadElfNote, ALibraryWithoutSectionsHasNone) {
  EXPECT_EQ(read_note(make_library_64(EM_X86_64, "libcuda.so.1")).value(), Found());
}

TEST(ReadElfNote, AFileOfAnotherKindIsRefused) {
  for (const std::string& bytes :
       {std::string(), std::string("ELF"), std::string(100, 'x'), make_library_32(EM_386, "a")}) {
    EXPECT_THAT(read_note(bytes), FailsWith(ErrorCode::kInvalidRequest, "'lib'"));
  }
}

TEST(ReadElfNote, EveryTruncationIsRefused) {
  const std::string whole = library();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THAT(read_note(whole.substr(0, size)), FailsWith(ErrorCode::kInvalidRequest, ""))
        << size;
  }
}

struct NoteDamage {
  const char* name;
  std::function<void(Elf64_Ehdr&, Elf64_Shdr*)> apply;
};

class ReadDamagedElfNote : public ::testing::TestWithParam<NoteDamage> {};

// In a huge file without bytes, where every offset that is no nonsense can be read.
TEST_P(ReadDamagedElfNote, IsRefused) {
  std::string bytes = library();
  Elf64_Ehdr header;
  Elf64_Shdr sections[3];
  std::memcpy(&header, bytes.data(), sizeof header);
  const std::size_t sections_at = bytes.size() - sizeof sections;
  std::memcpy(sections, bytes.data() + sections_at, sizeof sections);
  GetParam().apply(header, sections);
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sections_at, sections, sizeof sections);
  EXPECT_THAT(read_note(bytes, 20'000'000'000), FailsWith(ErrorCode::kInvalidRequest, ""));
}

constexpr std::uint64_t kFarAway = ~std::uint64_t{0};

INSTANTIATE_TEST_SUITE_P(
    ElfNote, ReadDamagedElfNote,
    ::testing::Values(
        NoteDamage{"headers_far", [](auto& header, auto*) { header.e_shoff = kFarAway; }},
        NoteDamage{"headers_at_the_last_offset",
                   [](auto& header, auto*) { header.e_shoff = std::numeric_limits<off_t>::max(); }},
        NoteDamage{"many_sections", [](auto& header, auto*) { header.e_shnum = 0xfe00; }},
        NoteDamage{"headers_of_another_size", [](auto& header, auto*) { header.e_shentsize = 1; }},
        NoteDamage{"names_in_no_section", [](auto& header, auto*) { header.e_shstrndx = 3; }},
        NoteDamage{"names_far", [](auto&, auto* section) { section[2].sh_offset = kFarAway; }},
        NoteDamage{"names_huge", [](auto&, auto* section) { section[2].sh_size = 4'000'000'000; }},
        NoteDamage{"note_far", [](auto&, auto* section) { section[1].sh_offset = kFarAway; }},
        NoteDamage{"note_huge", [](auto&, auto* section) { section[1].sh_size = 4'000'000'000; }},
        NoteDamage{"note_alignment", [](auto&, auto* section) { section[1].sh_addralign = 4096; }}),
    [](const auto& damage) { return std::string(damage.param.name); });

TEST(FindElfNote, TheOwnersIsFoundAmongOthers) {
  const std::string both = make_note("Another", "no") + make_note("Somebody", "yes");
  EXPECT_EQ(find_elf_note(both, 4, "Somebody").value(), Found("yes"));
  EXPECT_EQ(find_elf_note(both, 4, "Nobody").value(), Found());
  EXPECT_EQ(find_elf_note("", 4, "Somebody").value(), Found());
}

TEST(FindElfNote, ZerosThatFillItUpAreNotOfTheText) {
  EXPECT_EQ(find_elf_note(make_note("Somebody", std::string("a\0b\0\0", 5)), 4, "Somebody").value(),
            Found(std::string("a\0b", 3)));
}

TEST(FindElfNote, TheFillBehindTheLastOneMayBeMissing) {
  std::string note = make_note("Somebody", "text!");
  note.resize(note.size() - 3);
  EXPECT_EQ(find_elf_note(note, 4, "Somebody").value(), Found("text!"));
  EXPECT_EQ(find_elf_note(make_note("Nobody!", "text") + note, 4, "Somebody").value(),
            Found("text!"));
}

TEST(FindElfNote, LengthsBeyondTheSectionAreRefused) {
  for (const std::size_t field : {0U, 4U}) {
    for (const std::uint32_t length : {100U, 0x7fffffffU, 0xffffffffU, 0xfffffff4U}) {
      std::string note = make_note("Somebody", "text");
      std::memcpy(note.data() + field, &length, sizeof length);
      EXPECT_THAT(find_elf_note(note, 4, "Somebody"), FailsWith(ErrorCode::kInvalidRequest, ""))
          << field << " " << length;
    }
  }
  EXPECT_THAT(find_elf_note("12345678901", 4, "Somebody"),
              FailsWith(ErrorCode::kInvalidRequest, "half a header"));
}

}  // namespace
}  // namespace nvinject
