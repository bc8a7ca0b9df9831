// SPDX-License-Identifier: Apache-2.0

// CVE-2025-23359 (NVIDIA bulletin 5616), the bypass of the fix of CVE-2024-0132: what an image
// calls its CUDA compatibility libraries was resolved, and mounted later by its path, when it was a
// link to the host. Here nothing of an image is mounted: its libraries are looked at, and a path
// that the image itself understands is written into its cache. So nothing that is looked at may lie
// outside of its root, whatever moves meanwhile.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "core/image/read_cuda_compat.h"
#include "core/linker/elf.h"
#include "tests/support/elf_bytes.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::make_library_64;
using testing::TempTree;

const std::string kCompat = "root/usr/local/cuda/compat";
constexpr const char* kHostVersion = "999.1.1";
constexpr const char* kImageVersion = "575.57.08";

class Cve202523359 : public ::testing::Test {
 protected:
  Cve202523359() {
    const std::string library = make_library_64(native_machine(), "libcuda.so.1");
    // The host has what would be chosen, outside of the container's root.
    tree_.file(std::string("host/compat/libcuda.so.") + kHostVersion, library);
    tree_.file(std::string("image/libcuda.so.") + kImageVersion, library);
    tree_.directory("root/usr/local/cuda");
  }
  [[nodiscard]] ContainerRoot root() const {
    auto opened = ContainerRoot::open(tree_.host("root"));
    EXPECT_TRUE(opened);
    return *std::move(opened);
  }
  void fill_compat() const { std::filesystem::copy(tree_.path("image"), tree_.path(kCompat)); }
  TempTree tree_;
};

TEST_F(Cve202523359, ADirectoryThatIsALinkToTheHostIsNotFound) {
  for (const std::string& target :
       {tree_.path("host/compat"),
        std::string("../../../../../../../../../../") + tree_.path("host/compat").substr(1),
        "/proc/1/root" + tree_.path("host/compat"), "/proc/self/root" + tree_.path("host/compat"),
        "/proc/self/cwd/../../" + tree_.path("host/compat")}) {
    tree_.link(kCompat, target);
    EXPECT_FALSE(read_cuda_compat(root())) << target;
    std::filesystem::remove(tree_.path(kCompat));
  }
}

TEST_F(Cve202523359, TheRootItselfIsTheImagesOwn) {
  tree_.link(kCompat, "/");
  const auto compat = read_cuda_compat(root());
  ASSERT_TRUE(compat);
  EXPECT_EQ(compat->directory, ContainerPath("/"));
  EXPECT_TRUE(compat->libraries.empty());
}

TEST_F(Cve202523359, AFileThatIsALinkIsNotOpened) {
  for (const std::string& target :
       {tree_.path("host/compat/libcuda.so.999.1.1"), std::string("/"),
        std::string("/proc/1/root/etc/passwd"), std::string("libcuda.so.575.57.08")}) {
    fill_compat();
    tree_.link(kCompat + "/libcuda.so." + kHostVersion, target);
    const auto compat = read_cuda_compat(root());
    ASSERT_TRUE(compat);
    EXPECT_EQ(compat->version, kImageVersion) << target;
    std::filesystem::remove_all(tree_.path(kCompat));
  }
}

TEST_F(Cve202523359, WhatIsMountedThereIsNotTheImages) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to mount";
  fill_compat();
  const std::string host = tree_.path("host/compat");
  const std::string compat = tree_.path(kCompat);
  if (::mount(host.c_str(), compat.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    GTEST_SKIP() << "may not mount here";
  }
  const auto found = read_cuda_compat(root());
  ASSERT_EQ(::umount2(compat.c_str(), MNT_DETACH), 0);
  EXPECT_FALSE(found);
}

// A volume shared with another container changes the link while it is looked at.
TEST_F(Cve202523359, SwappedMeanwhileItIsTheImagesOrNothing) {
  fill_compat();
  tree_.link("root/usr/local/cuda/other", tree_.path("host/compat"));
  const std::string directory = tree_.path(kCompat);
  const std::string other = tree_.path("root/usr/local/cuda/other");
  std::atomic<bool> stop = false;
  std::thread swapper([&] {
    while (!stop) {
      ::renameat2(AT_FDCWD, directory.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
    }
  });
  const ContainerRoot container = root();
  int found = 0;
  for (int time = 0; time < 2000; ++time) {
    const auto compat = read_cuda_compat(container);
    if (!compat) continue;
    ++found;
    EXPECT_TRUE(compat->version == kImageVersion || compat->version.empty()) << compat->version;
    EXPECT_TRUE(compat->directory.string().starts_with("/usr/local/cuda/"))
        << compat->directory.string();
  }
  stop = true;
  swapper.join();
  EXPECT_GT(found, 0);
}

}  // namespace
}  // namespace nvinject
