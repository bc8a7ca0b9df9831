// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/print_spec.h"

#include <gmock/gmock.h>

#include <string>

namespace nvinject {
namespace {

CdiSpec full_spec() {
  CdiSpec spec;
  spec.version = "1.1.0";
  spec.kind = "vendor.com/thing";
  spec.annotations = {{"for", "tests"}};
  CdiDevice device;
  device.name = "0";
  device.annotations = {{"a", "b"}};
  device.edits.env = {"A=1", "B=x=y"};
  device.edits.device_nodes = {{.path = "/dev/a",
                                .host_path = "/dev/b",
                                .type = "c",
                                .major = 1,
                                .minor = 0,
                                .file_mode = 0660,
                                .permissions = "rw",
                                .uid = 0,
                                .gid = 5}};
  device.edits.mounts = {
      {.host_path = "/h", .container_path = "/c", .options = {"ro", "bind"}, .type = "bind"}};
  device.edits.hooks = {{.hook_name = "createContainer",
                         .path = "/usr/bin/h",
                         .args = {"h", "x"},
                         .env = {"P=/"},
                         .timeout = 5}};
  device.edits.additional_gids = {5, 6};
  device.edits.intel_rdt = CdiIntelRdt{.class_of_service = "gold",
                                       .l3_cache_schema = "L3:0=ff",
                                       .memory_bandwidth_schema = "MB:0=70",
                                       .schemata = {"L2:0=f"},
                                       .enable_monitoring = true,
                                       .enable_cmt = true,
                                       .enable_mbm = true};
  device.edits.net_devices = {{"eth7", "net0"}};
  spec.devices = {device};
  spec.edits.env = {"C=1"};
  return spec;
}

TEST(PrintCdiSpec, IsReadBackAsItWas) {
  for (const CdiFormat format : {CdiFormat::kYaml, CdiFormat::kJson}) {
    const std::string text = print_cdi_spec(full_spec(), format);
    const auto parsed = parse_cdi_spec(text, "f", format);
    ASSERT_TRUE(parsed) << parsed.error().message << text;
    EXPECT_EQ(*parsed, full_spec()) << text;
  }
}

TEST(PrintCdiSpec, SaysTheLowestVersionThatWillDo) {
  CdiSpec spec = full_spec();
  spec.version.clear();
  EXPECT_EQ(cdi_spec_as_json(spec)["cdiVersion"], "1.1.0");
  spec.devices = {{.name = "all", .annotations = {}, .edits = {}}};
  spec.annotations.clear();
  EXPECT_EQ(cdi_spec_as_json(spec)["cdiVersion"], "0.3.0");
}

TEST(PrintCdiSpec, LeavesOutWhatIsEmpty) {
  CdiSpec spec;
  spec.kind = "a/b";
  spec.devices = {{.name = "x", .annotations = {}, .edits = {}}};
  spec.devices.front().edits.device_nodes = {{.path = "/dev/a", .host_path = {}, .type = {}}};
  EXPECT_EQ(print_json(cdi_spec_as_json(spec)),
            R"({"cdiVersion":"0.3.0","kind":"a/b","devices":[{"name":"x","containerEdits":)"
            R"({"deviceNodes":[{"path":"/dev/a"}]}}]})");
}

}  // namespace
}  // namespace nvinject
