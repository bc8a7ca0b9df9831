// SPDX-License-Identifier: Apache-2.0
#include "core/image/read_cuda_compat.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <sys/sysmacros.h>

#include "core/linker/elf.h"
#include "tests/support/elf_bytes.h"
#include "tests/support/elf_note_bytes.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::make_compat_library;
using testing::make_library_32;
using testing::make_library_64;
using testing::TempTree;

const std::string kCompat = "usr/local/cuda/compat/";
constexpr const char* kNote = R"({"CUDA Version": "12.9", "Driver": [535, 550]})";

std::string library(std::string_view soname) { return make_library_64(native_machine(), soname); }

std::optional<CudaCompat> compat_of(const TempTree& tree) {
  const auto root = ContainerRoot::open(tree.host());
  EXPECT_TRUE(root);
  return read_cuda_compat(*root);
}

// As NVIDIA's package lays it out.
class ReadCudaCompat : public ::testing::Test {
 protected:
  ReadCudaCompat() {
    tree_.file(kCompat + "libcuda.so.575.57.08",
               make_compat_library(native_machine(), "libcuda.so.1", kNote));
    tree_.link(kCompat + "libcuda.so.1", "libcuda.so.575.57.08");
    tree_.link(kCompat + "libcuda.so", "libcuda.so.1");
    tree_.file(kCompat + "libnvidia-nvvm.so.575.57.08", library("libnvidia-nvvm.so.4"));
  }
  void expect_nothing_to_choose(std::string_view why) const {
    const auto compat = compat_of(tree_);
    ASSERT_TRUE(compat);
    EXPECT_THAT(compat->problem, HasSubstr(why));
    EXPECT_EQ(compat->version, "");
    EXPECT_THAT(compat->libraries, IsEmpty());
  }
  TempTree tree_;
};

TEST_F(ReadCudaCompat, FindsTheLibrariesAndWhatTheySay) {
  const auto compat = compat_of(tree_);
  ASSERT_TRUE(compat);
  EXPECT_EQ(compat->problem, "");
  EXPECT_EQ(compat->directory, ContainerPath("/usr/local/cuda/compat"));
  EXPECT_EQ(compat->version, "575.57.08");
  EXPECT_EQ(compat->note, (ForwardCompatNote{.cuda_version = "12.9", .driver_majors = {535, 550}}));
  EXPECT_THAT(compat->libraries,
              ElementsAre(CompatLibrary{"libcuda.so.575.57.08", "libcuda.so.1"},
                          CompatLibrary{"libnvidia-nvvm.so.575.57.08", "libnvidia-nvvm.so.4"}));
}

TEST_F(ReadCudaCompat, LinksOnTheWayAreFollowedInsideTheRootOnly) {
  const TempTree image;
  std::filesystem::create_directories(image.path("usr/local/cuda-12.9/targets"));
  std::filesystem::copy(
      tree_.path(kCompat), image.path("usr/local/cuda-12.9/compat"),
      std::filesystem::copy_options::copy_symlinks | std::filesystem::copy_options::recursive);
  image.link("usr/local/cuda", "/usr/local/cuda-12.9");
  ASSERT_TRUE(compat_of(image));
  EXPECT_EQ(compat_of(image)->directory, ContainerPath("/usr/local/cuda-12.9/compat"));

  const TempTree outside;
  outside.link("usr/local/cuda", tree_.path("usr/local/cuda"));
  EXPECT_FALSE(compat_of(outside));
}

TEST_F(ReadCudaCompat, WithoutTheDirectoryThereIsNothing) {
  EXPECT_FALSE(compat_of(TempTree()));
  const TempTree file;
  file.file("usr/local/cuda/compat", "");
  EXPECT_FALSE(compat_of(file));
  const TempTree fifo;
  fifo.fifo("usr/local/cuda/compat");
  EXPECT_FALSE(compat_of(fifo));
  const TempTree loop;
  loop.link("usr/local/cuda/compat", "compat");
  EXPECT_FALSE(compat_of(loop));
}

TEST_F(ReadCudaCompat, NoOrSeveralVersionsAreNoChoice) {
  tree_.file(kCompat + "libcuda.so.580.65.06", library("libcuda.so.1"));
  expect_nothing_to_choose("more than one");
  std::filesystem::remove(tree_.path(kCompat + "libcuda.so.580.65.06"));
  std::filesystem::remove(tree_.path(kCompat + "libcuda.so.575.57.08"));
  expect_nothing_to_choose("no file libcuda.so.VERSION");
}

