// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/decide_container.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/sample_node.h"

namespace nvinject::nri {
namespace {

using ::nvinject::testing::sample_inventory;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class DecideContainer : public ::testing::Test {
 protected:
  DecideContainer() {
    config_.grant.mode = PolicyMode::kEnv;
    snapshot_.inventory = sample_inventory();
    question_.who = {.id = "c1", .name = "train", .pod = "p", .name_space = "team"};
  }

  Verdict ask(std::string env) {
    question_.facts.env.push_back(std::move(env));
    return decide();
  }

  Verdict decide() const {
    return decide_container(question_, {.config = config_,
                                        .runtime = runtime_,
                                        .snapshot = has_snapshot_ ? &snapshot_ : nullptr,
                                        .snapshot_is_fresh = is_fresh_,
                                        .probe_may_help = probe_may_help_,
                                        .allocation = &nothing_allocated_});
  }

  Verdict review() const {
    return review_container(question_, {.config = config_,
                                        .runtime = runtime_,
                                        .snapshot = has_snapshot_ ? &snapshot_ : nullptr,
                                        .snapshot_is_fresh = true});
  }

  static std::vector<std::string> paths(const Verdict& verdict) {
    std::vector<std::string> paths;
    for (const PlannedDevice& device : verdict.adjustment.devices) {
      paths.push_back(device.path.string());
    }
    return paths;
  }

  static bool is_untouched(const Verdict& verdict) {
    return !verdict.refusal && verdict.adjustment == Adjustment{} && verdict.hook_args.empty();
  }

  Config config_;
  RuntimeInfo runtime_{.name = "containerd", .version_text = "2.1.9"};
  const Result<Allocation> nothing_allocated_ = Allocation{};
  Snapshot snapshot_;
  Question question_;
  bool has_snapshot_ = true;
  bool is_fresh_ = false;
  bool probe_may_help_ = true;
};

TEST_F(DecideContainer, WhoAsksForNothingIsNoneOfOurBusiness) {
  for (const char* const env : {"A=b", "NVIDIA_VISIBLE_DEVICES=void", "NVIDIA_VISIBLE_DEVICES="}) {
    question_.facts.env.clear();
    const Verdict verdict = ask(env);
    EXPECT_TRUE(is_untouched(verdict)) << env;
    EXPECT_FALSE(verdict.outcome) << env;
  }
}

TEST_F(DecideContainer, NothingAskedNeedsNoSnapshotAndNoPolicy) {
  has_snapshot_ = false;
  config_.grant.mode = PolicyMode::kAllocated;
  EXPECT_EQ(ask("NVIDIA_DRIVER_CAPABILITIES=nonsense").missing, Missing::kNothing);
  EXPECT_TRUE(is_untouched(decide()));
}

TEST_F(DecideContainer, ServesWhatIsAskedFor) {
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=0,3");
  ASSERT_EQ(verdict.outcome, ContainerOutcome::kServed);
  EXPECT_THAT(verdict.minors, ElementsAre(0U, 3U));
  EXPECT_THAT(paths(verdict), Contains("/dev/nvidia3"));
  EXPECT_THAT(paths(verdict), Not(Contains("/dev/nvidia1")));
  EXPECT_THAT(verdict.adjustment.mounts, Not(IsEmpty()));
}

TEST_F(DecideContainer, NobodyHasLookedYet) {
  has_snapshot_ = false;
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=0").missing, Missing::kSnapshot);
}

TEST_F(DecideContainer, WhatIsNotThereIsLookedForOnceMore) {
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=9").missing, Missing::kFreshSnapshot);
  is_fresh_ = true;
  const Verdict verdict = decide();
  ASSERT_TRUE(verdict.refusal);
  EXPECT_EQ(verdict.refusal->code, ErrorCode::kNotFound);
  EXPECT_THAT(verdict.refusal->message, HasSubstr("'9'"));
}

TEST_F(DecideContainer, ADriverRootThatCannotBeReadFailsWhoAsksAndNobodyElse) {
  snapshot_.inventory = {};
  snapshot_.error = Error{ErrorCode::kSystem, "open '/drv': No such file or directory", 2};
  is_fresh_ = true;
  EXPECT_TRUE(ask("NVIDIA_VISIBLE_DEVICES=0").refusal);
  question_.facts.env.clear();
  EXPECT_TRUE(is_untouched(ask("A=b")));
}

TEST_F(DecideContainer, AMalformedRequestIsRefusedInItsOwnWords) {
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=../../dev/sda");
  ASSERT_TRUE(verdict.refusal);
  EXPECT_EQ(verdict.refusal->code, ErrorCode::kInvalidRequest);
  EXPECT_THAT(verdict.refusal->message, HasSubstr("../../dev/sda"));
}

TEST_F(DecideContainer, AllocatedRefusesAndTellsTheContainerWhy) {
  config_.grant.mode = PolicyMode::kAllocated;
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=all");
  ASSERT_EQ(verdict.outcome, ContainerOutcome::kDenied);
  EXPECT_FALSE(verdict.refusal);
  ASSERT_THAT(verdict.adjustment.env, SizeIs(1));
  EXPECT_EQ(verdict.adjustment.env[0].name, "NVINJECT_DENIED");
  EXPECT_THAT(verdict.adjustment.env[0].value, HasSubstr("allocated"));
  EXPECT_THAT(verdict.adjustment.devices, IsEmpty());
  EXPECT_THAT(verdict.adjustment.mounts, IsEmpty());
}

TEST_F(DecideContainer, EnforceDenyFailsTheContainer) {
  config_.grant = {.mode = PolicyMode::kAllocated, .enforce = Enforce::kDeny};
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=all");
  ASSERT_TRUE(verdict.refusal);
  EXPECT_EQ(verdict.refusal->code, ErrorCode::kDenied);
}

TEST_F(DecideContainer, AManagementNamespaceGetsWhatItAsks) {
  config_.grant = {.mode = PolicyMode::kAllocated, .management_namespaces = {"team"}};
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=1").outcome, ContainerOutcome::kServed);
}

TEST_F(DecideContainer, AnotherInjectorsPodIsLeftAlone) {
  question_.who.runtime_handler = "nvidia";
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=0").outcome, ContainerOutcome::kLeft);
  EXPECT_TRUE(is_untouched(decide()));
  // Whatever it asks for, even what we would not understand.
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=!"};
  EXPECT_TRUE(is_untouched(decide()));
  question_.who.runtime_handler = "";
  config_.grant.ignored_namespaces = {"team"};
  EXPECT_TRUE(is_untouched(decide()));
}

TEST_F(DecideContainer, AuditChangesNothingForAnybody) {
  config_.grant.enforce = Enforce::kAudit;
  const Verdict served = ask("NVIDIA_VISIBLE_DEVICES=0,2");
  EXPECT_TRUE(is_untouched(served));
  EXPECT_EQ(served.outcome, ContainerOutcome::kAudited);
  EXPECT_THAT(served.would_get, ElementsAre(0U, 2U));

  for (const char* const env : {"NVIDIA_VISIBLE_DEVICES=9", "NVIDIA_VISIBLE_DEVICES=!"}) {
    question_.facts.env = {env};
    const Verdict impossible = decide();
    EXPECT_TRUE(is_untouched(impossible)) << env;
    EXPECT_THAT(impossible.reason, Not(IsEmpty())) << env;
  }
  has_snapshot_ = false;
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=0"};
  EXPECT_EQ(decide().outcome, ContainerOutcome::kAudited);
  config_.grant.mode = PolicyMode::kAllocated;
  EXPECT_TRUE(is_untouched(decide()));
}

TEST_F(DecideContainer, NodesOfADevicePluginAreNotDoubled) {
  question_.facts.devices = {{.path = "/dev/nvidia0", .major = 195, .minor = 0},
                             {.path = "/dev/nvidiactl", .major = 195, .minor = 255}};
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=0");
  ASSERT_EQ(verdict.outcome, ContainerOutcome::kServed);
  EXPECT_THAT(paths(verdict), Not(Contains("/dev/nvidia0")));
  EXPECT_THAT(paths(verdict), Contains("/dev/nvidia-uvm"));
  EXPECT_THAT(verdict.minors, ElementsAre(0U));
}

TEST_F(DecideContainer, WhatCdiHasServedIsLeftAlone) {
  question_.facts.devices = {{.path = "/dev/nvidia0", .major = 195, .minor = 0}};
  question_.facts.mounts = {{.source = "/usr/lib64/libcuda.so.550.163.01",
                             .destination = "/usr/lib64/libcuda.so.550.163.01"}};
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=0");
  EXPECT_EQ(verdict.outcome, ContainerOutcome::kLeft);
  EXPECT_TRUE(is_untouched(verdict));
}

TEST_F(DecideContainer, CdiNamesThatWeDoNotKnowAreNoReasonToFailWhoHasBeenServed) {
  question_.facts.devices = {{.path = "/dev/nvidia0", .major = 195, .minor = 0}};
  question_.facts.mounts = {
      {.source = "/x", .destination = "/usr/lib64/libnvidia-ml.so.550.163.01"}};
  for (const char* const name : {"management.nvidia.com/gpu=all", "nvidia.com/gpu=MIG-1/2/3",
                                 "k8s.device-plugin.nvidia.com/gpu=GPU-1"}) {
    question_.facts.annotations = {{"cdi.k8s.io/x", name}};
    EXPECT_TRUE(is_untouched(decide())) << name;
  }
}

TEST_F(DecideContainer, AllocatedLeavesWhoWasGivenGpusAndDriver) {
  config_.grant.mode = PolicyMode::kAllocated;
  question_.facts.devices = {{.path = "/dev/nvidia2", .major = 195, .minor = 2}};
  question_.facts.mounts = {{.source = "/x", .destination = "/usr/lib64/libcuda.so.1"}};
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=all");
  EXPECT_EQ(verdict.outcome, ContainerOutcome::kLeft);
  EXPECT_THAT(verdict.minors, ElementsAre(2U));
  EXPECT_TRUE(is_untouched(verdict));
}

TEST_F(DecideContainer, NodesWithoutADriverAreNotPassedOverInSilence) {
  config_.grant.mode = PolicyMode::kAllocated;
  question_.facts.devices = {{.path = "/dev/nvidia2", .major = 195, .minor = 2}};
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=all").outcome, ContainerOutcome::kDenied);
}

TEST_F(DecideContainer, WhoMayHaveNothingIsNotFailedForItsSpelling) {
  config_.grant.mode = PolicyMode::kAllocated;
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_DRIVER_CAPABILITIES=nonsense"};
  EXPECT_EQ(decide().outcome, ContainerOutcome::kDenied);
  EXPECT_FALSE(decide().refusal);
}

TEST_F(DecideContainer, NoneIsNotDeniedToAnybody) {
  config_.grant = {.mode = PolicyMode::kAllocated, .enforce = Enforce::kDeny};
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=none");
  EXPECT_TRUE(is_untouched(verdict));
  EXPECT_FALSE(verdict.outcome);
}

TEST_F(DecideContainer, ABrokenConfigurationFailsWhoAsksAndNobodyElse) {
  const Error error{ErrorCode::kInvalidRequest, "'config.toml' line 3", 0};
  const Circumstances now{
      .config = config_, .runtime = runtime_, .snapshot = &snapshot_, .config_error = &error};
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=0"};
  const Verdict verdict = decide_container(question_, now);
  ASSERT_TRUE(verdict.refusal);
  EXPECT_THAT(verdict.refusal->message, HasSubstr("line 3"));
  question_.facts.env = {"A=b"};
  EXPECT_TRUE(is_untouched(decide_container(question_, now)));
}

TEST_F(DecideContainer, AGpuIsKnownByItsNumber) {
  // A device plugin may call the only GPU of a container nvidia0.
  question_.facts.devices = {{.path = "/dev/nvidia0", .major = 195, .minor = 3}};
  EXPECT_THAT(decide().minors, ElementsAre(3U));
  question_.facts.devices = {{.path = "/dev/nvidia0", .major = 1, .minor = 3}};
  EXPECT_THAT(decide().minors, IsEmpty());
}

TEST_F(DecideContainer, WhatIsAskedIsToldInALineOfBoundedLength) {
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=" + std::string(100'000, 'x'));
  EXPECT_LT(verdict.asked.size(), 300U);
}

TEST_F(DecideContainer, DockersNriTakesNoDevices) {
  runtime_.name = "docker";
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=0");
  ASSERT_TRUE(verdict.refusal);
  EXPECT_THAT(verdict.refusal->message, HasSubstr("docker"));
}

TEST_F(DecideContainer, TheProbeIsAskedForWhatOnlyTheDriverKnows) {
  snapshot_.inventory.gpus[1].uuid.clear();
  const std::string env = "NVIDIA_VISIBLE_DEVICES=GPU-12345678-0000-4000-8000-000000000000";
  EXPECT_EQ(ask(env).missing, Missing::kProbe);
  probe_may_help_ = false;
  snapshot_.probe_error = Error{ErrorCode::kUnavailable, "no answer within 25 s", 0};
  const Verdict verdict = decide();
  ASSERT_TRUE(verdict.refusal);
  EXPECT_THAT(verdict.refusal->message, HasSubstr("25 s"));
}

TEST_F(DecideContainer, AMigDeviceIsGivenByAFreshLookOnly) {
  snapshot_.inventory = testing::sample_mig_inventory();
  is_fresh_ = false;
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=1:2").missing, Missing::kFreshSnapshot);
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=all").missing, Missing::kFreshSnapshot);
  EXPECT_EQ(ask("NVIDIA_VISIBLE_DEVICES=0").missing, Missing::kNothing);
  is_fresh_ = true;
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=1:2");
  ASSERT_EQ(verdict.missing, Missing::kNothing);
  ASSERT_FALSE(verdict.refusal) << verdict.refusal->message;
  EXPECT_THAT(paths(verdict), Contains("/dev/nvidia-caps/nvidia-cap109"));
  EXPECT_THAT(paths(verdict), Not(Contains("/dev/nvidia-caps/nvidia-cap107")));
  for (MigDevice& device : snapshot_.inventory.gpus[1].mig_devices) device.index.reset();
  EXPECT_EQ(decide().missing, Missing::kProbe) << "made anew: the driver has to say what is 1:2";
}

TEST_F(DecideContainer, TheHookIsToldItsJobAndTheNamesOfTheLibraries) {
  config_.nri.ld_cache_hook = "/usr/bin/nvinject-hook";
  const Verdict verdict = ask("NVIDIA_VISIBLE_DEVICES=0");
  ASSERT_FALSE(verdict.hook_args.empty());
  EXPECT_EQ(verdict.hook_args.front(), "ld-cache");
  EXPECT_THAT(verdict.hook_args, Contains("libcuda.so.1"));
  EXPECT_THAT(verdict.hook_args, Not(Contains("nvidia-smi")));
  EXPECT_THAT(verdict.adjustment.env, IsEmpty()) << "the cache has everything";
}

TEST_F(DecideContainer, TheHookLooksForCompatibilityLibrariesOfContainersWithCuda) {
  config_.nri.ld_cache_hook = "/usr/bin/nvinject-hook";
  const std::string argument = "--cuda-compat=" + snapshot_.inventory.driver_version;
  EXPECT_THAT(ask("NVIDIA_VISIBLE_DEVICES=0").hook_args, Contains(argument));
  config_.policy.cuda_compat = CudaCompatMode::kDisabled;
  EXPECT_THAT(ask("NVIDIA_VISIBLE_DEVICES=0").hook_args, Not(Contains(argument)));
}

TEST_F(DecideContainer, AContainerThatRunsWithoutIsFound) {
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=all"};
  EXPECT_EQ(review().outcome, ContainerOutcome::kWithout);
  has_snapshot_ = false;
  EXPECT_EQ(review().outcome, ContainerOutcome::kWithout);
  EXPECT_THAT(review().would_get, IsEmpty());
}

TEST_F(DecideContainer, WhoHasItsGpusAndTheDriverIsServed) {
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=1"};
  question_.facts.devices = {{.path = "/dev/nvidia1", .major = 195, .minor = 1}};
  EXPECT_EQ(review().outcome, ContainerOutcome::kWithout) << "nodes without a driver";
  question_.facts.mounts = {{.source = "/x", .destination = "/usr/lib64/libcuda.so.1"}};
  EXPECT_EQ(review().outcome, ContainerOutcome::kServed);
  EXPECT_THAT(review().minors, ElementsAre(1U));
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=1,2"};
  EXPECT_EQ(review().outcome, ContainerOutcome::kWithout) << "one of two";
  EXPECT_THAT(review().would_get, ElementsAre(1U, 2U));
}

TEST_F(DecideContainer, NoneIsServedByDriverFiles) {
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=none"};
  EXPECT_EQ(review().outcome, ContainerOutcome::kWithout);
  question_.facts.mounts = {{.source = "/x", .destination = "/usr/lib64/libcuda.so.1"}};
  EXPECT_EQ(review().outcome, ContainerOutcome::kServed);
}

TEST_F(DecideContainer, APrivilegedContainerHasEveryNodeAndIsNoHolder) {
  question_.facts.devices = {{.path = "/dev/nvidia1", .major = 195, .minor = 1}};
  question_.facts.privileged = true;
  EXPECT_FALSE(decide().outcome);
}

TEST_F(DecideContainer, OneThatMayNotHaveGpusLacksNothing) {
  config_.grant.mode = PolicyMode::kAllocated;
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=all"};
  EXPECT_EQ(review().outcome, ContainerOutcome::kDenied);
}

// Its image, or its pod, says "all", and the kubelet allocated it one.
TEST_F(DecideContainer, WhatWasAllocatedIsNotMeasuredByTheContainersOwnWords) {
  config_.grant.mode = PolicyMode::kAllocated;
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=all"};
  question_.facts.devices = {{.path = "/dev/nvidia1", .major = 195, .minor = 1}};
  EXPECT_EQ(review().outcome, ContainerOutcome::kWithout) << "nodes without a driver";
  question_.facts.mounts = {{.source = "/x", .destination = "/usr/lib64/libcuda.so.1"}};
  EXPECT_EQ(review().outcome, ContainerOutcome::kServed);
  EXPECT_THAT(review().minors, ElementsAre(1U));
  EXPECT_THAT(review().would_get, IsEmpty());
}

TEST_F(DecideContainer, AuditReviewsWithTheMachineInSight) {
  config_.grant.enforce = Enforce::kAudit;
  question_.facts.env = {"NVIDIA_VISIBLE_DEVICES=1"};
  EXPECT_THAT(review().would_get, ElementsAre(1U));
  has_snapshot_ = false;
  EXPECT_EQ(review().outcome, ContainerOutcome::kAudited);
}

TEST_F(DecideContainer, AStrangersNodeIsReportedAndNothingElse) {
  question_.facts.devices = {{.path = "/dev/nvidia0", .major = 195, .minor = 0}};
  const Verdict verdict = decide();
  EXPECT_EQ(verdict.outcome, ContainerOutcome::kLeft);
  EXPECT_TRUE(is_untouched(verdict));
}

}  // namespace
}  // namespace nvinject::nri
