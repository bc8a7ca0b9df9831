// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/device_plugin.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/support/eventually.h"
#include "tests/support/fake_kubelet.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using testing::eventually;
using testing::FakeDevice;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::Succeeds;
using ::testing::UnorderedElementsAre;

constexpr const char* kResource = "nvidia.com/gpu";

template <class T>
std::string problem_of(const testing::KubeletResult<T>& result) {
  return result ? "" : result.error();
}

class DevicePluginTest : public ::testing::Test {
 protected:
  DevicePluginTest() {
    state_.offer.gpus = {{.uuid = "GPU-a", .numa_node = 1}, {.uuid = "GPU-b", .index = 1}};
    state_.ready = true;
    state_.gate = true;
  }
  void begin() {
    options_.directory = tree_.host("device-plugins");
    options_.resource = kResource;
    auto plugin = DevicePlugin::start(options_);
    ASSERT_THAT(plugin, Succeeds());
    plugin_ = *std::move(plugin);
    plugin_->set_state(state_);
  }
  [[nodiscard]] std::vector<std::string> healthy() {
    std::vector<std::string> ids;
    for (const FakeDevice& device : kubelet_.plugins().devices(kResource)) {
      if (device.healthy) ids.push_back(device.id);
    }
    return ids;
  }
  [[nodiscard]] bool becomes_known() {
    return eventually([this] { return plugin_->status().known && healthy().size() == 2; });
  }
  [[nodiscard]] static testing::PodWish wish(unsigned count) {
    return {.name = "train",
            .uid = "uid-1",
            .containers = {{.name = "main", .resource = kResource, .count = count}}};
  }

  testing::TempTree tree_;
  testing::FakeKubelet kubelet_{tree_.path()};
  DevicePluginOptions options_;
  DeviceState state_;
  std::unique_ptr<DevicePlugin> plugin_;
};

TEST_F(DevicePluginTest, TheKubeletKnowsEachGpuAndItsNumaNode) {
  kubelet_.start();
  begin();
  ASSERT_TRUE(becomes_known());
  const auto devices = kubelet_.plugins().devices(kResource);
  ASSERT_THAT(devices, SizeIs(2));
  EXPECT_EQ(devices[0].id, "GPU-a");
  EXPECT_THAT(devices[0].numa_nodes, ElementsAre(1));
  EXPECT_THAT(devices[1].numa_nodes, IsEmpty());
  EXPECT_EQ(kubelet_.plugins().registrations(kResource), 1U);
  EXPECT_TRUE(kubelet_.plugins().options(kResource).pre_start_required);
}

TEST_F(DevicePluginTest, NothingIsRegisteredBeforeTheRuntimeHasUs) {
  kubelet_.start();
  state_.ready = false;
  begin();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(kubelet_.plugins().registrations(kResource), 0U);
  state_.ready = true;
  plugin_->set_state(state_);
  EXPECT_TRUE(becomes_known());
}

TEST_F(DevicePluginTest, APodIsGivenItsGpuAndTheGate) {
  kubelet_.start();
  begin();
  ASSERT_TRUE(becomes_known());
  const auto admitted = kubelet_.admit(wish(2));
  ASSERT_TRUE(admitted) << admitted.error();
  const testing::Allocated& main = admitted->at("main");
  EXPECT_EQ(main.env.at("NVIDIA_VISIBLE_DEVICES"), "GPU-a,GPU-b");
  EXPECT_EQ(main.env.at("NVINJECT_ALLOCATED"), "GPU-a,GPU-b");
  ASSERT_THAT(main.mounts, SizeIs(1));
  EXPECT_EQ(main.mounts[0].destination, "/proc/nvinject-gate");
  EXPECT_THAT(main.devices, IsEmpty());
  EXPECT_THAT(problem_of(kubelet_.admit(wish(1))), HasSubstr("unavailable"));
}

TEST_F(DevicePluginTest, ContainersWaitWhileTheRuntimeHasUsNotAndPodsAreAdmitted) {
  kubelet_.start();
  begin();
  ASSERT_TRUE(becomes_known());
  state_.ready = false;
  state_.gate = false;
  plugin_->set_state(state_);
  ASSERT_TRUE(eventually(
      [this] { return !kubelet_.plugins().pre_start(kResource, {"GPU-a"}).has_value(); }));
  EXPECT_THAT(healthy(), SizeIs(2));
  const auto admitted = kubelet_.admit(wish(1));
  ASSERT_TRUE(admitted) << admitted.error();
  EXPECT_THAT(admitted->at("main").mounts, IsEmpty());
  EXPECT_THAT(problem_of(kubelet_.pre_start("uid-1", "main")), HasSubstr("NRI"));
  state_.ready = true;
  plugin_->set_state(state_);
  EXPECT_TRUE(eventually([this] { return kubelet_.pre_start("uid-1", "main").has_value(); }));
}

TEST_F(DevicePluginTest, HealthIsToldAsItChanges) {
  kubelet_.start();
  begin();
  ASSERT_TRUE(becomes_known());
  state_.offer.gpus[0].healthy = false;
  plugin_->set_state(state_);
  EXPECT_TRUE(eventually([this] { return healthy() == std::vector<std::string>{"GPU-b"}; }));
  state_.offer.gpus[0].healthy = true;
  plugin_->set_state(state_);
  EXPECT_TRUE(eventually([this] { return healthy().size() == 2; }));
}

