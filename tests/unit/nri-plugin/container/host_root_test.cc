// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/host_root.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject::nri {
namespace {

using testing::FailsWith;
using testing::Succeeds;

Adjustment with_source(const char* source) {
  return {.mounts = {{.source = HostPath(source), .destination = ContainerPath("/usr/bin/x")}}};
}

TEST(HostRoot, OnTheHostItselfNothingChanges) {
  const Roots roots = roots_below({.driver = HostPath("/run/nvidia/driver")}, HostPath("/"));
  EXPECT_EQ(roots.driver, HostPath("/run/nvidia/driver"));
  EXPECT_EQ(roots.dev, HostPath("/dev"));
  Adjustment adjustment = with_source("/usr/bin/nvidia-smi");
  ASSERT_THAT(name_sources_as_host(HostPath("/"), adjustment), Succeeds());
  EXPECT_EQ(adjustment.mounts[0].source, HostPath("/usr/bin/nvidia-smi"));
}

TEST(HostRoot, DriverAndDevicesAreBelowIt) {
  const Roots plain = roots_below({}, HostPath("/host"));
  EXPECT_EQ(plain.driver, HostPath("/host"));
  EXPECT_EQ(plain.dev, HostPath("/host/dev"));
  EXPECT_EQ(plain.proc, HostPath("/proc"));
  EXPECT_EQ(plain.state, HostPath("/run/nvinject"));
  const Roots in_container =
      roots_below({.driver = HostPath("/run/nvidia/driver")}, HostPath("/host"));
  EXPECT_EQ(in_container.driver, HostPath("/host/run/nvidia/driver"));
}

TEST(HostRoot, TheRuntimeMountsTheHostsFile) {
  Adjustment adjustment = with_source("/host/usr/bin/nvidia-smi");
  ASSERT_THAT(name_sources_as_host(HostPath("/host"), adjustment), Succeeds());
  EXPECT_EQ(adjustment.mounts[0].source, HostPath("/usr/bin/nvidia-smi"));
}

// Else the runtime would mount the host's file of that name, which is another one.
TEST(HostRoot, AFileOfThePluginsOwnContainerIsRefused) {
  for (const char* const source : {"/usr/bin/nvidia-smi", "/hostile/x", "/host"}) {
    Adjustment adjustment = with_source(source);
    EXPECT_THAT(name_sources_as_host(HostPath("/host"), adjustment),
                FailsWith(ErrorCode::kInternal, source));
  }
}

}  // namespace
}  // namespace nvinject::nri
