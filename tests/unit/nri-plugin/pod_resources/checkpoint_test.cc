// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/pod_resources/checkpoint.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::Succeeds;

const ContainerKey kInit{
    .name_space = "team", .pod = "train", .pod_uid = "uid-1", .container = "load"};

Result<Allocation> read(std::string_view text) {
  return allocation_in_checkpoint(text, "checkpoint", kInit);
}

std::string entry(const char* uid, const char* container, const char* resource, const char* ids) {
  return std::string(R"({"PodUID":")") + uid + R"(","ContainerName":")" + container +
         R"(","ResourceName":")" + resource + R"(","DeviceIDs":)" + ids + R"(,"AllocResp":"Cg=="})";
}

std::string checkpoint(const std::string& entries) {
  return R"({"Data":{"PodDeviceEntries":[)" + entries +
         R"(],"RegisteredDevices":{"nvidia.com/gpu":["GPU-1"]}},"Checksum":18446744073709551615})";
}

TEST(Checkpoint, HasTheDevicesOfOneContainer) {
  const auto allocation = read(
      checkpoint(entry("uid-1", "load", "nvidia.com/gpu",
                       R"({"-1":["GPU-5"],"0":["GPU-1::0"],"1":["GPU-2::3","GPU-1::1"]})") +
                 "," + entry("uid-1", "load", "nvidia.com/hostdev", R"({"-1":["0000:01:00.0"]})") +
                 "," + entry("uid-1", "main", "nvidia.com/gpu", R"({"-1":["GPU-3"]})") + "," +
                 entry("uid-2", "load", "nvidia.com/gpu", R"({"-1":["GPU-4"]})")));
  ASSERT_THAT(allocation, Succeeds());
  EXPECT_THAT(allocation->devices, ElementsAre("GPU-5", "GPU-1", "GPU-2"));
}

TEST(Checkpoint, MayHaveNothing) {
  for (const char* const text :
       {R"({"Data":{"PodDeviceEntries":null,"RegisteredDevices":{}},"Checksum":1})",
        R"({"Data":{"PodDeviceEntries":[]},"Checksum":1})", R"({"Data":{}})"}) {
    const auto allocation = read(text);
    ASSERT_THAT(allocation, Succeeds()) << text;
    EXPECT_THAT(allocation->devices, IsEmpty()) << text;
  }
}

TEST(Checkpoint, AnotherFormatIsNotGuessedAt) {
  struct Row {
    std::string text;
    const char* reason;
  };
  const Row rows[] = {
      {"", "checkpoint"},
      {"[]", "checkpoint"},
      {R"({"Checksum":1})", "Data"},
      {R"({"Data":{"PodDeviceEntries":{}}})", "PodDeviceEntries"},
      {R"({"Data":{"PodDeviceEntries":["x"]}})", "PodDeviceEntries"},
      {R"({"Data":{"PodDeviceEntries":[{"PodUID":"uid-1"}]}})", "ContainerName"},
      // As kubelets before 1.20 wrote it.
      {checkpoint(entry("uid-1", "load", "nvidia.com/gpu", R"(["GPU-1"])")), "DeviceIDs"},
      {checkpoint(entry("uid-1", "load", "nvidia.com/gpu", R"({"0":[1]})")), "DeviceIDs"},
      {checkpoint(entry("uid-1", "load", "nvidia.com/gpu", "null")), "DeviceIDs"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(read(row.text), FailsWith(ErrorCode::kInvalidRequest, row.reason)) << row.text;
  }
}

}  // namespace
}  // namespace nvinject::nri
