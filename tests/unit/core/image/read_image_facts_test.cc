// SPDX-License-Identifier: Apache-2.0
#include "core/image/read_image_facts.h"

#include <elf.h>
#include <gmock/gmock.h>

#include "core/linker/elf.h"
#include "tests/support/elf_bytes.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::make_library_32;
using testing::make_library_64;
using testing::TempTree;

#if defined(__x86_64__)
const std::string kMultiarch = "x86_64-linux-gnu";
const std::string kMultiarch32 = "i386-linux-gnu";
const std::string kMusl = "ld-musl-x86_64.so.1";
constexpr std::uint16_t kForeignMachine = EM_AARCH64;
#else
const std::string kMultiarch = "aarch64-linux-gnu";
const std::string kMultiarch32 = "arm-linux-gnueabihf";
const std::string kMusl = "ld-musl-aarch64.so.1";
constexpr std::uint16_t kForeignMachine = EM_X86_64;
#endif

std::string libc_64() { return make_library_64(native_machine(), "libc.so.6"); }
std::string libc_32() { return make_library_32(native_machine_32(), "libc.so.6"); }

ImageFacts facts_of(const TempTree& tree) {
  const auto root = ContainerRoot::open(tree.host());
  EXPECT_TRUE(root);
  const auto facts = read_image_facts(*root);
  EXPECT_TRUE(facts) << facts.error().message;
  EXPECT_TRUE(facts->known);
  return *facts;
}

std::string directory_of(const TempTree& tree) {
  return facts_of(tree).libc_directory.value_or(ContainerPath("none")).string();
}

TEST(ReadImageFacts, DebianBeforeTheMergedUsrHasALinkToAVersion) {
  const TempTree tree;
  tree.file("lib/" + kMultiarch + "/libc-2.31.so", libc_64());
  tree.link("lib/" + kMultiarch + "/libc.so.6", "libc-2.31.so");
  EXPECT_EQ(directory_of(tree), "/lib/" + kMultiarch);
  EXPECT_EQ(facts_of(tree).libc, "glibc");
}

TEST(ReadImageFacts, AMergedUsrIsResolved) {
  const TempTree tree;
  tree.file("usr/lib/" + kMultiarch + "/libc.so.6", libc_64());
  tree.link("lib", "usr/lib");
  EXPECT_EQ(directory_of(tree), "/usr/lib/" + kMultiarch);
}

TEST(ReadImageFacts, AbsoluteLinksMeanTheImagesOwnRoot) {
  const TempTree tree;
  tree.file("usr/lib64/libc.so.6", libc_64());
  tree.link("lib64", "/usr/lib64");
  EXPECT_EQ(directory_of(tree), "/usr/lib64");
}

TEST(ReadImageFacts, ArchHasItInUsrLib) {
  const TempTree tree;
  tree.file("usr/lib/libc.so.6", libc_64());
  tree.link("usr/lib64", "lib");
  tree.link("lib64", "usr/lib");
  tree.link("lib", "usr/lib");
  EXPECT_EQ(directory_of(tree), "/usr/lib");
}

TEST(ReadImageFacts, ADirectoryThatMerelyExistsProvesNothing) {
  const TempTree tree;
  tree.directory("usr/lib/" + kMultiarch);
  tree.file("usr/lib64/libc.so.6", libc_64());
  EXPECT_EQ(directory_of(tree), "/usr/lib64");
}

TEST(ReadImageFacts, Only32BitAndForeignLibrariesProveNothing) {
  const TempTree tree;
  tree.file("lib/" + kMultiarch + "/libc.so.6", make_library_64(kForeignMachine, "libc.so.6"));
  tree.file("lib64/libc.so.6", libc_32());
  tree.file("usr/lib64/libc.so.6", make_library_64(native_machine(), "libc.musl-x86_64.so.1"));
  tree.file("usr/lib/libc.so.6", "GNU ld script");
  EXPECT_EQ(directory_of(tree), "none");
  EXPECT_EQ(facts_of(tree).libc, "no libc");
}

TEST(ReadImageFacts, The32BitLibcIsFoundBesideThe64BitOne) {
  const TempTree tree;
  tree.file("usr/lib/libc.so.6", libc_32());
  tree.file("usr/lib64/libc.so.6", libc_64());
  const ImageFacts facts = facts_of(tree);
  EXPECT_EQ(facts.libc_directory, ContainerPath("/usr/lib64"));
  EXPECT_EQ(facts.libc_directory_32, ContainerPath("/usr/lib"));

  const TempTree multiarch;
  multiarch.file("usr/lib/" + kMultiarch32 + "/libc.so.6", libc_32());
  EXPECT_EQ(facts_of(multiarch).libc_directory_32, ContainerPath("/usr/lib/" + kMultiarch32));
}

TEST(ReadImageFacts, MuslIsNamed) {
  const TempTree tree;
  tree.file("lib/" + kMusl, make_library_64(native_machine(), ""));
  tree.link("lib/libc.musl.so.1", kMusl);
  const ImageFacts facts = facts_of(tree);
  EXPECT_EQ(facts.libc, "musl");
  EXPECT_FALSE(facts.libc_directory);
}

TEST(ReadImageFacts, AnEmptyImageIsKnownToHaveNothing) {
  const TempTree tree;
  EXPECT_EQ(facts_of(tree), (ImageFacts{.known = true,
                                        .libc_directory = {},
                                        .libc_directory_32 = {},
                                        .has_ld_cache = false,
                                        .cuda_compat = {},
                                        .libc = "no libc"}));
}

TEST(ReadImageFacts, TheCacheMustBeARegularFileBehindNoLink) {
  const TempTree regular;
  regular.file("etc/ld.so.cache", "");
  EXPECT_TRUE(facts_of(regular).has_ld_cache);

  const TempTree linked;
  linked.file("etc/other", "");
  linked.link("etc/ld.so.cache", "other");
  EXPECT_FALSE(facts_of(linked).has_ld_cache);

  const TempTree linked_etc;
  linked_etc.file("real/ld.so.cache", "");
  linked_etc.link("etc", "real");
  EXPECT_FALSE(facts_of(linked_etc).has_ld_cache);

  const TempTree fifo;
  fifo.fifo("etc/ld.so.cache");
  EXPECT_FALSE(facts_of(fifo).has_ld_cache);
}

}  // namespace
}  // namespace nvinject
