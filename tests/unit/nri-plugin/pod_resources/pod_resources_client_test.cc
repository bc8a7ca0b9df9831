// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/pod_resources/pod_resources_client.h"

#include <gmock/gmock.h>

#include "tests/support/fake_pod_resources.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::PodResourcesBehaviour;
using testing::Succeeds;

class PodResourcesClientTest : public ::testing::Test {
 protected:
  PodResourcesClientTest() {
    kubelet_.set_pods(
        {{.name_space = "team",
          .name = "train",
          .uid = "uid-1",
          .containers = {{.name = "main",
                          .devices = {{"nvidia.com/gpu", {"GPU-1::0", "GPU-1::3", "GPU-2"}},
                                      {"example.com/nic", {"0000:01:00.0"}}}},
                         {.name = "side"},
                         {.name = "load",
                          .kind = testing::ContainerKind::kInit,
                          .devices = {{"nvidia.com/gpu", {"GPU-3"}}}}}},
         {.name_space = "other",
          .name = "train",
          .containers = {{.name = "main", .devices = {{"nvidia.com/gpu", {"GPU-9"}}}}}}});
    kubelet_.start();
  }
  void expect_list() {
    const auto list = client_.list();
    ASSERT_THAT(list, Succeeds());
    EXPECT_THAT(*list, ElementsAre(GpuContainer{"team", "train", "main", {{"GPU-1", "GPU-2"}}},
                                   GpuContainer{"other", "train", "main", {{"GPU-9"}}}));
  }
  Result<std::optional<Allocation>> ask(const char* container, const char* pod = "train") {
    return client_.ask({.name_space = "team", .pod = pod, .pod_uid = "", .container = container});
  }
  void expect_answers() {
    const auto main = ask("main");
    ASSERT_THAT(main, Succeeds());
    ASSERT_TRUE(main->has_value());
    EXPECT_THAT((*main)->devices, ElementsAre("GPU-1", "GPU-2"));
    const auto side = ask("side");
    ASSERT_THAT(side, Succeeds());
    ASSERT_TRUE(side->has_value());
    EXPECT_THAT((*side)->devices, IsEmpty());
    const auto init = ask("load");
    ASSERT_THAT(init, Succeeds());
    EXPECT_FALSE(init->has_value()) << "not even that it has nothing";
  }

  testing::TempTree tree_;
  testing::FakePodResources kubelet_{tree_.path("kubelet.sock")};
  PodResourcesClient client_{tree_.path("kubelet.sock")};
};

TEST_F(PodResourcesClientTest, OneCallForOneContainer) {
  expect_answers();
  EXPECT_EQ(kubelet_.calls().get, 3U);
  EXPECT_EQ(kubelet_.calls().list, 0U);
}

TEST_F(PodResourcesClientTest, OlderKubeletsAreAskedForTheirList) {
  for (const auto get :
       {PodResourcesBehaviour::Get::kUnimplemented, PodResourcesBehaviour::Get::kDisabled}) {
    PodResourcesClient fresh(tree_.path("kubelet.sock"));
    kubelet_.set_behaviour({.get = get, .rate_limited = false});
    const unsigned before = kubelet_.calls().get;
    for (int i = 0; i < 3; ++i) {
      EXPECT_THAT(fresh.ask({.name_space = "team", .pod = "train", .container = "main"}),
                  Succeeds());
    }
    EXPECT_EQ(kubelet_.calls().get, before + 1) << "it is asked once whether it knows Get";
  }
  expect_answers();
}

TEST_F(PodResourcesClientTest, AllThatHaveGpusAreListed) {
  expect_list();
  kubelet_.set_behaviour({.failure = 8});
  EXPECT_THAT(client_.list(), FailsWith(ErrorCode::kUnavailable, "about all pods"));
  kubelet_.set_behaviour({});
  expect_list();
}

TEST_F(PodResourcesClientTest, APodThatTheKubeletDoesNotKnowIsAnError) {
  EXPECT_THAT(ask("main", "nobody"), FailsWith(ErrorCode::kUnavailable, "'team/nobody'"));
}

TEST_F(PodResourcesClientTest, ItIsAskedOnceAndNotForLong) {
  kubelet_.set_behaviour({.delay = milliseconds(2000)});
  const auto begin = steady_clock::now();
  EXPECT_THAT(ask("main"), FailsWith(ErrorCode::kUnavailable, "DEADLINE_EXCEEDED"));
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1500));
  EXPECT_EQ(kubelet_.calls().get, 1U);
}

TEST_F(PodResourcesClientTest, ItsLimitIsRespected) {
  kubelet_.set_behaviour({.failure = 8});
  EXPECT_THAT(ask("main"), FailsWith(ErrorCode::kUnavailable, "RESOURCE_EXHAUSTED"));
  EXPECT_EQ(kubelet_.calls().get, 1U);
  EXPECT_EQ(kubelet_.calls().list, 0U);
}

TEST_F(PodResourcesClientTest, AKubeletMayGoAndComeBack) {
  expect_answers();
  kubelet_.stop();
  const auto begin = steady_clock::now();
  EXPECT_THAT(ask("main"), FailsWith(ErrorCode::kUnavailable, "kubelet.sock"));
  EXPECT_LT(steady_clock::now() - begin, milliseconds(250)) << "nobody is there to be waited for";
  kubelet_.start();
  expect_answers();
}

}  // namespace
}  // namespace nvinject::nri
