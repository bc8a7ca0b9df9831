// SPDX-License-Identifier: Apache-2.0
#pragma once

// A runtime and our side of its connection, both in this process; the node is sample_inventory().

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/nri/patience.h"
#include "tests/support/fake_runtime.h"
#include "tests/support/sample_node.h"
#include "tests/support/sample_nri.h"
#include "tests/support/served_session.h"
#include "tests/support/temp_tree.h"

namespace nvinject::testing {

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    config_.grant.mode = PolicyMode::kEnv;
    // Looks that the plugin asks for find nothing; the test gives the snapshots.
    config_.roots.driver = empty_.host("driver");
    config_.roots.proc = empty_.host("proc");
    config_.roots.sys = empty_.host("sys");
    config_.roots.dev = empty_.host("dev");
    config_.roots.state = empty_.host("state");
    config_.kubelet = {.root = empty_.path("kubelet"),
                       .device_plugins = empty_.path("kubelet/device-plugins")};
    options_.request_timeout = kPatience;
    options_.registration_timeout = kPatience;
  }

  // Connects, without a handshake.
  void connect() {
    runtime_ = std::make_unique<FakeRuntime>(options_);
    session_ = std::make_unique<ServedSession>(config_, runtime_->adopt_pair());
  }
  // With the handshake, and a snapshot of `inventory_`.
  void start() {
    connect();
    ASSERT_EQ(runtime_->start().end, ReplyEnd::kAnswered);
    give_snapshot();
  }
  void give_snapshot() { session_->give_snapshot({.inventory = inventory_}); }

  static api::CreateContainerRequest asking_for(const std::string& gpus) {
    auto request = sample_create_request();
    request.mutable_container()->add_env("NVIDIA_VISIBLE_DEVICES=" + gpus);
    return request;
  }
  ReplyOf<api::CreateContainerResponse> create(const api::CreateContainerRequest& request) {
    return runtime_->create_container(request);
  }
  // The connection is still good.
  void expect_alive() {
    EXPECT_EQ(create(sample_create_request()).end, ReplyEnd::kAnswered);
    EXPECT_TRUE(runtime_->connected());
  }

  TempTree empty_;
  Config config_;
  RuntimeOptions options_;
  Inventory inventory_ = sample_inventory();
  std::unique_ptr<FakeRuntime> runtime_;
  std::unique_ptr<ServedSession> session_;
};

}  // namespace nvinject::testing
