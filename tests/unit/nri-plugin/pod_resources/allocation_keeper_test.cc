// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/pod_resources/allocation_keeper.h"

#include <gmock/gmock.h>
#include <poll.h>

#include "tests/support/fake_kubelet.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::Succeeds;

class AllocationKeeperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto keeper =
        AllocationKeeper::start({.pod_resources_socket = tree_.path("pod-resources/kubelet.sock"),
                                 .checkpoint = HostPath(kubelet_.checkpoint_file())});
    ASSERT_THAT(keeper, Succeeds());
    keeper_ = *std::move(keeper);
    kubelet_.start();
    kubelet_.assign(
        {.name_space = "team",
         .name = "train",
         .uid = "uid-1",
         .containers = {{.name = "load",
                         .kind = testing::ContainerKind::kInit,
                         .devices = {{"nvidia.com/gpu", {"GPU-1"}}}},
                        {.name = "side",
                         .kind = testing::ContainerKind::kSidecar,
                         .devices = {{"nvidia.com/gpu", {"GPU-3"}}}},
                        {.name = "main", .devices = {{"nvidia.com/gpu", {"GPU-2::1"}}}}}});
  }
  Result<Allocation> ask(const char* container) {
    const auto ticket = keeper_->ask(
        {.name_space = "team", .pod = "train", .pod_uid = "uid-1", .container = container});
    pollfd ready{.fd = keeper_->fd(), .events = POLLIN};
    if (::poll(&ready, 1, 20000) != 1) return fail(ErrorCode::kInternal, "no answer");
    auto answers = keeper_->take();
    if (answers.size() != 1 || answers[0].ticket != ticket) {
      return fail(ErrorCode::kInternal, "another answer");
    }
    return std::move(answers[0].allocation);
  }

  testing::TempTree tree_;
  testing::FakeKubelet kubelet_{tree_.path()};
  std::unique_ptr<AllocationKeeper> keeper_;
};

TEST_F(AllocationKeeperTest, ContainersAreInTheApiAndInitContainersInTheCheckpoint) {
  const auto main = ask("main");
  ASSERT_THAT(main, Succeeds());
  EXPECT_THAT(main->devices, ElementsAre("GPU-2"));
  const auto init = ask("load");
  ASSERT_THAT(init, Succeeds());
  EXPECT_THAT(init->devices, ElementsAre("GPU-1"));
  const auto ephemeral = ask("debugger");
  ASSERT_THAT(ephemeral, Succeeds());
  EXPECT_THAT(ephemeral->devices, IsEmpty());
}

TEST_F(AllocationKeeperTest, WithoutItsCheckpointNothingIsKnownOfInitContainers) {
  tree_.file("device-plugins/kubelet_internal_checkpoint", "{}");
  EXPECT_THAT(ask("load"), FailsWith(ErrorCode::kInvalidRequest, "kubelet_internal_checkpoint"));
  ASSERT_EQ(::unlink(kubelet_.checkpoint_file().c_str()), 0);
  EXPECT_THAT(ask("load"), FailsWith(ErrorCode::kNotFound, "'load'"));
  EXPECT_THAT(ask("main"), Succeeds());
  const auto sidecar = ask("side");
  ASSERT_THAT(sidecar, Succeeds());
  EXPECT_THAT(sidecar->devices, ElementsAre("GPU-3"));
}

TEST_F(AllocationKeeperTest, ItsEndWaitsForTheKubeletNoLongerThanAQuestionDoes) {
  kubelet_.pod_resources().set_behaviour({.delay = std::chrono::seconds(2)});
  for (int i = 0; i < 5; ++i) {
    EXPECT_NE(keeper_->ask({.name_space = "team", .pod = "train", .container = "main"}), 0U);
  }
  const auto begin = std::chrono::steady_clock::now();
  keeper_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
}

}  // namespace
}  // namespace nvinject::nri
