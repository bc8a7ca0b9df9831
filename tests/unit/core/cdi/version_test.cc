// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/version.h"

#include <gmock/gmock.h>

#include <string>

namespace nvinject {
namespace {

TEST(MinimumCdiVersion, IsThatOfTheMembersUsed) {
  CdiSpec spec;
  spec.kind = "nvidia.com/gpu";
  spec.devices = {{.name = "all", .annotations = {}, .edits = {}}};
  EXPECT_EQ(minimum_cdi_version(spec), "0.3.0");
  spec.edits.mounts = {{.host_path = "/a", .container_path = "/b", .options = {}, .type = "bind"}};
  EXPECT_EQ(minimum_cdi_version(spec), "0.4.0");
  spec.devices.front().edits.device_nodes = {{.path = "/dev/a", .host_path = "/dev/b", .type = {}}};
  EXPECT_EQ(minimum_cdi_version(spec), "0.5.0");
  spec.kind = "nvidia.com/gpu.x";
  EXPECT_EQ(minimum_cdi_version(spec), "0.6.0");
  spec.edits.additional_gids = {5};
  EXPECT_EQ(minimum_cdi_version(spec), "0.7.0");
  spec.edits.net_devices = {{"eth0", "net0"}};
  EXPECT_EQ(minimum_cdi_version(spec), "1.1.0");
}

TEST(MinimumCdiVersion, OfResourceControlDependsOnWhatIsControlled) {
  CdiSpec spec;
  spec.kind = "nvidia.com/gpu";
  spec.edits.intel_rdt = CdiIntelRdt{.class_of_service = "gold", .schemata = {}};
  EXPECT_EQ(minimum_cdi_version(spec), "0.7.0");
  spec.edits.intel_rdt->enable_monitoring = true;
  EXPECT_EQ(minimum_cdi_version(spec), "1.1.0");
  spec.edits.intel_rdt = CdiIntelRdt{.schemata = {"L3:0=f"}};
  EXPECT_EQ(minimum_cdi_version(spec), "1.1.0");
}

TEST(CdiVersions, CoverLowerOnes) {
  EXPECT_TRUE(is_cdi_version("0.8.0"));
  EXPECT_FALSE(is_cdi_version("0.2.0"));
  EXPECT_FALSE(is_cdi_version("v1.0.0"));
  EXPECT_TRUE(covers_cdi_version("1.0.0", "0.8.0"));
  EXPECT_TRUE(covers_cdi_version("0.5.0", "0.5.0"));
  EXPECT_FALSE(covers_cdi_version("0.8.0", "1.1.0"));
}

}  // namespace
}  // namespace nvinject