TEST_F(ReadCudaCompat, WhatTheLinkerWouldNotLoadDoesNotCount) {
  const std::string other_machine =
      make_library_64(native_machine() == EM_X86_64 ? EM_AARCH64 : EM_X86_64, "libcuda.so.1");
  const std::string rows[] = {"",
                              "GNU ld script",
                              other_machine,
                              make_library_32(native_machine_32(), "libcuda.so.1"),
                              library(""),
                              library("libcuda.so.1/../x"),
                              library("libcuda.so.1\n")};
  for (const std::string& bytes : rows) {
    tree_.file(kCompat + "libcuda.so.575.57.08", bytes);
    expect_nothing_to_choose("no file libcuda.so.VERSION");
  }
}

TEST_F(ReadCudaCompat, NamesThatAreNoVersionDoNotCount) {
  std::filesystem::remove(tree_.path(kCompat + "libcuda.so.1"));
  for (const char* const name : {"libcuda.so.1", "libcuda.so.580.", "libcuda.so..580",
                                 "libcuda.so.580.a", "libcuda.so.580.65 06"}) {
    tree_.file(kCompat + name, library("libcuda.so.1"));
  }
  EXPECT_EQ(compat_of(tree_)->version, "575.57.08");
}

// Opening a fifo waits for its writer, and a device may do anything: the test would not end.
TEST_F(ReadCudaCompat, OnlyRegularFilesAreOpened) {
  std::filesystem::rename(tree_.path(kCompat + "libcuda.so.575.57.08"), tree_.path("elsewhere"));
  tree_.link(kCompat + "libcuda.so.575.57.08", "/elsewhere");
  expect_nothing_to_choose("no file libcuda.so.VERSION");
  std::filesystem::remove(tree_.path(kCompat + "libcuda.so.575.57.08"));
  tree_.fifo(kCompat + "libcuda.so.575.57.08");
  expect_nothing_to_choose("no file libcuda.so.VERSION");
  std::filesystem::remove(tree_.path(kCompat + "libcuda.so.575.57.08"));
  tree_.directory(kCompat + "libcuda.so.575.57.08");
  expect_nothing_to_choose("no file libcuda.so.VERSION");
}

TEST_F(ReadCudaCompat, AHugeDirectoryIsLeftAlone) {
  for (std::size_t i = 0; i < kMaxCompatLibraries; ++i) {
    tree_.file(kCompat + "libx" + std::to_string(i) + ".so.1", "");
  }
  expect_nothing_to_choose("more than 64 libraries");
  for (std::size_t i = 0; i < kMaxCompatEntries; ++i) {
    tree_.file(kCompat + "x" + std::to_string(i), "");
  }
  expect_nothing_to_choose("more than 256 entries");
}

TEST_F(ReadCudaCompat, WithoutANoteNothingIsSaid) {
  tree_.file(kCompat + "libcuda.so.575.57.08", library("libcuda.so.1"));
  const auto compat = compat_of(tree_);
  EXPECT_EQ(compat->version, "575.57.08");
  EXPECT_FALSE(compat->note);
  EXPECT_EQ(compat->note_problem, "");
}

TEST_F(ReadCudaCompat, AMalformedNoteSaysWhatIsWrong) {
  for (const char* const note : {"{", R"({"Driver": "all"})", "\xff"}) {
    tree_.file(kCompat + "libcuda.so.575.57.08",
               make_compat_library(native_machine(), "libcuda.so.1", note));
    const auto compat = compat_of(tree_);
    EXPECT_EQ(compat->version, "575.57.08");
    EXPECT_FALSE(compat->note);
    EXPECT_THAT(compat->note_problem, HasSubstr("note"));
  }
}

TEST_F(ReadCudaCompat, APathThatWouldNotFitOnALineIsRefused) {
  std::filesystem::rename(tree_.path("usr/local/cuda"), tree_.path("usr/local/a\nb"));
  tree_.link("usr/local/cuda", "/usr/local/a\nb");
  expect_nothing_to_choose("\\x0a");
}

}  // namespace
}  // namespace nvinject
