// SPDX-License-Identifier: Apache-2.0
#include "core/os/capabilities.h"

#include <gtest/gtest.h>
#include <sys/capability.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "core/os/subprocess.h"
#include "tests/unit/core/os/in_a_child.h"

namespace nvinject {
namespace {

using testing::in_a_child;

bool has(cap_flag_t flag, cap_value_t capability) {
  const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void*)> now(::cap_get_proc(),
                                                                          ::cap_free);
  cap_flag_value_t value = CAP_CLEAR;
  return ::cap_get_flag(now.get(), capability, flag, &value) == 0 && value == CAP_SET;
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

// As a program is run that root may start; returns a line of its /proc/self/status.
std::string what_a_child_has(const std::string& line, NewPrivileges new_privileges) {
  Subprocess request;
  request.program = HostPath("/bin/sh");
  request.arguments = {"sh", "-c",
                       "while read -r name value; do [ \"$name\" != " + line +
                           ": ] || echo $value; done </proc/self/status"};
  request.new_privileges = new_privileges;
  return run_subprocess(request).value_or(SubprocessOutcome{}).output;
}

TEST_F(CapabilitiesOfRoot, WhatIsStartedGetsNoneThatIsNotPermitted) {
  EXPECT_EQ(in_a_child([] {
              if (!cut_capabilities({CAP_CHOWN})) return 1;
              return what_a_child_has("CapPrm", NewPrivileges::kRefuse) == "0000000000000001\n" ? 0
                                                                                                : 2;
            }),
            0);
}

TEST_F(CapabilitiesOfRoot, NorWhereItMayGetNewPrivileges) {
  if (!may_raise({CAP_SETPCAP})) GTEST_SKIP() << "no CAP_SETPCAP";
  EXPECT_EQ(in_a_child([] {
              if (!cut_capabilities({CAP_CHOWN, CAP_SETPCAP})) return 1;
              for (const char* const set : {"CapPrm", "CapBnd"}) {
                if (what_a_child_has(set, NewPrivileges::kAllow) != "0000000000000101\n") return 2;
              }
              return has(CAP_EFFECTIVE, CAP_SETPCAP) ? 3 : 0;
            }),
            0);
}

TEST_F(CapabilitiesOfRoot, WhatIsKeptMayBeEffectiveAtOnce) {
  EXPECT_EQ(in_a_child([] {
              if (!cut_capabilities({CAP_CHOWN}, Kept::kEffective)) return 1;
              if (!has(CAP_EFFECTIVE, CAP_CHOWN)) return 2;
              return has(CAP_EFFECTIVE, CAP_KILL) || has(CAP_PERMITTED, CAP_KILL) ? 3 : 0;
            }),
            0);
}

TEST_F(CapabilitiesOfRoot, WithoutNewPrivilegesNothingStartedGetsMore) {
  EXPECT_EQ(in_a_child([] {
              if (!cut_capabilities({CAP_CHOWN}) || !refuse_new_privileges()) return 1;
              return what_a_child_has("CapPrm", NewPrivileges::kAllow) == "0000000000000001\n" ? 0
                                                                                               : 2;
            }),
            0);
}

TEST_F(CapabilitiesOfRoot, AProcessThatHasCutNothingHandsOnAll) {
  EXPECT_EQ(what_a_child_has("CapPrm", NewPrivileges::kAllow),
            what_a_child_has("CapPrm", NewPrivileges::kRefuse));
  EXPECT_TRUE(may_raise({CAP_CHOWN}));
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
