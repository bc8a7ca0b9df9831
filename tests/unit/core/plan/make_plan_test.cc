// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include "core/plan/plan.h"
#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"
#include "tests/unit/core/plan/grant_and_plan.h"

namespace nvinject {
namespace {

using ::testing::Contains;
using testing::Decides;
using testing::device_paths;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::Field;
using testing::grant_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::mounted_names;
using ::testing::Not;
using testing::sample_inventory;
using ::testing::SizeIs;
using testing::Succeeds;
using enum Capability;

ImageFacts debian_image() {
  ImageFacts image;
  image.known = true;
  image.libc_directory = ContainerPath("/usr/lib/x86_64-linux-gnu");
  image.libc_directory_32 = ContainerPath("/usr/lib/i386-linux-gnu");
  image.has_ld_cache = true;
  image.libc = "glibc";
  return image;
}

// The plan for GPU 0 and 1 of a sound node.
InjectionPlan plan_for(CapabilitySet capabilities, const ImageFacts& image = debian_image(),
                       const Policy& policy = {}) {
  const Inventory inventory = sample_inventory(2);
  const auto plan = make_plan(grant_of(capabilities, inventory), inventory, image, policy);
  EXPECT_THAT(plan, Succeeds());
  return plan ? *plan : InjectionPlan{};
}

TEST(MakePlan, OfNothingIsNothing) {
  const auto plan = make_plan(Grant{}, Inventory{}, ImageFacts{}, Policy{});
  ASSERT_THAT(plan, Succeeds());
  EXPECT_EQ(*plan, InjectionPlan{});
}

TEST(MakePlan, BringsTheNodesOfEachCapability) {
  struct Row {
    Capability capability;
    std::vector<std::string> control_nodes;
  };
  const std::string ctl = "/dev/nvidiactl";
  const std::string uvm = "/dev/nvidia-uvm";
  const std::string tools = "/dev/nvidia-uvm-tools";
  const std::string modeset = "/dev/nvidia-modeset";
  for (const Row& row :
       {Row{kUtility, {ctl}}, Row{kCompute, {ctl, uvm, tools}}, Row{kVideo, {ctl, uvm, tools}},
        Row{kGraphics, {ctl, modeset}}, Row{kDisplay, {ctl, modeset}}, Row{kNgx, {ctl}}}) {
    std::vector<std::string> expected = row.control_nodes;
    expected.insert(expected.end(), {"/dev/nvidia0", "/dev/nvidia1"});
    // compute and utility may need their library, which the sample node has
    EXPECT_EQ(device_paths(plan_for({row.capability})), expected) << to_string({row.capability});
  }
}

TEST(MakePlan, BringsTheLibrariesOfEachCapability) {
  EXPECT_THAT(mounted_names(plan_for({kUtility})),
              ElementsAre("libnvidia-ml.so.1", "nvidia-smi", "socket"));
  EXPECT_THAT(mounted_names(plan_for({kCompute})),
              ElementsAre("libcuda.so.1", "libcuda.so", "libnvidia-nvvm.so.4",
                          "libnvidia-nvvm.so.550.163.01", "nvidia-cuda-mps-control"));
  EXPECT_THAT(mounted_names(plan_for({kVideo})), Contains("libnvidia-encode.so.1"));
  EXPECT_THAT(mounted_names(plan_for({kGraphics})),
              ElementsAre("libGLX_nvidia.so.0", "libGLX_indirect.so.0"));
  EXPECT_THAT(mounted_names(plan_for({kNgx})), ElementsAre("libnvidia-ngx.so.1"));
}

TEST(MakePlan, LeavesOutSocketsThatNobodyIsToGet) {
  const Policy policy{.omitted_sockets = {"/run/nvidia-persistenced/socket"}};
  EXPECT_THAT(mounted_names(plan_for({kUtility}, debian_image(), policy)),
              ElementsAre("libnvidia-ml.so.1", "nvidia-smi"));
}

TEST(MakePlan, Brings32BitLibrariesOnlyWithCompat32) {
  const auto count_32 = [](const InjectionPlan& plan) {
    return std::count_if(plan.mounts.begin(), plan.mounts.end(), [](const PlannedMount& mount) {
      return mount.destination.string().starts_with("/usr/lib/i386-linux-gnu/");
    });
  };
  EXPECT_EQ(count_32(plan_for({kCompute})), 0);
  EXPECT_EQ(count_32(plan_for({kCompute, kCompat32})), 2);
}

TEST(MakePlan, NamesNodesByMinorAndNumbersThemAsTheHostDoes) {
  Inventory inventory = sample_inventory(1);
  inventory.gpus[0].minor = 5;
  inventory.gpus[0].node = DeviceNodeFacts{.number = {240, 5}, .mode = 0640, .uid = 1, .gid = 0};
  const auto plan = make_plan(grant_of({kUtility}, inventory), inventory, debian_image(), {});
  ASSERT_THAT(plan, Succeeds());
  const PlannedDevice& device = plan->devices.back();
  EXPECT_EQ(device.path, ContainerPath("/dev/nvidia5"));
  EXPECT_EQ(device.node, *inventory.gpus[0].node);
  EXPECT_EQ(device.access, "rw") << "a container makes no nodes";
}

TEST(MakePlan, BringsNoGpuNodesForTheDriverOnly) {
  const Inventory inventory = sample_inventory(2);
  Grant grant = grant_of({kUtility}, inventory);
  grant.scope = DeviceScope::kDriverOnly;
  grant.gpus.clear();
  const auto plan = make_plan(grant, inventory, debian_image(), {});
  ASSERT_THAT(plan, Succeeds());
  EXPECT_THAT(device_paths(*plan), ElementsAre("/dev/nvidiactl"));
  EXPECT_THAT(mounted_names(*plan), Contains("libnvidia-ml.so.1"));
}

TEST(MakePlan, FailsWithoutTheLibraryThatACapabilityIsAbout) {
  struct Row {
    CapabilitySet capabilities;
    const char* library;
  };
  for (const Row& row :
       {Row{{kCompute}, "libcuda"}, Row{{kVideo}, "libcuda"}, Row{{kUtility}, "libnvidia-ml"}}) {
    Inventory inventory = sample_inventory(1);
    std::erase_if(inventory.libraries, [&](const Library& library) {
      return library.name == row.library && library.elf_class == ElfClass::k64;
    });
    EXPECT_THAT(make_plan(grant_of(row.capabilities, inventory), inventory, debian_image(), {}),
                FailsWith(ErrorCode::kUnavailable, row.library))
        << "a 32-bit libcuda is no substitute";
    EXPECT_THAT(make_plan(grant_of({kNgx}, inventory), inventory, debian_image(), {}), Succeeds());
  }
}

TEST(MakePlan, FailsWithoutANodeThatACapabilityNeeds) {
  struct Row {
    const char* node;
    CapabilitySet capabilities;
  };
  for (const Row& row :
       {Row{"nvidiactl", {kUtility}}, Row{"nvidia-uvm", {kCompute}}, Row{"nvidia-uvm", {kVideo}}}) {
    Inventory inventory = sample_inventory(1);
    std::erase_if(inventory.control_nodes,
                  [&](const ControlNode& node) { return node.name == row.node; });
    EXPECT_THAT(make_plan(grant_of(row.capabilities, inventory), inventory, debian_image(), {}),
                FailsWith(ErrorCode::kUnavailable, std::string("/dev/") + row.node));
  }
}

TEST(MakePlan, GoesWithoutANodeThatIsOnlyNice) {
  Inventory inventory = sample_inventory(1);
  std::erase_if(inventory.control_nodes, [](const ControlNode& node) {
    return node.name == "nvidia-uvm-tools" || node.name == "nvidia-modeset";
  });
  const auto plan =
      make_plan(grant_of({kCompute, kGraphics}, inventory), inventory, debian_image(), {});
  ASSERT_THAT(plan, Succeeds());
  EXPECT_THAT(plan->decisions, Contains(Decides("/dev/nvidia-uvm-tools", "missing", "")));
  EXPECT_THAT(plan->decisions, Contains(Decides("/dev/nvidia-modeset", "missing", "")));
}

TEST(MakePlan, AddsTheGroupThatOwnsTheNodes) {
  struct Row {
    const char* name;
    DeviceNodeFacts node;
    std::vector<gid_t> groups;
  };
  const Row rows[] = {
      {"open to all", {.number = {195, 0}, .mode = 0666, .gid = 985}, {}},
      {"open to the group", {.number = {195, 0}, .mode = 0660, .gid = 985}, {985}},
      {"the group of root", {.number = {195, 0}, .mode = 0660, .gid = 0}, {}},
      {"the owner only", {.number = {195, 0}, .mode = 0600, .gid = 985}, {}},
      {"the group may only read", {.number = {195, 0}, .mode = 0640, .gid = 985}, {}},
      {"all may only read", {.number = {195, 0}, .mode = 0664, .gid = 985}, {985}},
  };
  for (const Row& row : rows) {
    Inventory inventory = sample_inventory(2);
    for (Gpu& gpu : inventory.gpus) gpu.node = row.node;
    const Grant grant = grant_of({kUtility}, inventory);
    const auto plan = make_plan(grant, inventory, debian_image(), {});
    ASSERT_THAT(plan, Succeeds());
    EXPECT_EQ(plan->additional_gids, row.groups) << row.name;

    const auto without = make_plan(grant, inventory, debian_image(), {.additional_gids = false});
    ASSERT_THAT(without, Succeeds());
    EXPECT_THAT(without->additional_gids, IsEmpty());
    const auto refused = Contains(Decides("/dev/nvidia0", "group not added", "no-additional-gids"));
    if (row.groups.empty()) {
      EXPECT_THAT(without->decisions, Not(refused)) << row.name;
    } else {
      EXPECT_THAT(without->decisions, refused) << row.name;
    }
  }
}

template <class Step>
std::vector<Step> steps_of(const InjectionPlan& plan) {
  std::vector<Step> steps;
  for (const InRootStep& step : plan.in_root_steps) {
    if (const Step* const one = std::get_if<Step>(&step)) steps.push_back(*one);
  }
  return steps;
}

TEST(MakePlan, ShowsTheContainerOnlyItsOwnGpusInProc) {
  const Inventory inventory = sample_inventory(2);
  const InjectionPlan plan = plan_for({kUtility});
  ASSERT_THAT(steps_of<MaskDriverProc>(plan), SizeIs(1));
  EXPECT_THAT(steps_of<MaskDriverProc>(plan)[0].bus_ids,
              ElementsAre(inventory.gpus[0].bus_id, inventory.gpus[1].bus_id));
  EXPECT_THAT(steps_of<HideGpusFromEgl>(plan), IsEmpty());
}

TEST(MakePlan, ShowsEglOnlyItsOwnGpus) {
  const InjectionPlan plan = plan_for({kGraphics});
  ASSERT_THAT(steps_of<HideGpusFromEgl>(plan), SizeIs(1));
  EXPECT_THAT(steps_of<HideGpusFromEgl>(plan)[0].visible_minors, ElementsAre(0U, 1U));
}

TEST(MakePlan, MergesTheLdCacheOfAnImageThatHasOne) {
  const InjectionPlan plan = plan_for({kUtility});
  ASSERT_THAT(steps_of<MergeLdCache>(plan), SizeIs(1));
  EXPECT_EQ(steps_of<MergeLdCache>(plan)[0].entries,
            (std::vector<LdCacheEntry>{{.flags = native_ld_cache_flags(),
                                        .soname = "libnvidia-ml.so.1",
                                        .path = "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"}}));
}

TEST(MakePlan, LeavesTheLdCacheAlone) {
  ImageFacts without_cache = debian_image();
  without_cache.has_ld_cache = false;
  ImageFacts musl;
  musl.known = true;
  struct Row {
    const char* name;
    ImageFacts image;
    LdCachePolicy policy;
    const char* choice;  // null: nothing is said
  };
  const Row rows[] = {
      {"the policy is off", debian_image(), LdCachePolicy::kOff, "left"},
      {"the image has none", without_cache, LdCachePolicy::kWrite, "skipped"},
      {"nobody looked", ImageFacts{}, LdCachePolicy::kWrite, nullptr},
      {"no glibc", musl, LdCachePolicy::kWrite, nullptr},
  };
  for (const Row& row : rows) {
    const InjectionPlan plan = plan_for({kUtility}, row.image, {.ld_cache = row.policy});
    EXPECT_THAT(steps_of<MergeLdCache>(plan), IsEmpty()) << row.name;
    if (row.choice != nullptr) {
      EXPECT_THAT(plan.decisions, Contains(Decides("/etc/ld.so.cache", row.choice, "")))
          << row.name;
    }
  }
}

TEST(MakePlan, MountsSocketsSoThatTheyCanBeConnectedTo) {
  const InjectionPlan plan = plan_for({kUtility});
  const PlannedMount& socket = plan.mounts.back();
  EXPECT_EQ(socket.destination, ContainerPath("/run/nvidia-persistenced/socket"));
  EXPECT_THAT(socket.options, ElementsAre("nosuid", "nodev", "noexec", "bind", "rprivate"));
  EXPECT_EQ(socket.need, Need::kWherePossible);
}

TEST(MakePlan, SaysWhatOfGraphicsIsNotThereYet) {
  EXPECT_THAT(plan_for({kGraphics}).decisions, Contains(Decides("/dev/dri", "not injected", "")));
  EXPECT_THAT(plan_for({kDisplay}).decisions,
              Contains(Decides("graphics configuration", "not injected", "")));
  EXPECT_THAT(plan_for({kCompute}).decisions,
              Not(Contains(Decides("/dev/dri", "not injected", ""))));
}

ImageFacts image_with_compat() {
  ImageFacts image = debian_image();
  image.cuda_compat.emplace();
  image.cuda_compat->directory = ContainerPath("/usr/local/cuda/compat");
  image.cuda_compat->version = "575.57.08";
  image.cuda_compat->libraries = {{"libcuda.so.575.57.08", "libcuda.so.1"}};
  return image;
}

TEST(MakePlan, PutsCudaCompatLibrariesOfTheImageFirstInItsCacheAndMountsNone) {
  const InjectionPlan plan = plan_for({kCompute}, image_with_compat());
  EXPECT_THAT(plan.decisions,
              Contains(Decides("/usr/local/cuda/compat", "before the driver's", "575.57.08")));
  ASSERT_THAT(steps_of<MergeLdCache>(plan), SizeIs(1));
  const MergeLdCache step = steps_of<MergeLdCache>(plan)[0];
  EXPECT_EQ(step.cuda_compat, ContainerPath("/usr/local/cuda/compat"));
  EXPECT_EQ(step.entries.front().path, "/usr/local/cuda/compat/libcuda.so.575.57.08");
  const InjectionPlan without = plan_for({kCompute});
  EXPECT_EQ(plan.mounts, without.mounts);
  EXPECT_EQ(plan.env, without.env);
}

TEST(MakePlan, DoesNotUseCudaCompatLibraries) {
  ImageFacts without_cache = image_with_compat();
  without_cache.has_ld_cache = false;
  ImageFacts older = image_with_compat();
  older.cuda_compat->version = "545.1";
  struct Row {
    const char* name;
    ImageFacts image;
    Policy policy;
  };
  const Row rows[] = {
      {"no cache in the image", without_cache, {}},
      {"no cache is written", image_with_compat(), {.ld_cache = LdCachePolicy::kOff}},
      {"disabled", image_with_compat(), {.cuda_compat = CudaCompatMode::kDisabled}},
      {"older than the driver", older, {}},
  };
  for (const Row& row : rows) {
    const InjectionPlan plan = plan_for({kCompute}, row.image, row.policy);
    EXPECT_THAT(plan.decisions, Contains(Decides("/usr/local/cuda/compat", "not used", "")))
        << row.name;
    for (const MergeLdCache& step : steps_of<MergeLdCache>(plan)) {
      EXPECT_THAT(step.entries,
                  Not(Contains(Field(&LdCacheEntry::path, HasSubstr("/usr/local/cuda")))))
          << row.name;
      EXPECT_TRUE(step.cuda_compat.empty()) << row.name;
    }
  }
}

TEST(MakePlan, AsksNothingOfCudaCompatForAContainerWithoutCuda) {
  EXPECT_THAT(plan_for({kUtility}, image_with_compat()).decisions,
              Not(Contains(Field(&Decision::subject, "/usr/local/cuda/compat"))));
}

TEST(MakePlan, PutsThePipesOfMpsWhereTheHostHasThem) {
  Inventory inventory = sample_inventory(1);
  inventory.sockets = {
      {"/tmp/nvidia-mps", HostPath("/run/nvidia/driver/run/mps"), DriverPath("/run/mps")}};
  for (const auto& [capability, expected] :
       {std::pair(Capability::kCompute, true), std::pair(Capability::kUtility, false)}) {
    const auto plan = make_plan(grant_of({capability}, inventory), inventory, debian_image(), {});
    ASSERT_THAT(plan, Succeeds());
    const bool found = std::any_of(plan->mounts.begin(), plan->mounts.end(), [](const auto& mount) {
      return mount.source.string() == "/run/nvidia/driver/run/mps" &&
             mount.destination == ContainerPath("/run/mps") && mount.need == Need::kWherePossible;
    });
    EXPECT_EQ(found, expected);
  }
}

TEST(MakePlan, MountsOnlyWhatTheInventoryFound) {
  const Inventory inventory = sample_inventory(1);
  const InjectionPlan plan = plan_for(CapabilitySet::all());
  for (const PlannedMount& mount : plan.mounts) {
    const auto is_source = [&](const auto& file) { return file.host_path == mount.source; };
    EXPECT_TRUE(std::any_of(inventory.libraries.begin(), inventory.libraries.end(), is_source) ||
                std::any_of(inventory.programs.begin(), inventory.programs.end(), is_source) ||
                std::any_of(inventory.sockets.begin(), inventory.sockets.end(), is_source))
        << mount.source.string();
  }
}

}  // namespace
}  // namespace nvinject
