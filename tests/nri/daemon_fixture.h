// SPDX-License-Identifier: Apache-2.0
#pragma once

// The built nvinject-nri as a process, on a machine made of a manifest, with a runtime that is
// FakeRuntime.

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/os/unix_socket.h"
#include "core/status/status_report.h"
#include "tests/nri/patience.h"
#include "tests/support/driver_root.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_runtime.h"
#include "tests/support/plugin_process.h"
#include "tests/support/private_machine.h"
#include "tests/support/sample_nri.h"

namespace nvinject::testing {

class DaemonTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!PrivateMachine::obstacle().empty()) GTEST_SKIP() << PrivateMachine::obstacle();
    node_ = std::make_unique<DriverRootTree>(read_fixture("rhel.manifest"));
    machine_ = std::make_unique<PrivateMachine>(*node_);
    options_.request_timeout = kPatience;
    options_.registration_timeout = kPatience;
    listen();
  }
  void TearDown() override {
    if (HasFailure() && node_) std::cerr << "log:\n" << log();
  }

  void listen() {
    runtime_ = std::make_unique<FakeRuntime>(options_);
    runtime_->listen(socket());
  }
  [[nodiscard]] std::string socket() const { return node_->tree().path("nri.sock"); }
  [[nodiscard]] std::string log() const { return node_->tree().read("log"); }
  [[nodiscard]] bool has_logged(const std::string& text) const {
    return eventually([&] { return log().find(text) != std::string::npos; });
  }

  // `nvinject` is what stands below [nvinject.nri]; `others` are further sections.
  void write_config(const std::string& nri = "", const std::string& others = "") const {
    node_->tree().file("config.toml",
                       "[nvidia-container-cli]\nroot = \"" + driver_root_or_tree() + "\"\n" +
                           "[nvinject.policy]\nmode = \"env\"\n[nvinject.nri]\nsocket = \"" +
                           socket() + "\"\n" + nri + "\n" + others);
  }
  [[nodiscard]] std::string driver_root_or_tree() const {
    return driver_root_.empty() ? node_->tree().path() : driver_root_;
  }
  [[nodiscard]] PluginProcess start_process() const {
    return PluginProcess::start({NVINJECT_NRI, "--config", node_->tree().path("config.toml")},
                                environment_, node_->tree().path("log"));
  }

  // A daemon that is registered and synchronised.
  void start(const std::string& nri = "") {
    write_config(nri);
    daemon_.emplace(start_process());
    meet();
  }
  void meet() {
    ASSERT_TRUE(runtime_->accept(kPatience)) << log();
    ASSERT_EQ(runtime_->start().end, ReplyEnd::kAnswered);
  }

  [[nodiscard]] static std::optional<StatusReport> status() {
    const auto fd = connect_unix(HostPath("/run/nvinject/status.sock"), kPatience);
    if (!fd) return std::nullopt;
    const auto text = read_to_end(fd->get(), "status", kMaxStatusBytes, kPatience);
    if (!text) return std::nullopt;
    auto report = parse_status(*text);
    return report ? std::optional(*report) : std::nullopt;
  }
  static bool generation_passes(std::uint64_t generation) {
    return eventually([&] {
      const auto report = status();
      return report && report->inventory_generation > generation;
    });
  }

  static api::CreateContainerRequest asking_for(const std::string& gpus) {
    auto request = sample_create_request();
    request.mutable_container()->add_env("NVIDIA_VISIBLE_DEVICES=" + gpus);
    return request;
  }
  void expect_served(const std::string& gpus = "0") {
    const auto reply = runtime_->create_container(asking_for(gpus));
    EXPECT_EQ(reply.end, ReplyEnd::kAnswered) << reply.text;
    EXPECT_GT(reply.message.adjust().linux().devices_size(), 0);
  }
  // Of a daemon that was told to end, or ended itself.
  static std::optional<int> exit_status(PluginProcess& process) {
    const auto status = process.wait(kPatience);
    if (!status || !WIFEXITED(*status)) return std::nullopt;
    return WEXITSTATUS(*status);
  }

  RuntimeOptions options_;
  std::string driver_root_;               // empty: the tree
  std::vector<std::string> environment_;  // of the daemon
  std::unique_ptr<DriverRootTree> node_;
  std::unique_ptr<PrivateMachine> machine_;
  std::unique_ptr<FakeRuntime> runtime_;
  std::optional<PluginProcess> daemon_;
};

}  // namespace nvinject::testing
