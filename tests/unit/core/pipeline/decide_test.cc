// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline/decide.h"

#include <gmock/gmock.h>

#include "tests/support/driver_root.h"
#include "tests/support/elf_bytes.h"
#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"

namespace nvinject {
namespace {

using ::testing::Contains;
using testing::Decides;
using testing::DriverRootTree;
using ::testing::HasSubstr;
using testing::request_all;
using testing::request_listed;
using testing::TempTree;

Config config_for(const DriverRootTree& node) {
  Config config;
  config.roots = node.roots();
  return config;
}

Outcome decide_on(const DriverRootTree& node, const GpuRequest& request,
                  const ContainerRoot* root = nullptr) {
  return decide(request, {}, config_for(node), root, MayPrepare::kNo);
}

TEST(Decide, GoesThroughAllStages) {
  const Outcome outcome = decide_on(DriverRootTree::from_fixture("debian-550"), request_all());
  ASSERT_FALSE(outcome.error) << outcome.error->message;
  EXPECT_EQ(outcome.grant.gpus.size(), 8U);
  EXPECT_EQ(outcome.plan.devices.size(), 11U);
  EXPECT_FALSE(outcome.plan.mounts.empty());
  EXPECT_THAT(outcome.notes, Contains(Decides("libraries", "missing", "")));
}

TEST(Decide, AsksTheMachineForWhatTheCapabilitiesNeedOnly) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const Outcome outcome = decide_on(node, request_all({Capability::kUtility}));
  ASSERT_FALSE(outcome.error);
  for (const PlannedMount& mount : outcome.plan.mounts) {
    EXPECT_THAT(mount.source.string(), ::testing::Not(HasSubstr("libcuda")));
  }
}

TEST(Decide, LooksAtTheImageWhenItsRootIsAtHand) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const TempTree image;
  image.file("opt/glibc/libc.so.6", testing::make_library_64(native_machine(), "libc.so.6"));
  image.link("lib64", "opt/glibc");
  const auto root = ContainerRoot::open(image.host());
  ASSERT_TRUE(root);
  const Outcome outcome = decide_on(node, request_all(), &*root);
  ASSERT_FALSE(outcome.error) << outcome.error->message;
  EXPECT_THAT(outcome.plan.decisions,
              Contains(Decides("library directory", "/opt/glibc", "libc.so.6")));
}

TEST(Decide, LooksForCudaCompatLibrariesOfContainersWithCuda) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const TempTree image;
  image.file("usr/local/cuda/compat/libcuda.so.999.1.1",
             testing::make_library_64(native_machine(), "libcuda.so.1"));
  const auto root = ContainerRoot::open(image.host());
  ASSERT_TRUE(root);
  const auto is_decided = [&](CapabilitySet capabilities, CudaCompatMode mode) {
    Config config = config_for(node);
    config.policy.cuda_compat = mode;
    const Outcome outcome = decide(request_all(capabilities), {}, config, &*root, MayPrepare::kNo);
    EXPECT_FALSE(outcome.error);
    const auto& decisions = outcome.plan.decisions;
    return std::any_of(decisions.begin(), decisions.end(), [](const Decision& decision) {
      return decision.subject == "/usr/local/cuda/compat";
    });
  };
  EXPECT_TRUE(is_decided({Capability::kCompute}, CudaCompatMode::kHook));
  EXPECT_FALSE(is_decided({Capability::kUtility}, CudaCompatMode::kHook));
  EXPECT_FALSE(is_decided({Capability::kCompute}, CudaCompatMode::kDisabled)) << "not looked at";
}

TEST(Decide, KeepsWhatIsKnownOfTheMachineBesideAnError) {
  const auto node = DriverRootTree::from_fixture("half-broken");
  const Outcome outcome = decide_on(node, request_listed({{DeviceIdKind::kIndex, "6", 6, 0}}));
  ASSERT_TRUE(outcome.error);
  EXPECT_EQ(outcome.error->code, ErrorCode::kUnavailable);
  EXPECT_THAT(outcome.notes, Contains(Decides("GPU 6", "broken", "excluded")));
  EXPECT_EQ(outcome.plan, InjectionPlan{});
}

TEST(Decide, ServesTheHealthyGpuOfAHalfBrokenNode) {
  const auto node = DriverRootTree::from_fixture("half-broken");
  const Outcome outcome = decide_on(node, request_all());
  ASSERT_FALSE(outcome.error) << outcome.error->message;
  std::vector<unsigned> given;
  for (const GrantedGpu& granted : outcome.grant.gpus) given.push_back(granted.gpu.index);
  EXPECT_THAT(given, ::testing::ElementsAre(0, 3, 4));
}

TEST(Decide, FailsWhereTheDriverRootIsMissing) {
  const DriverRootTree node("d etc\n");
  Config config = config_for(node);
  config.roots.driver = node.tree().host("absent");
  const Outcome outcome = decide(request_all(), {}, config, nullptr, MayPrepare::kNo);
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->message, HasSubstr("absent"));
}

TEST(Decide, FailsWhereTheDriverCannotBeAskedForWhatTheRequestDependsOn) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  GpuRequest request = request_all();
  request.requirements = {{"NVIDIA_REQUIRE_CUDA", "brand=tesla"}};
  const Outcome outcome = decide_on(node, request);
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(outcome.error->message, HasSubstr("ask the driver"));
}

TEST(Decide, ChangesNothingOnTheNode) {
  const DriverRootTree node = DriverRootTree::from_fixture("half-broken");
  ASSERT_FALSE(decide_on(node, request_all()).error);
  EXPECT_FALSE(std::filesystem::exists(node.tree().path("run/nvinject")));
  EXPECT_FALSE(std::filesystem::exists(node.tree().path("dev/nvidia4")))
      << "its node is derived, not made";
}

}  // namespace
}  // namespace nvinject
