// SPDX-License-Identifier: Apache-2.0
#include "core/os/capability_sets.h"

#include <gtest/gtest.h>
#include <sys/capability.h>

#include "tests/unit/core/os/in_a_child.h"

namespace nvinject {
namespace {

using testing::in_a_child;

// The whole of it, bit by bit, as libcap sees it.
TEST(CapabilitySets, AreWhatLibcapSays) {
  CapabilitySets sets;
  ASSERT_TRUE(read_capability_sets(sets));
  const cap_t now = ::cap_get_proc();
  for (cap_value_t one = 0; one < ::cap_max_bits(); ++one) {
    const auto has = [&](cap_flag_t flag) {
      cap_flag_value_t value = CAP_CLEAR;
      return ::cap_get_flag(now, one, flag, &value) == 0 && value == CAP_SET;
    };
    EXPECT_EQ((sets.effective & capability_bit(one)) != 0, has(CAP_EFFECTIVE)) << one;
    EXPECT_EQ((sets.permitted & capability_bit(one)) != 0, has(CAP_PERMITTED)) << one;
    EXPECT_EQ((sets.inheritable & capability_bit(one)) != 0, has(CAP_INHERITABLE)) << one;
  }
  ::cap_free(now);
}

TEST(CapabilitySets, WhatIsWrittenIsWhatIsThere) {
  EXPECT_EQ(in_a_child([] {
              CapabilitySets sets;
              if (!read_capability_sets(sets)) return 1;
              // One of each word, as far as this process has them.
              const std::uint64_t kept =
                  sets.permitted & (capability_bit(CAP_CHOWN) | capability_bit(CAP_BPF));
              const CapabilitySets wanted{
                  .effective = kept, .permitted = kept, .inheritable = kept};
              if (!write_capability_sets(wanted)) return 2;
              if (!read_capability_sets(sets)) return 3;
              return sets == wanted ? 0 : 4;
            }),
            0);
}

TEST(CapabilitySets, OneThatIsNotPermittedCannotBeWritten) {
  EXPECT_EQ(in_a_child([] {
              if (!write_capability_sets({})) return 1;
              return write_capability_sets({.permitted = capability_bit(CAP_CHOWN)}) ? 2 : 0;
            }),
            0);
}

TEST(CapabilitySets, TheBoundIsWhatIsPermitted) {
  CapabilitySets now;
  ASSERT_TRUE(read_capability_sets(now));
  constexpr std::uint64_t kKept = capability_bit(CAP_CHOWN) | capability_bit(CAP_SETPCAP);
  if ((now.permitted & kKept) != kKept) GTEST_SKIP() << "needs the capabilities of root";
  EXPECT_EQ(in_a_child([] {
              if (!write_capability_sets({.permitted = kKept})) return 1;
              bound_capabilities_to_permitted();
              for (cap_value_t one = 0; one < ::cap_max_bits(); ++one) {
                const bool is_kept = (kKept & capability_bit(one)) != 0;
                if ((::cap_get_bound(one) == 1) != is_kept) return 2;
              }
              CapabilitySets after;
              if (!read_capability_sets(after)) return 3;
              return after == CapabilitySets{.permitted = kKept} ? 0 : 4;
            }),
            0);
}

TEST(CapabilitySets, WithoutTheRightToTheBoundStays) {
  EXPECT_EQ(in_a_child([] {
              const int before = ::cap_get_bound(CAP_CHOWN);
              if (!write_capability_sets({})) return 1;
              bound_capabilities_to_permitted();
              return ::cap_get_bound(CAP_CHOWN) == before ? 0 : 2;
            }),
            0);
}

}  // namespace
}  // namespace nvinject
