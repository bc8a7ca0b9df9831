// SPDX-License-Identifier: Apache-2.0

// CVE-2024-0133 (NVIDIA bulletin 5582): mount points were made by path, so a link in the image made
// empty files on the host. Facts about an image decide where mounts go, so no image may make them
// name a place outside of it, and nothing here may make a file anywhere.

#include <elf.h>
#include <gmock/gmock.h>
#include <sys/sysmacros.h>

#include <chrono>

#include "core/apply/in_root.h"
#include "core/image/read_image_facts.h"
#include "core/linker/elf.h"
#include "tests/support/elf_bytes.h"
#include "tests/support/ld_cache_sample.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::make_library_64;
using testing::TempTree;

class Cve20240133 : public ::testing::Test {
 protected:
  Cve20240133() {
    // The host has everything that would prove a directory, outside of the container's root.
    tree_.file("host/lib/libc.so.6", make_library_64(native_machine(), "libc.so.6"));
    tree_.directory("root");
  }

  ImageFacts facts() const {
    const auto root = ContainerRoot::open(tree_.host("root"));
    EXPECT_TRUE(root);
    const auto start = std::chrono::steady_clock::now();
    const auto facts = read_image_facts(*root);
    static_cast<void>(apply_in_root(*root, {testing::driver_step()}));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
    EXPECT_TRUE(facts);
    EXPECT_EQ(tree_.entries("host"), 1U);
    EXPECT_EQ(tree_.entries("host/lib"), 1U);
    return *facts;
  }

  TempTree tree_;
};

TEST_F(Cve20240133, DirectoriesThatAreLinksToTheHostProveNothing) {
  for (const std::string& target :
       {std::string("../host/lib"), std::string("../../../../../../../../usr/lib/x86_64-linux-gnu"),
        tree_.path("host/lib"), std::string("/proc/1/root/lib/x86_64-linux-gnu"),
        std::string("/proc/self/cwd/host/lib")}) {
    for (const char* place : {"root/lib", "root/lib64", "root/usr/lib", "root/usr/lib64"}) {
      tree_.link(place, target);
    }
    EXPECT_FALSE(facts().libc_directory) << target;
    std::filesystem::remove_all(tree_.path("root"));
    tree_.directory("root");
  }
}

TEST_F(Cve20240133, ALibcThatIsALinkToTheHostProvesNothing) {
  tree_.link("root/lib64/libc.so.6", "../../host/lib/libc.so.6");
  tree_.link("root/lib/libc.so.6", tree_.path("host/lib/libc.so.6"));
  tree_.link("root/usr/lib/libc.so.6", "/proc/self/exe");
  EXPECT_FALSE(facts().libc_directory);
}

// Runtimes refuse mounts in /proc: the container would not start.
TEST_F(Cve20240133, VirtualFileSystemsAreNoPlaceForLibraries) {
  for (const std::string place : {"proc", "proc/x", "sys/x", "dev/shm"}) {
    tree_.file("root/" + place + "/libc.so.6", make_library_64(native_machine(), "libc.so.6"));
    tree_.link("root/lib64", "/" + place);
    EXPECT_FALSE(facts().libc_directory) << place;
    std::filesystem::remove(tree_.path("root/lib64"));
  }
  tree_.file("root/device/libc.so.6", make_library_64(native_machine(), "libc.so.6"));
  tree_.link("root/lib64", "/device");
  EXPECT_EQ(facts().libc_directory, ContainerPath("/device"));
}

TEST_F(Cve20240133, SpecialFilesInPlaceOfLibcAreNotOpened) {
  tree_.fifo("root/lib64/libc.so.6");
  tree_.directory("root/usr/lib64/libc.so.6");
  static_cast<void>(tree_.character_device("root/lib/libc.so.6", makedev(4000, 1)));
  tree_.link("root/usr/lib/libc.so.6", "libc.so.6");
  EXPECT_FALSE(facts().libc_directory);
}

TEST_F(Cve20240133, ASparseLibcOfFourGigabytesCostsNothing) {
  tree_.file("root/lib64/libc.so.6", make_library_64(native_machine(), "libc.so.6"));
  std::filesystem::resize_file(tree_.path("root/lib64/libc.so.6"), std::uintmax_t{4} << 30U);
  EXPECT_EQ(facts().libc_directory, ContainerPath("/lib64"));
}

}  // namespace
}  // namespace nvinject
