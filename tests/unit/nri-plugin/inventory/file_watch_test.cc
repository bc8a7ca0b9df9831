// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/inventory/file_watch.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

class FileWatchTest : public ::testing::Test {
 protected:
  FileWatchTest() {
    for (const char* const below : {"driver/etc", "driver/lib", "driver/bin", "dev", "state"}) {
      tree_.directory(below);
    }
    tree_.file("driver/lib/libcuda.so.1", "");
    inventory_.libraries = {{.name = "libcuda", .soname = "libcuda.so.1"}};
    inventory_.libraries[0].host_path = tree_.host("driver/lib/libcuda.so.1");
    inventory_.programs = {{"nvidia-smi", tree_.host("driver/bin/nvidia-smi")}};
    watch_.follow(roots_, inventory_);
  }

  testing::TempTree tree_;
  Roots roots_{
      .driver = tree_.host("driver"), .dev = tree_.host("dev"), .state = tree_.host("state")};
  Inventory inventory_;
  FileWatch watch_ = *FileWatch::open();
};

TEST_F(FileWatchTest, NothingHappenedNothingIsReported) { EXPECT_FALSE(watch_.take()); }

TEST_F(FileWatchTest, ReportsFilesOfADriverThatComeChangeAndGo) {
  for (const char* const below :
       {"driver/lib/libcuda.so.2", "driver/lib/libnvidia-ml.so.1", "driver/bin/nvidia-smi",
        "driver/etc/ld.so.cache", "dev/nvidia0", "dev/nvidia-uvm"}) {
    tree_.file(below, "new");
    EXPECT_TRUE(watch_.take()) << below;
    EXPECT_FALSE(watch_.take()) << below;
    ASSERT_EQ(::chmod(tree_.path(below).c_str(), 0600), 0);
    EXPECT_TRUE(watch_.take()) << below;
    std::filesystem::rename(tree_.path(below), tree_.path("elsewhere"));
    EXPECT_TRUE(watch_.take()) << below;
    std::filesystem::rename(tree_.path("elsewhere"), tree_.path(below));
    EXPECT_TRUE(watch_.take()) << below;
    std::filesystem::remove(tree_.path(below));
    EXPECT_TRUE(watch_.take()) << below;
  }
}

TEST_F(FileWatchTest, ReportsFactsThatSomebodyHasWrittenWhereAGpuHasNoName) {
  const auto replace_facts = [&] {
    tree_.file("elsewhere", "{}");
    std::filesystem::rename(tree_.path("elsewhere"), tree_.path("state/gpu-facts.json"));
  };
  replace_facts();
  EXPECT_FALSE(watch_.take()) << "nobody waits for them";
  inventory_.gpus = {{.index = 0}};
  watch_.follow(roots_, inventory_);
  tree_.file("state/plugin.lock", "");
  EXPECT_FALSE(watch_.take());
  replace_facts();
  EXPECT_TRUE(watch_.take());
}

// /dev and /usr/lib change all the time.
TEST_F(FileWatchTest, OtherFilesAreNobodysBusiness) {
  for (const char* const below : {"driver/lib/libc.so.6", "driver/etc/passwd", "dev/tty7",
                                  "dev/loop0", "driver/bin/ls", "driver/lib/xnvidia"}) {
    tree_.file(below, "new");
    EXPECT_FALSE(watch_.take()) << below;
  }
}

TEST_F(FileWatchTest, FindsTheOneAmongMany) {
  for (int i = 0; i < 500; ++i) tree_.file("dev/tty" + std::to_string(i), "");
  tree_.file("dev/nvidia1", "");
  for (int i = 500; i < 1000; ++i) tree_.file("dev/tty" + std::to_string(i), "");
  EXPECT_TRUE(watch_.take());
}

TEST_F(FileWatchTest, AWatchedDirectoryThatGoesIsReported) {
  std::filesystem::remove_all(tree_.path("driver/lib"));
  EXPECT_TRUE(watch_.take());
}

TEST_F(FileWatchTest, FollowingTwiceReportsOnce) {
  watch_.follow(roots_, inventory_);
  tree_.directory("driver/lib/nvidia");
  EXPECT_TRUE(watch_.take());
  EXPECT_FALSE(watch_.take());
}

TEST_F(FileWatchTest, WhatIsNotThereIsPassedOver) {
  inventory_.libraries[0].host_path = tree_.host("nowhere/libcuda.so.1");
  watch_.follow(roots_, inventory_);
  EXPECT_FALSE(watch_.take());
}

}  // namespace
}  // namespace nvinject::nri
