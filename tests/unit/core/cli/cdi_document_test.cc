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
using nvinject::testing::sample_mig_inventory;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const CdiDocumentOptions kHook = {.hook_program = "/usr/bin/nvinject-hook"};

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
  EXPECT_EQ(document->gpus, 1U);
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

TEST(CdiDocument, OffersAGpuInMigModeAsItsMigDevices) {
  const Inventory inventory = sample_mig_inventory();
  const auto document = make_cdi_document(inventory, {}, kHook);
  ASSERT_TRUE(document) << document.error().message;
  const CdiSpec& spec = document->spec;
  const std::string& first = inventory.gpus[1].mig_devices[0].uuid;
  EXPECT_THAT(names_in(spec), ElementsAre("0", inventory.gpus[0].uuid, "1:0", first, "1:2",
                                          inventory.gpus[1].mig_devices[1].uuid, "2",
                                          inventory.gpus[2].uuid, "all"));
  EXPECT_THAT(nodes_of(spec, "1:2"), ElementsAre("/dev/nvidia1", "/dev/nvidia-caps/nvidia-cap109",
                                                 "/dev/nvidia-caps/nvidia-cap119"));
  EXPECT_EQ(nodes_of(spec, first), nodes_of(spec, "1:0"));
  EXPECT_THAT(nodes_of(spec, "all"),
              ElementsAre("/dev/nvidia0", "/dev/nvidia1", "/dev/nvidia2",
                          "/dev/nvidia-caps/nvidia-cap107", "/dev/nvidia-caps/nvidia-cap117",
                          "/dev/nvidia-caps/nvidia-cap109", "/dev/nvidia-caps/nvidia-cap119"));
  EXPECT_EQ(document->gpus, 2U);
  EXPECT_EQ(document->mig_devices, 2U);
  EXPECT_THAT(document->decisions, IsEmpty());
  EXPECT_THAT(document->limits, Contains(Decides("GPU 1", "not named as a whole", "MIG")));
}

TEST(CdiDocument, NamesMigDevicesAsIsAskedFor) {
  const auto document =
      make_cdi_document(sample_mig_inventory(), {}, {.namings = {CdiNaming::kTypeIndex}});
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_THAT(names_in(document->spec), ElementsAre("gpu0", "mig1:0", "mig1:2", "gpu2", "all"));
}

// The place of a MIG device among those that /proc shows is not NVML's number of it: what the
// driver did not tell is no name. `all` needs none.
TEST(CdiDocument, SaysWhichNamesOfMigDevicesNobodyKnows) {
  Inventory inventory = sample_mig_inventory();
  inventory.gpus[1].mig_devices[0].uuid.clear();
  inventory.gpus[1].mig_devices[1].uuid.clear();
  inventory.gpus[1].mig_devices[1].index.reset();
  const auto document = make_cdi_document(inventory, {}, kHook);
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_THAT(names_in(document->spec),
              ElementsAre("0", inventory.gpus[0].uuid, "1:0", "2", inventory.gpus[2].uuid, "all"));
  EXPECT_THAT(nodes_of(document->spec, "all"), SizeIs(7));
  EXPECT_THAT(
      document->decisions,
      ElementsAre(
          Decides("MIG device 7/0 of GPU 1", "without a name by UUID", "did not tell"),
          Decides("MIG device 9/0 of GPU 1", "without a name by index and by UUID", "only 'all'")));
  EXPECT_FALSE(knows_every_name(inventory));
  EXPECT_TRUE(knows_every_name(sample_mig_inventory()));
}

TEST(CdiDocument, LeavesOutMigDevicesThatNobodyCanHave) {
  Inventory inventory = sample_mig_inventory();
  std::erase_if(inventory.mig_capabilities, [](const MigCapability& capability) {
    return capability.name == "gpu1/mig/gi9/ci0/access";
  });
  const auto document = make_cdi_document(inventory, {}, kHook);
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->mig_devices, 1U);
  EXPECT_THAT(nodes_of(document->spec, "all"), SizeIs(5));
  EXPECT_THAT(document->decisions,
              ElementsAre(Decides("MIG device 9/0 of GPU 1", "left out", "gi9/ci0")));
}

TEST(CdiDocument, LeavesOutAGpuInMigModeWithoutDevices) {
  Inventory inventory = sample_mig_inventory();
  inventory.gpus[1].mig_devices.clear();
  const auto document = make_cdi_document(inventory, {}, kHook);
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_THAT(nodes_of(document->spec, "all"), ElementsAre("/dev/nvidia0", "/dev/nvidia2"));
  EXPECT_THAT(document->decisions, ElementsAre(Decides("GPU 1", "left out", "no MIG devices")));
  inventory = sample_mig_inventory();
  inventory.gpus[1].uuid.clear();
  const auto nameless = make_cdi_document(inventory, {}, kHook);
  ASSERT_TRUE(nameless) << nameless.error().message;
  EXPECT_THAT(nameless->decisions, ElementsAre(Decides("GPU 1", "left out", "its UUID")));
}

TEST(CdiDocument, CallsTheHookAsTheConfigSays) {
  const auto args = [](const Config& config, const std::string& program) {
    const auto document = make_cdi_document(sample_inventory(1), config, {.hook_program = program});
    if (!document || document->spec.edits.hooks.empty()) return std::vector<std::string>{};
    return document->spec.edits.hooks.front().args;
  };
  const std::string& program = kHook.hook_program;
  EXPECT_THAT(args({}, program), Contains("--cuda-compat=550.163.01"));
  EXPECT_THAT(args({}, ""), IsEmpty());
  Config config;
  config.policy.cuda_compat = CudaCompatMode::kDisabled;
  EXPECT_THAT(args(config, program), ::testing::Not(Contains("--cuda-compat=550.163.01")));
}

TEST(LookForCdi, SaysThatNamesAreNotKnown) {
  const DriverRootTree node = DriverRootTree::from_fixture("mig");
  Config config;
  config.roots = node.roots();
  Decisions notes;
  const auto inventory = look_for_cdi(config, MayPrepare::kNo, notes);
  ASSERT_TRUE(inventory) << inventory.error().message;
  EXPECT_THAT(inventory->gpus, ::testing::Not(IsEmpty()));
  EXPECT_THAT(notes, Contains(Decides("UUIDs and indices", "not all known", "probe")));
}

}  // namespace
}  // namespace nvinject::cli
