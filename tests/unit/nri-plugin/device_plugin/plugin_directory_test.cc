// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/plugin_directory.h"

#include <gmock/gmock.h>

#include "core/os/unix_socket.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using testing::FailsWith;
using testing::Succeeds;

class PluginDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    tree_.directory("plugins");
    auto opened = PluginDirectory::open(tree_.host("plugins"));
    ASSERT_THAT(opened, Succeeds());
    directory_.emplace(*std::move(opened));
  }
  UniqueFd listen(const std::string& name) {
    return *listen_unix(tree_.host("plugins/" + name), 0600);
  }

  testing::TempTree tree_;
  std::optional<PluginDirectory> directory_;
};

TEST_F(PluginDirectoryTest, TellsOfTheKubeletAndOfOurSocketAndOfNothingElse) {
  const UniqueFd ours = listen("nvinject-1.sock");
  EXPECT_FALSE(directory_->take("nvinject-1.sock").kubelet_came);
  const UniqueFd kubelet = listen("kubelet.sock");
  EXPECT_TRUE(directory_->has_kubelet());
  EXPECT_TRUE(directory_->take("nvinject-1.sock").kubelet_came);
  EXPECT_FALSE(directory_->take("nvinject-1.sock").kubelet_came) << "it is told once";
  ASSERT_EQ(::unlink(tree_.path("plugins/nvinject-1.sock").c_str()), 0);
  const DirectoryNews news = directory_->take("nvinject-1.sock");
  EXPECT_TRUE(news.ours_is_gone);
  EXPECT_FALSE(news.lost);
  std::filesystem::rename(tree_.path("plugins"), tree_.path("elsewhere"));
  EXPECT_TRUE(directory_->take("nvinject-1.sock").lost);
}

TEST_F(PluginDirectoryTest, RemovesSocketsOfEarlierInstancesAndNothingElse) {
  {
    const UniqueFd gone = listen("nvinject-1.sock");
  }
  {
    const UniqueFd other = listen("nvidia-gpu.sock");
  }
  tree_.file("plugins/nvinject-notes", "");
  directory_->remove_leftovers();
  EXPECT_FALSE(directory_->has("nvinject-1.sock"));
  EXPECT_TRUE(directory_->has("nvidia-gpu.sock"));
  EXPECT_TRUE(std::filesystem::exists(tree_.path("plugins/nvinject-notes")));
}

TEST_F(PluginDirectoryTest, MustBeThere) {
  EXPECT_THAT(PluginDirectory::open(tree_.host("none")), FailsWith(ErrorCode::kNotFound, "none"));
}

}  // namespace
}  // namespace nvinject::nri
