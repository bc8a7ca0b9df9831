// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/clean_up.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "core/os/state_directory.h"
#include "core/os/unix_socket.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using std::chrono::milliseconds;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::Succeeds;
using ::testing::UnorderedElementsAre;

class CleanUp : public ::testing::Test {
 protected:
  void SetUp() override {
    tree_.directory("state");
    tree_.directory("plugins");
    config_.roots.state = tree_.host("state");
    config_.nri.status_socket = tree_.path("state/status.sock");
    config_.kubelet.device_plugins = tree_.path("plugins");
  }
  // A socket that its owner was killed without removing.
  void leave_socket(const std::string& name) const {
    ASSERT_THAT(listen_unix(tree_.host(name), 0600), Succeeds());
  }
  [[nodiscard]] bool exists(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(tree_.path(name)));
  }

  testing::TempTree tree_;
  Config config_;
};

TEST_F(CleanUp, RemovesWhatIsOursAndNothingElse) {
  leave_socket("plugins/nvinject-17.sock");
  leave_socket("plugins/kubelet.sock");
  leave_socket("state/health.sock");
  leave_socket("state/status.sock");
  tree_.file("state/gpu-facts.json", "{}");
  tree_.file("state/prepared", "");  // the host's own boot step
  const auto removed = clean_up(config_, milliseconds(0));
  ASSERT_THAT(removed, Succeeds());
  EXPECT_THAT(*removed, UnorderedElementsAre(
                            tree_.host("plugins/nvinject-17.sock"), tree_.host("state/health.sock"),
                            tree_.host("state/status.sock"), tree_.host("state/gpu-facts.json")));
  EXPECT_TRUE(exists("plugins/kubelet.sock"));
  EXPECT_TRUE(exists("state/prepared"));
  EXPECT_TRUE(exists("state/nri-plugin.lock"));
}

TEST_F(CleanUp, WhereThereIsNothingThereIsNothingToRemove) {
  config_.kubelet.device_plugins = tree_.path("none");
  const auto removed = clean_up(config_, milliseconds(0));
  ASSERT_THAT(removed, Succeeds());
  EXPECT_THAT(*removed, IsEmpty());
}

TEST_F(CleanUp, TouchesNothingWhileAnInstanceServesTheNode) {
  tree_.file("state/gpu-facts.json", "{}");
  const auto state = open_state_directory(config_.roots.state);
  ASSERT_THAT(state, Succeeds());
  const auto lock = open_lock(state->get(), kPluginLock, milliseconds(0));
  ASSERT_THAT(lock, Succeeds());
  EXPECT_THAT(clean_up(config_, milliseconds(20)),
              FailsWith(ErrorCode::kUnavailable, "nvinject-nri that serves this node"));
  EXPECT_TRUE(exists("state/gpu-facts.json"));
}

}  // namespace
}  // namespace nvinject::nri
