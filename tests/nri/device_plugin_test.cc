// SPDX-License-Identifier: Apache-2.0

// nvinject-nri between a runtime and a kubelet: what the kubelet hears, and when a probe hears that
// the plugin is ready.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>

#include "proto/health.grpc.pb.h"
#include "tests/nri/daemon_fixture.h"
#include "tests/support/fake_kubelet.h"

namespace nvinject::testing {
namespace {

constexpr const char* kResource = "nvidia.com/gpu";
constexpr const char* kHealth = "unix:/run/nvinject/health.sock";

class DevicePluginDaemon : public DaemonTest {
 protected:
  void SetUp() override {
    DaemonTest::SetUp();
    if (!node_) return;
    kubelet_ = std::make_unique<FakeKubelet>(node_->tree().path("kubelet"));
    const std::string root = node_->tree().path("kubelet");
    sections_ = "[nvinject.kubelet]\nroot = \"" + root + "\"\ndevice-plugins = \"" + root +
                "/device-plugins\"\n[nvinject.device-plugin]\nenabled = true\n";
    options_.version = "2.1.9";
    listen();
  }
  void start_daemon(const std::string& more = "") {
    write_config("health = \"" + std::string(kHealth) + "\"", sections_ + more);
    daemon_.emplace(start_process());
  }
  std::size_t healthy() {
    const auto devices = kubelet_->plugins().devices(kResource);
    return static_cast<std::size_t>(std::count_if(
        devices.begin(), devices.end(), [](const FakeDevice& device) { return device.healthy; }));
  }
  // A pod whose one container has one GPU.
  KubeletResult<std::map<std::string, Allocated>> admit_one() {
    return kubelet_->admit({.name = "sample",
                            .uid = "uid-1",
                            .containers = {{.name = "main", .resource = kResource, .count = 1}}});
  }
  static bool is_ready() {
    using grpc::health::v1::HealthCheckResponse;
    const auto stub = grpc::health::v1::Health::NewStub(
        grpc::CreateChannel(kHealth, grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    HealthCheckResponse response;
    return stub->Check(&context, {}, &response).ok() &&
           response.status() == HealthCheckResponse::SERVING;
  }

  std::unique_ptr<FakeKubelet> kubelet_;
  std::string sections_;
};

TEST_F(DevicePluginDaemon, RuntimeFirstThenKubeletThenReady) {
  kubelet_->start();
  start_daemon();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(kubelet_->plugins().registrations(kResource), 0U) << "no runtime has it yet";
  meet();
  ASSERT_TRUE(eventually([this] { return healthy() == 2; }));
  EXPECT_TRUE(eventually(is_ready));
  kubelet_->stop();
  EXPECT_TRUE(eventually([] { return !is_ready(); }));
  kubelet_->start();
  EXPECT_TRUE(eventually(is_ready));
}

TEST_F(DevicePluginDaemon, ALostRuntimeHoldsContainersUpAndLeavesTheDevicesHealthy) {
  kubelet_->start();
  start_daemon();
  meet();
  ASSERT_TRUE(eventually([this] { return healthy() == 2; }));
  const auto admitted = admit_one();
  ASSERT_TRUE(admitted) << admitted.error();
  EXPECT_EQ(admitted->at("main").mounts.size(), 1U) << "the gate";
  EXPECT_TRUE(kubelet_->pre_start("uid-1", "main"));
  runtime_->close();
  EXPECT_TRUE(eventually([this] { return !kubelet_->pre_start("uid-1", "main"); }));
  EXPECT_EQ(healthy(), 2U);
  EXPECT_FALSE(is_ready());
  listen();
  meet();
  EXPECT_TRUE(eventually([this] { return kubelet_->pre_start("uid-1", "main").has_value(); }));
  EXPECT_TRUE(eventually(is_ready));
}

TEST_F(DevicePluginDaemon, AnOldRuntimeGetsNoGate) {
  kubelet_->start();
  options_.version = "1.7.24";
  listen();
  start_daemon("replicas = 2\n");
  meet();
  ASSERT_TRUE(eventually([this] { return healthy() == 4; }));
  const auto admitted = admit_one();
  ASSERT_TRUE(admitted) << admitted.error();
  EXPECT_TRUE(admitted->at("main").mounts.empty());
}

// There is no gate that would hold it up.
TEST_F(DevicePluginDaemon, BeforeItsEndWhoWasToldToStartIsServedAndNobodyElseStarts) {
  kubelet_->start();
  options_.version = "1.7.24";
  listen();
  start_daemon();
  meet();
  ASSERT_TRUE(eventually([this] { return healthy() == 2; }));
  const auto admitted = admit_one();
  ASSERT_TRUE(admitted) << admitted.error();
  ASSERT_TRUE(kubelet_->pre_start("uid-1", "main"));
  daemon_->signal(SIGTERM);
  std::string held;
  EXPECT_TRUE(eventually([&] {
    const auto asked = kubelet_->pre_start("uid-1", "main");
    held = asked ? "" : asked.error();
    return !asked;
  }));
  EXPECT_THAT(held, ::testing::HasSubstr("not connected to the container runtime"));
  expect_served("0");
  EXPECT_EQ(exit_status(*daemon_), 0);
}

// As after a boot on which nobody has used a GPU yet.
TEST_F(DevicePluginDaemon, GpusThatHaveNoNameYetAreOfferedWhenTheyHave) {
  const std::string gpus = "proc/driver/nvidia/gpus/";
  std::map<std::string, std::string> warm;
  for (const char* const bus_id : {"0000:17:00.0", "0000:65:00.0"}) {
    const std::string path = gpus + bus_id + "/information";
    warm[path] = node_->tree().read(path);
    std::string cold = warm[path];
    cold.replace(cold.find("GPU-"), 12, "GPU-?");
    node_->tree().file(path, cold);
  }
  kubelet_->start();
  start_daemon();
  meet();
  EXPECT_TRUE(has_logged("level=error msg=\"GPUs are not offered to the kubelet\" gpus=0,1"));
  EXPECT_FALSE(is_ready());
  for (const auto& [path, text] : warm) node_->tree().file(path, text);
  daemon_->signal(SIGHUP);
  EXPECT_TRUE(eventually(is_ready));
  EXPECT_EQ(healthy(), 2U);
}

// A cluster has nodes without GPUs, too, and often without NRI: a rollout must not wait for them.
TEST_F(DevicePluginDaemon, ANodeWithoutAGpuIsReadyAndHasNothingToServe) {
  node_->tree().directory("pci");
  machine_->bind(node_->tree().path("pci"), "/sys/bus/pci/devices");
  std::filesystem::remove_all(node_->tree().path("proc/driver/nvidia"));
  runtime_.reset();
  std::filesystem::remove(socket());
  kubelet_->start();
  start_daemon();
  EXPECT_TRUE(has_logged("nothing to serve: no NVIDIA GPU on this node"));
  EXPECT_TRUE(eventually(is_ready));
  node_->tree().file("pci/0000:17:00.0/vendor", "0x10de\n");
  node_->tree().file("pci/0000:17:00.0/class", "0x030200\n");
  daemon_->signal(SIGHUP);
  EXPECT_TRUE(has_logged("not ready: no driver shows the GPUs of this node"));
  EXPECT_TRUE(eventually([] { return !is_ready(); }));
  listen();
  meet();
  EXPECT_FALSE(is_ready()) << "a runtime is no driver";
  EXPECT_EQ(kubelet_->plugins().registrations(kResource), 0U);
}

// The module nvidia-uvm, which is loaded by itself, may come late or be unloaded.
TEST_F(DevicePluginDaemon, WithoutUnifiedMemoryNoGpuIsHealthyUntilItHasCome) {
  const std::string devices = node_->tree().read("proc/devices");
  std::string without = devices;
  const std::size_t line = without.find("511 nvidia-uvm\n");
  without.erase(line, 15);
  const auto is_kept_back = [] {
    const auto report = status();
    return report && !report->gpus.empty() &&
           report->gpus[0].kept_back.find("nvidia-uvm") != std::string::npos;
  };
  node_->tree().file("proc/devices", without);
  kubelet_->start();
  start_daemon();
  meet();
  EXPECT_TRUE(has_logged("reason=\"/dev/nvidia-uvm, which every container with a GPU needs"));
  EXPECT_TRUE(eventually([this] { return kubelet_->plugins().devices(kResource).size() == 2; }));
  EXPECT_EQ(healthy(), 0U);
  EXPECT_TRUE(is_kept_back());
  node_->tree().file("proc/devices", devices);
  daemon_->signal(SIGHUP);
  EXPECT_TRUE(eventually([this] { return healthy() == 2; }));
  // It may come back: whoever asks is told at once, the kubelet after a minute.
  node_->tree().file("proc/devices", without);
  daemon_->signal(SIGHUP);
  EXPECT_TRUE(eventually(is_kept_back));
  EXPECT_EQ(healthy(), 2U);
}

TEST_F(DevicePluginDaemon, AtItsEndTheKubeletIsLetGo) {
  kubelet_->start();
  start_daemon();
  meet();
  ASSERT_TRUE(eventually([this] { return healthy() == 2; }));
  daemon_->signal(SIGTERM);
  EXPECT_EQ(exit_status(*daemon_), 0);
  EXPECT_TRUE(eventually([this] { return healthy() == 0; }));
}

}  // namespace
}  // namespace nvinject::testing
