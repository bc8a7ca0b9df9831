// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline/look_at_machine.h"

#include <gmock/gmock.h>

#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::testing::Contains;
using testing::Decides;
using testing::DriverRootTree;
using ::testing::IsEmpty;
using testing::Succeeds;

// A display controller of NVIDIA, and no driver: there is something to prepare.
Roots bare_node(const DriverRootTree& node) {
  Roots roots = node.roots();
  roots.state = node.tree().host("missing/state");
  return roots;
}
constexpr const char* kBareNode =
    "t sys/bus/pci/devices/0000:10:00.0/vendor \"0x10de\\n\"\n"
    "t sys/bus/pci/devices/0000:10:00.0/class \"0x030200\\n\"\n";

TEST(LookAtMachine, PreparesNothingUnlessItMay) {
  const DriverRootTree node(kBareNode);
  Decisions notes;
  const auto inventory = look_at_machine(bare_node(node), {}, MayPrepare::kNo, notes);
  ASSERT_THAT(inventory, Succeeds());
  EXPECT_FALSE(inventory->kernel_module_loaded);
  EXPECT_THAT(notes, IsEmpty());
}

TEST(LookAtMachine, APreparationThatFailsIsANote) {
  const DriverRootTree node(kBareNode);
  Decisions notes;
  EXPECT_THAT(look_at_machine(bare_node(node), {}, MayPrepare::kYes, notes), Succeeds());
  EXPECT_THAT(notes, Contains(Decides(kPreparation, "failed", "")));
}

TEST(LookAtMachine, ASoundNodeIsLeftAlone) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  Roots roots = node.roots();
  roots.state = node.tree().host("state");
  Decisions notes;
  const auto inventory = look_at_machine(roots, {}, MayPrepare::kNo, notes);
  ASSERT_THAT(inventory, Succeeds());
  EXPECT_EQ(inventory->gpus.size(), 8U);
  EXPECT_THAT(notes, IsEmpty());
}

}  // namespace
}  // namespace nvinject
