// SPDX-License-Identifier: Apache-2.0

// Mode "allocated" between a runtime and a kubelet: who is asked, for how long, and what becomes of
// the container.

#include <algorithm>
#include <chrono>
#include <string>

#include "tests/nri/session_fixture.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_kubelet.h"

namespace nvinject::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// As sample_pod() and sample_container() are called.
const std::string kUid = "9c5f1d2e-3b1a-4a55-8a3e-0c7b6f0d4e21";

class AllocatedTest : public SessionTest {
 protected:
  AllocatedTest() {
    config_.grant.mode = PolicyMode::kAllocated;
    kubelet_.start();
  }
  void allocate(const std::vector<std::string>& ids,
                testing::ContainerKind kind = testing::ContainerKind::kMain) {
    kubelet_.assign(
        {.name = "sample",
         .uid = kUid,
         .containers = {{.name = "main", .kind = kind, .devices = {{"nvidia.com/gpu", ids}}}}});
  }
  // The GPU nodes that the container gets.
  std::vector<std::string> given(const std::string& gpus) {
    const auto reply = create(asking_for(gpus));
    EXPECT_EQ(reply.end, ReplyEnd::kAnswered) << reply.text;
    std::vector<std::string> paths;
    for (const auto& device : reply.message.adjust().linux().devices()) {
      if (device.path().find_last_of("0123456789") == device.path().size() - 1) {
        paths.push_back(device.path());
      }
    }
    return paths;
  }
  unsigned calls() {
    const PodResourcesCalls calls = kubelet_.pod_resources().calls();
    return calls.get + calls.list;
  }

  FakeKubelet kubelet_{empty_.path("kubelet")};
};

TEST_F(AllocatedTest, WhatTheKubeletSaysIsGivenByOneCall) {
  allocate({sample_gpu(2).uuid + "::0", sample_gpu(2).uuid + "::1"});
  start();
  EXPECT_THAT(given("all"), ElementsAre("/dev/nvidia2"));
  EXPECT_EQ(calls(), 1U);
  create(sample_create_request());
  EXPECT_EQ(calls(), 1U) << "nobody is asked about a container that asks for nothing";
  EXPECT_EQ(session_->report().containers.size(), 1U);
}

TEST_F(AllocatedTest, AnInitContainerHasItsOwn) {
  allocate({sample_gpu(1).uuid}, testing::ContainerKind::kInit);
  start();
  EXPECT_THAT(given("all"), ElementsAre("/dev/nvidia1"));
}

TEST_F(AllocatedTest, TheMachineMayBeUnknownWhenTheKubeletAnswers) {
  allocate({sample_gpu(3).uuid});
  connect();
  ASSERT_EQ(runtime_->start().end, ReplyEnd::kAnswered);
  const auto stream = runtime_->send_call("CreateContainer", asking_for("all").SerializeAsString());
  ASSERT_TRUE(eventually([this] { return calls() == 1; }));
  give_snapshot();
  EXPECT_EQ(runtime_->await(stream, kPatience).end, ReplyEnd::kAnswered);
  EXPECT_EQ(calls(), 1U) << "the answer is kept meanwhile";
  EXPECT_EQ(session_->report().containers[0].outcome, ContainerOutcome::kServed);
}

TEST_F(AllocatedTest, OthersAreAnsweredWhileTheKubeletThinks) {
  kubelet_.pod_resources().set_behaviour({.delay = milliseconds(250)});
  allocate({sample_gpu(0).uuid});
  start();
  const auto begin = steady_clock::now();
  const auto stream = runtime_->send_call("CreateContainer", asking_for("all").SerializeAsString());
  EXPECT_EQ(create(sample_create_request()).end, ReplyEnd::kAnswered);
  EXPECT_LT(steady_clock::now() - begin, milliseconds(200));
  EXPECT_EQ(runtime_->await(stream, kPatience).end, ReplyEnd::kAnswered);
}

TEST_F(AllocatedTest, ASlowKubeletIsNotWaitedFor) {
  kubelet_.pod_resources().set_behaviour({.delay = milliseconds(1500)});
  allocate({sample_gpu(0).uuid});
  start();
  EXPECT_THAT(given("all"), IsEmpty()) << "an image that says 'all' starts without";
  const auto begin = steady_clock::now();
  const auto reply = create(asking_for(sample_gpu(0).uuid));
  EXPECT_EQ(reply.end, ReplyEnd::kRefused) << "a device plugin's list does not";
  EXPECT_THAT(reply.text, HasSubstr("DEADLINE_EXCEEDED"));
  EXPECT_LT(steady_clock::now() - begin, milliseconds(1000));
  EXPECT_EQ(calls(), 2U) << "one try each";
}

TEST_F(AllocatedTest, WithoutAKubeletNobodyGetsAnything) {
  kubelet_.stop();
  start();
  EXPECT_THAT(given("all"), IsEmpty());
  EXPECT_EQ(create(asking_for(sample_gpu(0).uuid)).end, ReplyEnd::kRefused);
  kubelet_.start();
  allocate({sample_gpu(0).uuid});
  EXPECT_THAT(given("all"), ElementsAre("/dev/nvidia0")) << "as soon as it is there";
}

// After a reconnect: who was created meanwhile, and who has what was allocated to it.
TEST_F(AllocatedTest, TheKubeletIsAskedAboutWhoRunsWithout) {
  allocate({sample_gpu(2).uuid});
  start();
  api::SynchronizeRequest existing;
  *existing.add_pods() = sample_pod();
  api::Container& container = *existing.add_containers() = sample_container();
  container.add_env("NVIDIA_VISIBLE_DEVICES=all");
  ASSERT_EQ(runtime_->synchronize(existing).end, ReplyEnd::kAnswered);
  ASSERT_TRUE(eventually([this] {
    const auto containers = session_->report().containers;
    return containers.size() == 1 && containers[0].outcome == ContainerOutcome::kWithout;
  }));
  EXPECT_THAT(session_->report().containers[0].would_get, ElementsAre(2U));
  EXPECT_EQ(calls(), 1U);
}

TEST_F(AllocatedTest, AnAuditWaitsForNobodyAndStillKnowsInTheEnd) {
  config_.grant.enforce = Enforce::kAudit;
  kubelet_.pod_resources().set_behaviour({.delay = milliseconds(200)});
  allocate({sample_gpu(2).uuid});
  start();
  const auto begin = steady_clock::now();
  EXPECT_THAT(given("all"), IsEmpty());
  EXPECT_LT(steady_clock::now() - begin, milliseconds(150));
  EXPECT_TRUE(eventually([this] { return !session_->report().containers.empty(); }));
  EXPECT_THAT(session_->report().containers[0].would_get, ElementsAre(2U));
}

}  // namespace
}  // namespace nvinject::testing
