// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/option_values.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/support/matchers.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::Succeeds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;

constexpr ErrorCode kRefused = ErrorCode::kUnsupported;

TEST(OptionValues, DevicesAddUpAndEmptyOnesAreLeftOut) {
  CommandLine line;
  EXPECT_THAT(take_devices("0,,GPU-abc,", line), Succeeds());
  EXPECT_THAT(take_devices("0:1", line), Succeeds());
  EXPECT_THAT(line.wanted.devices, Optional(ElementsAre("0", "GPU-abc", "0:1")));
  CommandLine empty;
  EXPECT_THAT(take_devices("", empty), Succeeds());
  EXPECT_THAT(empty.wanted.devices, Optional(IsEmpty()));
}

TEST(OptionValues, TheNumberOfDevicesIsBounded) {
  CommandLine line;
  for (int i = 0; i < 512; ++i) ASSERT_THAT(take_devices(std::to_string(i), line), Succeeds());
  EXPECT_THAT(take_devices("512", line), FailsWith(kRefused, "device error: more than 512"));
}

TEST(OptionValues, ImexChannelsAreNumbersBelowTwoToTheTwentieth) {
  CommandLine line;
  EXPECT_THAT(take_imex_channels("0,1048575,00", line), Succeeds());
  EXPECT_THAT(line.wanted.imex_channels, ElementsAre("0", "1048575"));
  for (const char* const text : {"1048576", "all", "-1", "channel0", "99999999999999999999"}) {
    EXPECT_THAT(take_imex_channels(text, line),
                FailsWith(kRefused, std::string("unsupported IMEX channel value: ") + text))
        << text;
  }
}

TEST(OptionValues, MigManagementIsOfAllDevices) {
  CommandLine line;
  EXPECT_THAT(take_mig_config("all", line), Succeeds());
  EXPECT_TRUE(line.wanted.mig_config);
  EXPECT_FALSE(line.wanted.mig_monitor);
  for (const char* const text : {"", "0", "0:1", "ALL"}) {
    EXPECT_THAT(
        take_mig_config(text, line),
        FailsWith(kRefused, "mig-config error: only 'all' devices are currently supported"));
    EXPECT_THAT(take_mig_monitor(text, line), FailsWith(kRefused, "mig-monitor error: only 'all'"));
  }
}

TEST(OptionValues, APidIsTheNumberOfAProcess) {
  CommandLine line;
  EXPECT_THAT(take_pid("4194304", line), Succeeds());
  EXPECT_EQ(line.configure.pid, 4194304);
  for (const char* const text : {"", "0", "-1", "12x", "2147483648", "self"}) {
    EXPECT_THAT(take_pid(text, line), FailsWith(kRefused, "'--pid'")) << text;
  }
}

TEST(OptionValues, RequirementsAreAtMostThirtyTwo) {
  CommandLine line;
  for (int i = 0; i < 32; ++i) ASSERT_THAT(take_requirement("cuda>=1", line), Succeeds());
  EXPECT_THAT(take_requirement("", line), FailsWith(kRefused, "too many requirements"));
}

TEST(OptionValues, PathsAreNotEmptyAndTheDriverRootIsAbsolute) {
  CommandLine line;
  EXPECT_THAT(take_driver_root("run", line), FailsWith(kRefused, "'--root'"));
  EXPECT_THAT(take_driver_root("", line), FailsWith(kRefused, "'--root'"));
  EXPECT_THAT(take_ld_cache("", line), FailsWith(kRefused, "'--ldcache'"));
  EXPECT_THAT(take_debug_file(std::string(5000, 'x'), line), FailsWith(kRefused, "'--debug'"));
  EXPECT_THAT(take_ldconfig("@", line), FailsWith(kRefused, "'--ldconfig'"));
  EXPECT_THAT(take_ldconfig("/sbin/ldconfig", line), Succeeds());
  EXPECT_EQ(line.configure.ldconfig, "/sbin/ldconfig");
}

TEST(OptionValues, AUserIsANumberOrANameAndMayHaveAGroup) {
  CommandLine line;
  for (const char* const text : {"", "0", "0:0", "root:video", "a.b@c"}) {
    EXPECT_THAT(check_user(text, line), Succeeds()) << text;
  }
  for (const char* const text : {":", "a:", ":b", "a:b:c", "a b", "a/b"}) {
    EXPECT_THAT(check_user(text, line), FailsWith(kRefused, "'--user'")) << text;
  }
}

TEST(OptionValues, CudaCompatHasThreeModes) {
  CommandLine line;
  EXPECT_THAT(take_cuda_compat_mode("disabled", line), Succeeds());
  EXPECT_EQ(line.configure.cuda_compat, CudaCompatMode::kDisabled);
  EXPECT_THAT(take_cuda_compat_mode("ldconfig", line), Succeeds());
  EXPECT_EQ(line.configure.cuda_compat, CudaCompatMode::kLdconfig);
  EXPECT_THAT(take_cuda_compat_mode("mount", line), Succeeds());
  EXPECT_EQ(line.configure.cuda_compat, CudaCompatMode::kMount);
  EXPECT_THAT(take_cuda_compat_mode("hook", line), FailsWith(kRefused, "'hook'"));
}

}  // namespace
}  // namespace nvinject::compat
