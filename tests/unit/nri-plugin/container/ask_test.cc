// SPDX-License-Identifier: Apache-2.0
// Mode "allocated": the kubelet's word, and what a container's own words are beside it.
#include "nri-plugin/container/ask.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nri-plugin/container/decide_container.h"
#include "tests/support/sample_node.h"

namespace nvinject::nri {
namespace {

using ::nvinject::testing::sample_inventory;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kGate = "/proc/nvinject-gate";

class DecideAllocated : public ::testing::Test {
 protected:
  DecideAllocated() {
    snapshot_.inventory = sample_inventory();
    question_.who = {.id = "c1", .name = "train", .pod = "p", .name_space = "team"};
  }

  Verdict decide() const {
    return decide_container(question_, {.config = config_,
                                        .runtime = runtime_,
                                        .snapshot = &snapshot_,
                                        .snapshot_is_fresh = true,
                                        .allocation = allocation_ ? &*allocation_ : nullptr});
  }
  Verdict ask(const char* env) {
    question_.facts.env = {env};
    return decide();
  }
  void allocate(unsigned gpu) {
    Allocation allocation;
    add_device(allocation, testing::sample_gpu(gpu).uuid + "::1");
    allocation_ = std::move(allocation);
  }
  void allocate_nothing() { allocation_ = Allocation{}; }
  void kubelet_is_silent() {
    allocation_ = tl::unexpected(Error{ErrorCode::kUnavailable, "DEADLINE_EXCEEDED", 0});
  }
  void carry_gate() { question_.facts.mounts = {{.source = "/dev/null", .destination = kGate}}; }

