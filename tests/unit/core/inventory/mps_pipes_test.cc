// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/mps_pipes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::Decides;
using testing::DriverRootTree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uid_t kStranger = 1000;

class MpsPipesTest : public ::testing::Test {
 protected:
  std::optional<DriverFile> find(const std::string& place = "") {
    findings_.clear();
    return find_mps_pipes(*DriverRoot::open(node_.roots().driver), place, findings_);
  }
  [[nodiscard]] std::string host(const char* path) const {
    return node_.tree().host(path).string();
  }
  void give_away(const char* path) const {
    ASSERT_EQ(::lchown(host(path).c_str(), kStranger, kStranger), 0);
  }
  void set_mode(const char* path, mode_t mode) const {
    ASSERT_EQ(::chmod(host(path).c_str(), mode), 0);
  }

  DriverRootTree node_{
      "d run/mps\nd run/other/pipe\nd tmp\nl tmp/nvidia-mps -> /run/mps\nd tmp/own/pipe\n"
      "l tmp/way -> /run/other\nf run/file\n"};
  Decisions findings_;
};

TEST_F(MpsPipesTest, AreBehindRootsOwnLink) {
  set_mode("tmp", 01777);
  set_mode("run/mps", 0777);
  for (const char* const place :
       {"", "/tmp/nvidia-mps", "/tmp/nvidia-mps/", "//tmp/./nvidia-mps/."}) {
    const auto pipes = find(place);
    ASSERT_TRUE(pipes) << place;
    EXPECT_EQ(pipes->path, DriverPath("/run/mps")) << place;
    struct stat facts{};
    ASSERT_EQ(::stat(host("run/mps").c_str(), &facts), 0);
    EXPECT_EQ(pipes->identity, (FileIdentity{.device = facts.st_dev, .inode = facts.st_ino}));
    EXPECT_THAT(findings_, IsEmpty()) << place;
  }
  EXPECT_TRUE(find("/tmp/way/pipe"));
}

TEST_F(MpsPipesTest, AreNowhereWithoutAWord) {
  EXPECT_FALSE(find("/run/none"));
  EXPECT_THAT(findings_, IsEmpty());
  EXPECT_FALSE(find("/run/file"));
  EXPECT_THAT(findings_,
              ElementsAre(Decides("CUDA_MPS_PIPE_DIRECTORY", "skipped", "no directory")));
}

// In /tmp everybody makes what is not there yet.
TEST_F(MpsPipesTest, AreNotWhereSomebodyElseLeads) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  set_mode("tmp", 01777);
  give_away("tmp/nvidia-mps");
  give_away("tmp/way");
  give_away("tmp/own");
  for (const char* const place : {"", "/tmp/nvidia-mps/", "/tmp/nvidia-mps/.", "/tmp/way/pipe",
                                  "/tmp/own/pipe", "/tmp/./own/pipe/"}) {
    EXPECT_FALSE(find(place)) << place;
    EXPECT_THAT(findings_, ElementsAre(Decides("CUDA_MPS_PIPE_DIRECTORY", "skipped",
                                               "belongs to user 1000 instead of root")))
        << place;
  }
}

TEST_F(MpsPipesTest, AreNotWhereOthersCouldReplaceThem) {
  set_mode("run/other", 0777);
  for (const char* const place : {"/run/other/pipe", "/tmp/way/pipe"}) {
    EXPECT_FALSE(find(place)) << place;
    EXPECT_THAT(findings_, ElementsAre(Decides("CUDA_MPS_PIPE_DIRECTORY", "skipped",
                                               "'/run/other' is writable by others")));
  }
}

}  // namespace
}  // namespace nvinject
