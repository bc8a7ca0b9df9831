// SPDX-License-Identifier: Apache-2.0
#include "core/request/volume_mounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

std::vector<std::string> devices_of(std::string source, std::string destination) {
  return parse_volume_mounts({{std::move(source), std::move(destination)}}).devices;
}

TEST(VolumeMounts, NameADeviceInTheirDestination) {
  struct Row {
    std::string_view name;
    std::string destination;
    std::string device;
  };
  const std::vector<Row> rows = {
      {"an index", "/var/run/nvidia-container-devices/0", "0"},
      {"a word", "/var/run/nvidia-container-devices/all", "all"},
      {"a path that is not clean", "//var/./run/x/../nvidia-container-devices//1/", "1"},
      {"a MIG name with slashes", "/var/run/nvidia-container-devices/MIG-GPU-a/1/0",
       "MIG-GPU-a/1/0"},
      {"a CDI name", "/var/run/nvidia-container-devices/nvidia.com/gpu=0", "nvidia.com/gpu=0"},
      {"a CDI name as path", "/var/run/nvidia-container-devices/cdi/nvidia.com/gpu/0",
       "nvidia.com/gpu=0"},
      {"a CDI name below cdi", "/var/run/nvidia-container-devices/cdi/nvidia.com/gpu=0",
       "nvidia.com/gpu=0"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(devices_of("/dev/null", row.destination), ElementsAre(row.device)) << row.name;
  }
  EXPECT_THAT(devices_of("/dev/../dev//null", rows[0].destination), ElementsAre("0"));
}

TEST(VolumeMounts, AreIgnoredWhenTheyAreSomethingElse) {
  struct Row {
    std::string_view name;
    std::string source;
    std::string destination;
  };
  const std::vector<Row> rows = {
      {"another source", "/dev/zero", "/var/run/nvidia-container-devices/0"},
      {"a relative source", "dev/null", "/var/run/nvidia-container-devices/0"},
      {"no source", "", "/var/run/nvidia-container-devices/0"},
      {"another destination", "/dev/null", "/var/run/other/0"},
      {"a relative destination", "/dev/null", "var/run/nvidia-container-devices/0"},
      {"the directory itself", "/dev/null", "/var/run/nvidia-container-devices/"},
      {"a neighbour of the directory", "/dev/null", "/var/run/nvidia-container-devices-x/0"},
      {"a way out of the directory", "/dev/null", "/var/run/nvidia-container-devices/../0"},
      {"above the root", "/dev/null", "/../../.."},
      {"no destination", "/dev/null", ""},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(devices_of(row.source, row.destination), IsEmpty()) << row.name;
  }
}

TEST(VolumeMounts, NameImexChannels) {
  const VolumeMountRequests requests =
      parse_volume_mounts({{"/dev/null", "/var/run/nvidia-container-devices/imex/0"},
                           {"/dev/null", "/var/run/nvidia-container-devices/imex/channel7"}});
  EXPECT_THAT(requests.imex_channels, ElementsAre("0", "channel7"));
  EXPECT_THAT(requests.devices, IsEmpty());
}

TEST(VolumeMounts, WithABadCdiNameAreIgnoredWithADecision) {
  for (const std::string name :
       {"cdi/nvidia.com", "cdi/nvidia.com/gpu", "cdi/a/b/c/d", "cdi/a/b="}) {
    const std::string destination = "/var/run/nvidia-container-devices/" + name;
    const VolumeMountRequests requests = parse_volume_mounts({{"/dev/null", destination}});
    EXPECT_THAT(requests.devices, IsEmpty()) << name;
    EXPECT_THAT(requests.decisions, ElementsAre(Field(&Decision::subject, destination))) << name;
  }
}

}  // namespace
}  // namespace nvinject