TEST_F(DevicePluginTest, AfterARestartOfTheKubeletItRegistersAgain) {
  kubelet_.start();
  begin();
  ASSERT_TRUE(becomes_known());
  ASSERT_TRUE(kubelet_.admit(wish(1)));
  for (int i = 0; i < 3; ++i) {
    kubelet_.restart();
    ASSERT_TRUE(becomes_known()) << i;
    EXPECT_TRUE(kubelet_.pre_start("uid-1", "main"));
  }
  EXPECT_THAT(kubelet_.allocated("uid-1", "main"), SizeIs(1));
}

TEST_F(DevicePluginTest, AKubeletThatLetsItGoIsToldAgain) {
  kubelet_.start();
  begin();
  ASSERT_TRUE(becomes_known());
  kubelet_.plugins().forget(kResource);
  EXPECT_TRUE(becomes_known());
  EXPECT_EQ(kubelet_.plugins().registrations(kResource), 2U);
}

// Its end is taken for that of the instance that has come, and then that one's end for the end of
// what registers next: who registers again at once is marked as stopped for good.
TEST_F(DevicePluginTest, AKubeletThatIsLateWithTheEndOfTheOldStreamKnowsTheNewOneInTheEnd) {
  kubelet_.start();
  begin();
  ASSERT_TRUE(becomes_known());
  kubelet_.plugins().be_late_once();
  plugin_.reset();
  begin();
  EXPECT_TRUE(eventually([this] { return !kubelet_.plugins().is_late(); }));
  EXPECT_TRUE(eventually([this] { return kubelet_.plugins().registrations(kResource) == 3; }));
  EXPECT_TRUE(becomes_known());
  EXPECT_TRUE(kubelet_.plugins().pre_start(kResource, {"GPU-a"}).has_value());
}

TEST_F(DevicePluginTest, AKubeletThatNeverWatchesItsDevicesIsToldAgain) {
  kubelet_.start();
  kubelet_.plugins().drop_next();
  options_.stream_patience = std::chrono::milliseconds(200);
  begin();
  EXPECT_TRUE(becomes_known());
  EXPECT_TRUE(kubelet_.plugins().pre_start(kResource, {"GPU-a"}).has_value());
}

TEST_F(DevicePluginTest, WhatASidecarHasOfAnInitContainerItKeeps) {
  kubelet_.start();
  begin();
  ASSERT_TRUE(becomes_known());
  using testing::ContainerKind;
  const auto admitted = kubelet_.admit(
      {.name = "train",
       .uid = "uid-1",
       .containers = {
           {.name = "load", .kind = ContainerKind::kInit, .resource = kResource, .count = 2},
           {.name = "side", .kind = ContainerKind::kSidecar, .resource = kResource, .count = 1},
           {.name = "main", .resource = kResource, .count = 1}}});
  ASSERT_TRUE(admitted) << admitted.error();
  EXPECT_EQ(admitted->at("load").env.at("NVIDIA_VISIBLE_DEVICES"), "GPU-a,GPU-b");
  EXPECT_THAT((std::vector{admitted->at("side").env.at("NVIDIA_VISIBLE_DEVICES"),
                           admitted->at("main").env.at("NVIDIA_VISIBLE_DEVICES")}),
              UnorderedElementsAre("GPU-a", "GPU-b"));
}

TEST_F(DevicePluginTest, TheCheckpointHasWhatItGaveByNumaNode) {
  kubelet_.start();
  begin();
  ASSERT_TRUE(becomes_known());
  ASSERT_TRUE(kubelet_.admit(wish(2)));
  const auto document =
      nlohmann::json::parse(tree_.read("device-plugins/kubelet_internal_checkpoint"));
  EXPECT_EQ(document["Data"]["PodDeviceEntries"][0]["DeviceIDs"],
            nlohmann::json::parse(R"({"1":["GPU-a"],"-1":["GPU-b"]})"));
}

TEST_F(DevicePluginTest, ASocketThatIsRemovedIsMadeAgain) {
  kubelet_.start();
  begin();
  ASSERT_TRUE(becomes_known());
  for (const auto& entry : std::filesystem::directory_iterator(tree_.path("device-plugins"))) {
    if (entry.path().filename().string().starts_with("nvinject-")) {
      std::filesystem::remove(entry.path());
    }
  }
  EXPECT_TRUE(eventually([this] { return kubelet_.plugins().registrations(kResource) >= 2; }));
  EXPECT_TRUE(becomes_known());
  EXPECT_TRUE(kubelet_.plugins().pre_start(kResource, {"GPU-a"}).has_value());
}

TEST_F(DevicePluginTest, TheKubeletMayComeLaterThanWe) {
  begin();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  kubelet_.start();
  EXPECT_TRUE(becomes_known());
}

TEST_F(DevicePluginTest, ANewInstanceTakesOver) {
  kubelet_.start();
  begin();
  ASSERT_TRUE(becomes_known());
  plugin_.reset();
  EXPECT_TRUE(eventually([this] { return healthy().empty(); }));
  EXPECT_THAT(problem_of(kubelet_.plugins().pre_start(kResource, {"GPU-a"})), HasSubstr("stopped"));
  begin();
  EXPECT_TRUE(becomes_known());
}

TEST_F(DevicePluginTest, AKubeletThatRefusesIsAskedAgain) {
  tree_.file("device-plugins/kubelet.sock", "");
  begin();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_FALSE(plugin_->status().known);
  ASSERT_EQ(::unlink(tree_.path("device-plugins/kubelet.sock").c_str()), 0);
  kubelet_.start();
  EXPECT_TRUE(becomes_known());
}

}  // namespace
}  // namespace nvinject::nri
