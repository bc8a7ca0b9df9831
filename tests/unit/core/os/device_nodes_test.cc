// SPDX-License-Identifier: Apache-2.0
#include "core/os/device_nodes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/os/device_numbers.h"
#include "core/os/file.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

class DeviceNodesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root: makes device nodes";
    fd_ = open_directory(tree_.host()).value();
  }
  [[nodiscard]] std::optional<DeviceNodeFacts> found(const std::string& name) const {
    return DeviceNumbers().of(tree_.host(name));
  }
  [[nodiscard]] std::size_t entries() const { return read_directory(tree_.host()).value().size(); }

  testing::TempTree tree_;
  UniqueFd fd_;
};

constexpr DeviceNodeFacts kNode{
    .number = {.major = 195, .minor = 7}, .mode = 0660, .uid = 12, .gid = 34};

TEST_F(DeviceNodesTest, MakesWhatIsAskedForWhateverTheUmask) {
  const mode_t before = ::umask(0777);
  const auto made = make_character_device(fd_.get(), "nvidia7", kNode);
  ::umask(before);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(found("nvidia7"), kNode);
  EXPECT_EQ(entries(), 1U);
}

TEST_F(DeviceNodesTest, ReplacesAWrongNodeAndALinkItself) {
  ASSERT_TRUE(make_character_device(fd_.get(), "a", {.number = {.major = 1, .minor = 3}}));
  ASSERT_TRUE(make_symbolic_link(fd_.get(), "b", "a"));
  ASSERT_TRUE(make_character_device(fd_.get(), "b", kNode));
  EXPECT_EQ(found("b"), kNode);
  EXPECT_EQ(found("a")->number, (DeviceNumber{.major = 1, .minor = 3}));
  ASSERT_TRUE(make_character_device(fd_.get(), "a", kNode));
  EXPECT_EQ(found("a"), kNode);
}

TEST_F(DeviceNodesTest, RefusesADirectoryAndLeavesNothingBehind) {
  ASSERT_EQ(::mkdirat(fd_.get(), "nvidia7", 0755), 0);
  const auto made = make_character_device(fd_.get(), "nvidia7", kNode);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().os_errno, EISDIR);
  EXPECT_EQ(entries(), 1U);
}

TEST_F(DeviceNodesTest, ReplacesALink) {
  ASSERT_TRUE(make_symbolic_link(fd_.get(), "195:7", "../wrong"));
  ASSERT_TRUE(make_symbolic_link(fd_.get(), "195:7", "../nvidia7"));
  char target[32] = "";
  ASSERT_GT(::readlinkat(fd_.get(), "195:7", target, sizeof target), 0);
  EXPECT_STREQ(target, "../nvidia7");
}

}  // namespace
}  // namespace nvinject
