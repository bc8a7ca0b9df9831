// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline/cdi_doubts.h"

#include <gmock/gmock.h>

#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using nvinject::testing::Decides;
using nvinject::testing::DriverRootTree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Decisions doubts(const std::string& name, const std::vector<std::string>& nodes) {
  const DriverRootTree node = DriverRootTree::from_fixture("mig");
  CdiEdits edits;
  for (const std::string& path : nodes) {
    edits.device_nodes.push_back({.path = path, .host_path = {}, .type = {}});
  }
  return doubt_cdi_files({{.kind = DeviceIdKind::kCdiName, .text = "nvidia.com/gpu=" + name}},
                         edits, node.roots());
}

TEST(DoubtCdiFiles, TrustsWhatThePlanWouldGive) {
  EXPECT_THAT(doubts("0", {"/dev/nvidiactl", "/dev/nvidia0"}), IsEmpty());
  EXPECT_THAT(doubts("all", {"/dev/nvidia0", "/dev/nvidia1", "/dev/nvidia-caps/nvidia-cap201",
                             "/dev/nvidia-caps/nvidia-cap202", "/dev/nvidia-caps/nvidia-cap203",
                             "/dev/nvidia-caps/nvidia-cap219", "/dev/nvidia-caps/nvidia-cap220"}),
              IsEmpty());
  EXPECT_THAT(doubt_cdi_files({}, {}, {}), IsEmpty());
}

TEST(DoubtCdiFiles, SaysThatItIsAnotherGpuOrLayout) {
  EXPECT_THAT(doubts("0", {"/dev/nvidia1"}),
              ElementsAre(Decides("nvidia.com/gpu", "doubtful",
                                  "give /dev/nvidia1, this machine has /dev/nvidia0")));
  EXPECT_THAT(doubts("all", {"/dev/nvidia0", "/dev/nvidia1"}),
              ElementsAre(Decides("nvidia.com/gpu", "doubtful", "nvidia-cap201")));
  EXPECT_THAT(doubts("7", {"/dev/nvidia7"}),
              ElementsAre(Decides("nvidia.com/gpu", "doubtful", "unknown device")));
}

// The number of a MIG device is the driver's own.
TEST(DoubtCdiFiles, AsksNobodyForNames) { EXPECT_THAT(doubts("1:0", {"/dev/nvidia1"}), IsEmpty()); }

}  // namespace
}  // namespace nvinject
