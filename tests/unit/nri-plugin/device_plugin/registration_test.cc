// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/registration.h"

#include <gmock/gmock.h>

#include <chrono>

#include "tests/support/fake_plugin_registry.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using testing::FailsWith;

TEST(Registration, FailsAtOnceWithoutAKubelet) {
  const testing::TempTree tree;
  Registration registration;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(registration.call(tree.path("kubelet.sock"), "x.sock", "nvidia.com/gpu"),
              FailsWith(ErrorCode::kUnavailable, "kubelet.sock"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(Registration, SaysWhatTheKubeletSays) {
  const testing::TempTree tree;
  testing::FakePluginRegistry kubelet(tree.path());
  kubelet.start();
  Registration registration;
  EXPECT_THAT(registration.call(tree.path("kubelet.sock"), "a/b", "nvidia.com/gpu"),
              FailsWith(ErrorCode::kUnavailable, "invalid endpoint"));
  registration.cancel();
  EXPECT_THAT(registration.call(tree.path("kubelet.sock"), "x.sock", "nvidia.com/gpu"),
              FailsWith(ErrorCode::kUnavailable, "ending"));
}

}  // namespace
}  // namespace nvinject::nri
