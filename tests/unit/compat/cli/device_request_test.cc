// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/device_request.h"

#include <gmock/gmock.h>

#include "compat/cli/cli_argv.h"
#include "tests/support/matchers.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::Succeeds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

GpuRequest asked(std::vector<std::string_view> args) {
  args.insert(args.begin(), "configure");
  args.emplace_back("/rootfs");
  const auto line = parse_cli_argv(args);
  EXPECT_THAT(line, Succeeds());
  const auto request = make_configure_request(line.value_or(CommandLine{}));
  EXPECT_THAT(request, Succeeds());
  return request.value_or(GpuRequest{});
}

TEST(DeviceRequest, WithoutDevicesTheDriverAloneIsAskedFor) {
  for (const auto& args : {std::vector<std::string_view>{}, {"--device="}, {"-d", ",,"}}) {
    const GpuRequest request = asked(args);
    EXPECT_EQ(request.scope, DeviceScope::kDriverOnly);
    EXPECT_FALSE(request.empty());
  }
}

TEST(DeviceRequest, AllAmongDevicesMeansAll) {
  EXPECT_EQ(asked({"--device=0,all"}).scope, DeviceScope::kAll);
  EXPECT_EQ(asked({"--device=0", "--device=all"}).scope, DeviceScope::kAll);
}

TEST(DeviceRequest, ListedDevicesAreNamedOnce) {
  const GpuRequest request = asked({"-d0,00", "-d", "gpu-aaaaaaaa-0000-4000-8000-000000000000"});
  EXPECT_EQ(request.scope, DeviceScope::kListed);
  EXPECT_EQ(request.source, "--device");
  EXPECT_THAT(request.words(), ElementsAre("0", "gpu-aaaaaaaa-0000-4000-8000-000000000000"));
}

TEST(DeviceRequest, WhatIsNoDeviceIsNamed) {
  for (const char* const word : {"void", "none", "GPU-", "0x1"}) {
    const auto request = make_device_request({.devices = {{word}}});
    EXPECT_THAT(request, FailsWith(ErrorCode::kInvalidRequest, "--device='" + std::string(word)));
  }
}

TEST(DeviceRequest, AsksForTheRestAsVariablesWould) {
  const GpuRequest request = asked({"--require=cuda>=12.4 brand=tesla", "-rdriver>=535", "-cu",
                                    "--mig-config=all", "--imex-channel=3,1"});
  EXPECT_THAT(request.requirements, ElementsAre(Requirement{"--require", "cuda>=12.4 brand=tesla"},
                                                Requirement{"--require", "driver>=535"}));
  EXPECT_TRUE(request.capabilities == CapabilitySet({Capability::kCompute, Capability::kUtility}));
  EXPECT_EQ(request.extras.mig_config, "all");
  EXPECT_EQ(request.extras.mig_monitor, "");
  EXPECT_THAT(request.extras.imex_channels, ElementsAre("3", "1"));
  EXPECT_THAT(request.extras.gates, IsEmpty());
}

TEST(OmittedSockets, AreThoseOfTheDaemonsNamed) {
  EXPECT_THAT(omitted_sockets({}), IsEmpty());
  EXPECT_THAT(omitted_sockets({.persistenced = false}),
              ElementsAre("/run/nvidia-persistenced/socket"));
  EXPECT_THAT(omitted_sockets({.fabricmanager = false}),
              ElementsAre("/run/nvidia-fabricmanager/socket"));
}

}  // namespace
}  // namespace nvinject::compat
