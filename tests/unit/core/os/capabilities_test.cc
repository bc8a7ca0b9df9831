// SPDX-License-Identifier: Apache-2.0
#include "core/os/capabilities.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>

namespace nvinject {
namespace {

bool has(cap_flag_t flag, cap_value_t capability) {
  const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)> now(::cap_get_proc(),
                                                                          ::cap_free);
  cap_flag_value_t value = CAP_CLEAR;
  return ::cap_get_flag(now.get(), capability, flag, &value) == 0 && value == CAP_SET;
}

// Whoever drops capabilities does not get them again: each test is a process of its own. Returns
// the number of the first check that fails, 0 when all is right.
int in_a_child(const std::function<int()>& checks) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(checks());
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class CapabilitiesOfRoot : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has(CAP_PERMITTED, CAP_CHOWN)) GTEST_SKIP() << "no capabilities to cut";
  }
};

TEST_F(CapabilitiesOfRoot, WhatIsKeptIsPermittedAndNotEffective) {
  EXPECT_EQ(in_a_child([] {
              if (!cut_capabilities({CAP_CHOWN})) return 1;
              if (!has(CAP_PERMITTED, CAP_CHOWN)) return 2;
              if (has(CAP_EFFECTIVE, CAP_CHOWN)) return 3;
              if (has(CAP_INHERITABLE, CAP_CHOWN)) return 4;
              if (has(CAP_PERMITTED, CAP_KILL)) return 5;
              return 0;
            }),
            0);
}

TEST_F(CapabilitiesOfRoot, TheBoundingSetIsCutToo) {
  if (!has(CAP_EFFECTIVE, CAP_SETPCAP)) GTEST_SKIP() << "no CAP_SETPCAP";
  EXPECT_EQ(in_a_child([] {
              if (!cut_capabilities({CAP_CHOWN})) return 1;
              if (::prctl(PR_CAPBSET_READ, CAP_CHOWN) != 1) return 2;
              if (::prctl(PR_CAPBSET_READ, CAP_KILL) != 0) return 3;
              return 0;
            }),
            0);
}

TEST_F(CapabilitiesOfRoot, AmbientOnesAreGone) {
  EXPECT_EQ(in_a_child([] {
              const auto raise = [](cap_flag_t flag) {
                const cap_t more = ::cap_get_proc();
                const cap_value_t one = CAP_CHOWN;
                ::cap_set_flag(more, flag, 1, &one, CAP_SET);
                const bool done = ::cap_set_proc(more) == 0;
                ::cap_free(more);
                return done;
              };
              if (!raise(CAP_INHERITABLE) || ::cap_set_ambient(CAP_CHOWN, CAP_SET) != 0) return 1;
              if (!cut_capabilities({CAP_CHOWN})) return 2;
              return ::cap_get_ambient(CAP_CHOWN) == 0 ? 0 : 3;
            }),
            0);
}

TEST_F(CapabilitiesOfRoot, RaisedOnesAreEffectiveForAWhile) {
  EXPECT_EQ(in_a_child([] {
              if (!cut_capabilities({CAP_CHOWN, CAP_KILL})) return 1;
              {
                const RaisedCapabilities raised({CAP_CHOWN, CAP_SYS_ADMIN});
                if (!has(CAP_EFFECTIVE, CAP_CHOWN)) return 2;
                if (has(CAP_EFFECTIVE, CAP_KILL)) return 3;
                if (has(CAP_EFFECTIVE, CAP_SYS_ADMIN)) return 4;  // not permitted any more
                const RaisedCapabilities more({CAP_KILL});
                if (!has(CAP_EFFECTIVE, CAP_KILL)) return 5;
              }
              if (has(CAP_EFFECTIVE, CAP_CHOWN)) return 6;
              return has(CAP_EFFECTIVE, CAP_KILL) ? 7 : 0;
            }),
            0);
}

TEST_F(CapabilitiesOfRoot, NoneIsLeftAtTheEnd) {
  EXPECT_EQ(in_a_child([] {
              if (!cut_capabilities({CAP_CHOWN}) || !drop_capabilities()) return 1;
              for (cap_value_t one = 0; one < ::cap_max_bits(); ++one) {
                if (has(CAP_PERMITTED, one) || has(CAP_EFFECTIVE, one)) return 2;
              }
              const RaisedCapabilities raised({CAP_CHOWN});
              return has(CAP_EFFECTIVE, CAP_CHOWN) ? 3 : 0;
            }),
            0);
}

TEST(CapabilitiesOfAUser, ThereIsNothingToCutAndNoError) {
  EXPECT_EQ(in_a_child([] {
              if (::geteuid() == 0 && ::setuid(65534) != 0) return 1;
              if (!cut_capabilities({CAP_CHOWN})) return 2;
              const RaisedCapabilities raised({CAP_CHOWN});
              if (has(CAP_EFFECTIVE, CAP_CHOWN)) return 3;
              return drop_capabilities() ? 0 : 4;
            }),
            0);
}

}  // namespace
}  // namespace nvinject
