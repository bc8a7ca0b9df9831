// SPDX-License-Identifier: Apache-2.0
#include "core/cli/cdi_document.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "core/cdi/version.h"
#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::Decides;
using nvinject::testing::DriverRootTree;
using nvinject::testing::FailsWith;
using nvinject::testing::sample_inventory;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kHook = "/usr/bin/nvinject-hook";

std::vector<std::string> names_in(const CdiSpec& spec) {
  std::vector<std::string> names;
  for (const CdiDevice& device : spec.devices) names.push_back(device.name);
  return names;
}

std::vector<std::string> nodes_of(const CdiSpec& spec, const std::string& name) {
  std::vector<std::string> nodes;
  for (const CdiDevice& device : spec.devices) {
    if (device.name != name) continue;
    for (const CdiDeviceNode& node : device.edits.device_nodes) nodes.push_back(node.path);
  }
  return nodes;
}

bool mounts(const CdiSpec& spec, std::string_view library) {
  return std::any_of(spec.edits.mounts.begin(), spec.edits.mounts.end(),
                     [&](const CdiMount& mount) {
                       return mount.container_path.find(library) != std::string::npos;
                     });
}

TEST(CdiDocument, NamesGpusByIndexAndUuidAndAll) {
  const auto document = make_cdi_document(sample_inventory(2), {}, kHook);
  ASSERT_TRUE(document) << document.error().message;
  const std::string first = sample_inventory(2).gpus[0].uuid;
  EXPECT_THAT(names_in(document->spec),
              ElementsAre("0", first, "1", sample_inventory(2).gpus[1].uuid, "all"));
  EXPECT_THAT(nodes_of(document->spec, first), ElementsAre("/dev/nvidia0"));
  EXPECT_THAT(nodes_of(document->spec, "all"), ElementsAre("/dev/nvidia0", "/dev/nvidia1"));
  EXPECT_THAT(document->spec.edits.device_nodes, SizeIs(4)) << "the control nodes";
  EXPECT_THAT(document->decisions, IsEmpty());
  EXPECT_EQ(minimum_cdi_version(document->spec), "0.5.0") << "names that begin with a digit";
}

TEST(CdiDocument, OfASingleGpuStillSaysWhoseNodeItIs) {
  const auto document = make_cdi_document(sample_inventory(1), {}, kHook);
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_THAT(nodes_of(document->spec, "0"), ElementsAre("/dev/nvidia0"));
}

TEST(CdiDocument, OffersAllCapabilitiesButThose32BitsNeed) {
  const auto document = make_cdi_document(sample_inventory(1), {}, kHook);
  ASSERT_TRUE(document) << document.error().message;
  for (const auto* const library : {"/usr/lib64/libcuda.so.1", "libnvidia-encode", "libGLX_nvidia",
                                    "libnvidia-ngx", "libnvidia-ml"}) {
    EXPECT_TRUE(mounts(document->spec, library)) << library;
  }
  EXPECT_FALSE(mounts(document->spec, "/usr/local/nvidia/lib"));
  Config config;
  config.accept.supported = {Capability::kUtility};
  const auto utility = make_cdi_document(sample_inventory(1), config, kHook);
  ASSERT_TRUE(utility) << utility.error().message;
  EXPECT_FALSE(mounts(utility->spec, "libcuda.so.1"));
}

TEST(CdiDocument, LeavesOutWhatTheDriverLacks) {
  Inventory inventory = sample_inventory(2);
  std::erase_if(inventory.libraries,
                [](const Library& library) { return library.name == "libcuda"; });
  inventory.gpus[1].broken = "no device node";
  const auto document = make_cdi_document(inventory, {}, kHook);
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_THAT(document->decisions, Contains(Decides("compute", "left out", "libcuda")));
  EXPECT_THAT(document->decisions, Contains(Decides("GPU 1", "left out", "no device node")));
  EXPECT_TRUE(mounts(document->spec, "libnvidia-ml"));
  EXPECT_THAT(document->gpus, ElementsAre(0U));
  EXPECT_THAT(nodes_of(document->spec, "all"), ElementsAre("/dev/nvidia0"));
}

TEST(CdiDocument, FailsWhereNoGpuCanBeGiven) {
  Inventory inventory = sample_inventory(1);
  inventory.gpus[0].broken = "no device node";
  EXPECT_THAT(make_cdi_document(inventory, {}, kHook),
              FailsWith(ErrorCode::kUnavailable, "no device node"));
  EXPECT_THAT(make_cdi_document(sample_inventory(0), {}, kHook),
              FailsWith(ErrorCode::kUnavailable, "no GPU"));
  inventory.kernel_module_loaded = false;
  EXPECT_THAT(make_cdi_document(inventory, {}, kHook),
              FailsWith(ErrorCode::kUnavailable, "kernel module"));
}

TEST(CdiDocument, CallsTheHookAsTheConfigSays) {
  const auto args = [](const Config& config, const std::string& program) {
    const auto document = make_cdi_document(sample_inventory(1), config, program);
    if (!document || document->spec.edits.hooks.empty()) return std::vector<std::string>{};
    return document->spec.edits.hooks.front().args;
  };
  EXPECT_THAT(args({}, kHook), Contains("--cuda-compat=550.163.01"));
  EXPECT_THAT(args({}, ""), IsEmpty());
  Config config;
  config.policy.cuda_compat = CudaCompatMode::kDisabled;
  EXPECT_THAT(args(config, kHook), ::testing::Not(Contains("--cuda-compat=550.163.01")));
}

TEST(LookForCdi, SaysThatUuidsAreNotKnown) {
  const DriverRootTree node = DriverRootTree::from_fixture("rhel");
  Config config;
  config.roots = node.roots();
  Decisions notes;
  const auto inventory = look_for_cdi(config, MayPrepare::kNo, notes);
  ASSERT_TRUE(inventory) << inventory.error().message;
  EXPECT_THAT(inventory->gpus, ::testing::Not(IsEmpty()));
}

}  // namespace
}  // namespace nvinject::cli