  Config config_;
  RuntimeInfo runtime_{.name = "containerd", .version_text = "2.1.9"};
  Snapshot snapshot_;
  Question question_;
  std::optional<Result<Allocation>> allocation_;
};

TEST(Ask, KeepsWhatItMayNotUse) {
  const Question question{.who = {.name_space = "team"},
                          .facts = {.env = {"NVIDIA_VISIBLE_DEVICES=!"},
                                    .mounts = {{"/dev/null", "/proc/nvinject-gate"}}}};
  const Ask ask = read_ask(question, Config{});
  EXPECT_EQ(ask.asker.authority, Authority::kAllocation);
  EXPECT_TRUE(ask.malformed);
  EXPECT_TRUE(ask.gated);
  EXPECT_FALSE(asks_for_nothing(ask));
  const auto entitled = entitled_ask(question, ask, Config{}, Allocation{.devices = {"0:1"}});
  ASSERT_TRUE(entitled);
  EXPECT_EQ(entitled->asker.authority, Authority::kRequest);
  EXPECT_FALSE(entitled->malformed);
  EXPECT_THAT(entitled->request.words(), ElementsAre("0:1"));
}

TEST_F(DecideAllocated, TheKubeletIsAskedAboutWhoAsksAndNobodyElse) {
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=all").missing, Missing::kAllocation);
  EXPECT_EQ(ask("A=b").missing, Missing::kNothing);
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=void").missing, Missing::kNothing);
  question_.who.runtime_handler = "nvidia";
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=all").missing, Missing::kNothing);
  question_.who.runtime_handler = "";
  config_.grant.management_namespaces = {"team"};
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=all").missing, Missing::kNothing);
}

TEST_F(DecideAllocated, WhatIsAllocatedIsGivenWhateverIsAskedFor) {
  allocate(2);
  for (const char* const env :
       {"NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_VISIBLE_DEVICES=0,1", "NVIDIA_VISIBLE_DEVICES=!!"}) {
    const Verdict verdict = ask(env);
    EXPECT_EQ(verdict.outcome, ContainerOutcome::kServed) << env;
    EXPECT_THAT(verdict.minors, ElementsAre(2U)) << env;
  }
}

TEST_F(DecideAllocated, WhoWasAllocatedNothingIsToldWhatToDo) {
  allocate_nothing();
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=all");
  EXPECT_EQ(verdict.outcome, ContainerOutcome::kDenied);
  EXPECT_THAT(verdict.reason, HasSubstr("nvidia.com/gpu"));
  // Whoever may write a pod may write UUIDs.
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=GPU-aaaaaaaa-0000-4000-8000-000000000000").outcome,
            ContainerOutcome::kDenied);
}

TEST_F(DecideAllocated, ASilentKubeletFailsOnlyWhoLooksAllocated) {
  kubelet_is_silent();
  const Verdict image = ask("NVIDIA_VISIBLE_DEVICES=all");
  EXPECT_EQ(image.outcome, ContainerOutcome::kDenied);
  EXPECT_THAT(image.reason, HasSubstr("DEADLINE_EXCEEDED"));
  const Verdict plugin = ask("NVIDIA_VISIBLE_DEVICES=GPU-aaaaaaaa-0000-4000-8000-000000000000");
  ASSERT_TRUE(plugin.refusal);
  EXPECT_EQ(plugin.refusal->code, ErrorCode::kUnavailable);
  EXPECT_THAT(plugin.refusal->message, HasSubstr("DEADLINE_EXCEEDED"));
  carry_gate();
  EXPECT_TRUE(ask("NVIDIA_VISIBLE_DEVICES=all").refusal);
}

// A pod that says "all" itself hides the list of its device plugin.
TEST_F(DecideAllocated, ASilentKubeletFailsWhoCarriesTheMarkOfADevicePlugin) {
  kubelet_is_silent();
  question_.facts.env = {"NVINJECT_ALLOCATED=GPU-a", "NVIDIA_VISIBLE_DEVICES=all"};
  const Verdict marked = decide();
  ASSERT_TRUE(marked.refusal);
  EXPECT_EQ(marked.refusal->code, ErrorCode::kUnavailable);
  EXPECT_THAT(marked.refusal->message, HasSubstr("NVINJECT_ALLOCATED"));
  question_.facts.devices = {{.path = "/dev/nvidia1", .major = 195, .minor = 1}};
  EXPECT_TRUE(ask("NVIDIA_VISIBLE_DEVICES=all").refusal);
  question_.facts.privileged = true;
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=all").outcome, ContainerOutcome::kDenied);
}

TEST_F(DecideAllocated, AForgedMarkGivesNothingAndAsksForNothing) {
  question_.facts.env = {"NVINJECT_ALLOCATED=" + testing::sample_gpu(0).uuid};
  EXPECT_EQ(decide().missing, Missing::kNothing);
  EXPECT_FALSE(decide().outcome);
  question_.facts.env.emplace_back("NVIDIA_VISIBLE_DEVICES=all");
  allocate_nothing();
  const Verdict verdict = decide();
  EXPECT_FALSE(verdict.refusal);
  EXPECT_EQ(verdict.outcome, ContainerOutcome::kDenied);
  EXPECT_THAT(verdict.adjustment.devices, IsEmpty());
}

TEST_F(DecideAllocated, NoneAndVoidAreLessThanWhatIsAllocated) {
  allocate(1);
  const Verdict none = ask("NVIDIA_VISIBLE_DEVICES=none");
  EXPECT_EQ(none.outcome, ContainerOutcome::kServed);
  EXPECT_THAT(none.minors, IsEmpty());
  carry_gate();
  const Verdict declined = ask("NVIDIA_VISIBLE_DEVICES=void");
  EXPECT_FALSE(declined.outcome);
  EXPECT_THAT(declined.adjustment.removed_mounts, ElementsAre(kGate));
  EXPECT_THAT(declined.adjustment.devices, IsEmpty());
}

TEST_F(DecideAllocated, TheGateOpensWithTheGpu) {
  carry_gate();
  EXPECT_EQ(ask("A=b").missing, Missing::kAllocation) << "the gate asks, too";
  allocate(3);
  const Verdict verdict = ask("A=b");
  EXPECT_EQ(verdict.outcome, ContainerOutcome::kServed);
  EXPECT_THAT(verdict.minors, ElementsAre(3U));
  EXPECT_THAT(verdict.adjustment.removed_mounts, ElementsAre(kGate));
}

TEST_F(DecideAllocated, AForgedGateStaysClosed) {
  carry_gate();
  allocate_nothing();
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=all");
  ASSERT_TRUE(verdict.refusal);
  EXPECT_EQ(verdict.refusal->code, ErrorCode::kDenied);
  EXPECT_THAT(verdict.adjustment.removed_mounts, IsEmpty());
}

TEST_F(DecideAllocated, TheGateOpensWhereAnotherInjectorServes) {
  carry_gate();
  question_.who.runtime_handler = "nvidia";
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=0");
  EXPECT_EQ(verdict.outcome, ContainerOutcome::kLeft);
  EXPECT_THAT(verdict.adjustment.removed_mounts, ElementsAre(kGate));
  EXPECT_THAT(verdict.adjustment.devices, IsEmpty());
}

TEST_F(DecideAllocated, AnAuditOpensTheGateAndDoesNothingElse) {
  config_.grant.enforce = Enforce::kAudit;
  carry_gate();
  const Verdict at_first = ask("NVIDIA_VISIBLE_DEVICES=all");
  EXPECT_EQ(at_first.outcome, ContainerOutcome::kAudited);
  EXPECT_THAT(at_first.adjustment.removed_mounts, ElementsAre(kGate));
  allocate(1);
  const Verdict later = ask("NVIDIA_VISIBLE_DEVICES=all");
  EXPECT_THAT(later.would_get, ElementsAre(1U));
  EXPECT_THAT(later.adjustment.devices, IsEmpty());
}

TEST_F(DecideAllocated, TheNodesOfADevicePluginAreCompleted) {
  allocate(1);
  question_.facts.devices = {{.path = "/dev/nvidia1", .major = 195, .minor = 1}};
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=all");
  EXPECT_EQ(verdict.outcome, ContainerOutcome::kServed);
  EXPECT_THAT(verdict.minors, ElementsAre(1U));
}

TEST_F(DecideAllocated, WhoLooksAllocatedAndRunsWithoutHasBeenMissed) {
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=GPU-aaaaaaaa-0000-4000-8000-000000000000"};
  const Circumstances now{.config = config_, .runtime = runtime_, .snapshot = &snapshot_};
  EXPECT_EQ(review_container(question_, now).outcome, ContainerOutcome::kWithout);
  question_.facts.env.emplace_back("NVINJECT_DENIED=because");
  EXPECT_EQ(review_container(question_, now).outcome, ContainerOutcome::kDenied);
}

// Created while nobody was connected, by a pod that says "all" itself: only the kubelet knows.
TEST_F(DecideAllocated, WhoWasMissedIsFoundByAskingTheKubelet) {
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=all"};
  Circumstances now{.config = config_, .runtime = runtime_, .snapshot = &snapshot_};
  const Verdict guess = review_container(question_, now);
  EXPECT_EQ(guess.missing, Missing::kAllocation);
  EXPECT_EQ(guess.outcome, ContainerOutcome::kDenied);
  const Result<Allocation> one = Allocation{.devices = {snapshot_.inventory.gpus[1].uuid}};
  now.allocation = &one;
  const Verdict known = review_container(question_, now);
  EXPECT_EQ(known.missing, Missing::kNothing);
  EXPECT_EQ(known.outcome, ContainerOutcome::kWithout);
  EXPECT_THAT(known.would_get, ElementsAre(1U));
  const Result<Allocation> none = Allocation{};
  now.allocation = &none;
  EXPECT_EQ(review_container(question_, now).outcome, ContainerOutcome::kDenied);
  const Result<Allocation> silence = fail(ErrorCode::kUnavailable, "no answer");
  now.allocation = &silence;
  EXPECT_EQ(review_container(question_, now).outcome, ContainerOutcome::kDenied);
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=void"};
  now.allocation = nullptr;
  EXPECT_FALSE(review_container(question_, now).outcome);
}

}  // namespace
}  // namespace nvinject::nri
