// SPDX-License-Identifier: Apache-2.0
#include "compat/live/door_capabilities.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace nvinject::compat {
namespace {

// In a process of its own, because nothing brings a capability back: 0 when all is as it should be.
[[noreturn]] void cut_and_exit() {
  const bool cut = cut_capabilities(kDoorCapabilities).has_value();
  const bool raisable = may_raise(kDoorCapabilities);
  // What a child that is root can have: modprobe must be able to load a module.
  const bool may_load = may_raise({CAP_SYS_MODULE, CAP_SETPCAP});
  const bool may_no_more = !may_raise({CAP_SYS_BOOT});
  ::_exit(cut && raisable && may_load && may_no_more ? 0 : 1);
}

TEST(DoorCapabilities, AreEnoughForModprobeToo) {
  if (!may_raise(kDoorCapabilities)) {
    GTEST_SKIP() << "needs the capabilities of root";
  }
  EXPECT_EXIT(cut_and_exit(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace nvinject::compat
