// SPDX-License-Identifier: Apache-2.0
#include "core/apply/device_cgroup.h"

#include <gmock/gmock.h>

namespace nvinject {
namespace {

using ::testing::HasSubstr;

MountEntry v1(std::string root = "/") {
  return {.root = std::move(root),
          .mount_point = "/cg/devices",
          .type = "cgroup",
          .super_options = "rw,devices"};
}
MountEntry v2(std::string root = "/") {
  return {.root = std::move(root), .mount_point = "/cg/unified", .type = "cgroup2"};
}

TEST(DeviceCgroup, IsInWhateverHierarchyDecides) {
  struct Row {
    const char* name;
    const char* text;
    std::vector<MountEntry> mounts;
    DeviceCgroups expected;
  };
  const HostPath top("/cg/unified");
  const Row rows[] = {
      {"v1", "5:devices:/docker/1\n0::/\n", {v1()}, {HostPath("/cg/devices/docker/1"), {}}},
      {"v2", "0::/docker/1\n", {v2()}, {{}, HostPath("/cg/unified/docker/1"), top}},
      {"hybrid has both",
       "5:cpu,devices:/a\n0::/b\n",
       {v1(), v2()},
       {HostPath("/cg/devices/a"), HostPath("/cg/unified/b"), top}},
      {"the root of v1 forbids nothing", "5:devices:/\n", {v1()}, {}},
      {"a mount of a part of the hierarchy",
       "0::/docker/1/x\n",
       {v2("/docker/1")},
       {{}, HostPath("/cg/unified/x"), top}},
      {"v1 decides and v2 is mounted nowhere",
       "5:devices:/a\n0::/b\n",
       {v1()},
       {HostPath("/cg/devices/a"), {}}},
      {"a colon in the name", "0::/a:b\n", {v2()}, {{}, HostPath("/cg/unified/a:b"), top}},
      {"another controller", "4:memory:/a\n", {v1()}, {}},
      {"no such thing", "garbage\n\n:\n", {v1(), v2()}, {}},
  };
  for (const Row& row : rows) {
    const auto found = find_device_cgroups(row.text, row.mounts);
    ASSERT_TRUE(found) << row.name << ": " << found.error().message;
    EXPECT_EQ(*found, row.expected) << row.name;
  }
}

TEST(DeviceCgroup, OneThatCannotBeReachedIsAnErrorThatNamesIt) {
  struct Row {
    const char* name;
    const char* text;
    std::vector<MountEntry> mounts;
  };
  const Row rows[] = {
      {"v1 outside of the namespace", "5:devices:/../there\n", {v1(), v2()}},
      {"v2 outside of the namespace", "0::/../there\n", {v1(), v2()}},
      {"v1 is not mounted", "5:devices:/there\n", {v2()}},
      {"v2 is not mounted", "0::/there\n", {}},
      {"only another part is mounted", "0::/there\n", {v2("/the")}},
  };
  for (const Row& row : rows) {
    const auto found = find_device_cgroups(row.text, row.mounts);
    ASSERT_FALSE(found) << row.name;
    EXPECT_EQ(found.error().code, ErrorCode::kUnsupported) << row.name;
    EXPECT_THAT(found.error().message, HasSubstr("there")) << row.name;
  }
}

}  // namespace
}  // namespace nvinject
