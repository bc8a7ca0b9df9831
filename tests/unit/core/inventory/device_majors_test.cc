// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/device_majors.h"

#include <gtest/gtest.h>

namespace nvinject {
namespace {

constexpr const char* kProcDevices =
    "Character devices:\n"
    "  1 mem\n"
    "  4 /dev/vc/0\n"
    "195 nvidia\n"
    "195 nvidia-modeset\n"
    "195 nvidiactl\n"
    "511 nvidia-uvm\n"
    "510 nvidia-uvm\n"
    "236 nvidia-caps\n"
    "abc broken\n"
    "99999999999 huge\n"
    "\n"
    "Block devices:\n"
    "  8 sd\n"
    "777 nvidia-caps-imex-channels\n";

TEST(DeviceMajors, AreThoseOfCharacterDevices) {
  const DeviceMajors majors = parse_device_majors(kProcDevices);
  EXPECT_EQ(majors.at("nvidia"), 195U);
  EXPECT_EQ(majors.at("nvidia-caps"), 236U);
  EXPECT_EQ(majors.at("/dev/vc/0"), 4U);
  EXPECT_FALSE(majors.contains("sd")) << "a block device";
  EXPECT_FALSE(majors.contains("nvidia-caps-imex-channels")) << "behind the block devices";
  EXPECT_FALSE(majors.contains("broken"));
  EXPECT_FALSE(majors.contains("huge"));
}

TEST(DeviceMajors, OfARepeatedNameTheFirstCounts) {
  EXPECT_EQ(parse_device_majors(kProcDevices).at("nvidia-uvm"), 511U);
}

TEST(DeviceMajors, AreNoneInNoText) { EXPECT_TRUE(parse_device_majors("").empty()); }

TEST(DriverParameters, SayOwnerAndModeOfNodes) {
  // The mode is decimal in the file: 432 is 0660.
  const auto parameters = parse_driver_parameters(
      "ResmanDebugLevel: 4294967295\nModifyDeviceFiles: 0\nDeviceFileUID: 12\nDeviceFileGID: 985\n"
      "DeviceFileMode: 432\nRegistryDwords: \"\"\n");
  EXPECT_EQ(parameters,
            (DeviceFileParameters{.uid = 12, .gid = 985, .mode = 0660, .modify = false}));
}

TEST(DriverParameters, AreTheDriversDefaultsWhereTheFileSaysNothing) {
  const DeviceFileParameters defaults{.uid = 0, .gid = 0, .mode = 0666, .modify = true};
  EXPECT_EQ(parse_driver_parameters(""), defaults);
  EXPECT_EQ(parse_driver_parameters("DeviceFileUID: -1\nDeviceFileMode:\nno colon\n"), defaults);
}

TEST(DriverParameters, HaveNoSetIdBits) {
  EXPECT_EQ(parse_driver_parameters("DeviceFileMode: 4095\n").mode, 0777U);
}

TEST(DerivedNode, HasTheDriversMajorAndItsFixedMinor) {
  struct Row {
    const char* name;
    DeviceNumber number;
  };
  const DeviceMajors majors = parse_device_majors(kProcDevices);
  const DeviceFileParameters parameters{.uid = 1, .gid = 2, .mode = 0660, .modify = true};
  for (const Row& row :
       {Row{"nvidiactl", {195, 255}}, Row{"nvidia-modeset", {195, 254}},
        Row{"nvidia-uvm", {511, 0}}, Row{"nvidia-uvm-tools", {511, 1}}, Row{"nvidia0", {195, 0}},
        Row{"nvidia17", {195, 17}}, Row{"nvidia-caps/nvidia-cap7", {236, 7}}}) {
    const DeviceNodeFacts expected{
        .number = row.number, .mode = 0660, .uid = 1, .gid = 2, .on_host = false};
    EXPECT_EQ(derive_device_node(row.name, majors, parameters), expected) << row.name;
  }
}

TEST(DerivedNode, OfAnOldDriverHasTheMajorOfNvidiaFrontend) {
  const auto node = derive_device_node("nvidia1", {{"nvidia-frontend", 195}}, {});
  ASSERT_TRUE(node);
  EXPECT_EQ(node->number, (DeviceNumber{195, 1}));
}

TEST(DerivedNode, IsNoneForAnUnknownNameOrAnUnloadedDriver) {
  const DeviceMajors majors = parse_device_majors(kProcDevices);
  for (const char* const name :
       {"", "null", "nvidia", "nvidia-caps", "nvidia-1", "nvidia0x", "nvidia-caps/nvidia-cap",
        "nvidia-caps/nvidia-capx", "nvidia-caps-imex-channels/channel0", "sda"}) {
    EXPECT_EQ(derive_device_node(name, majors, {}), std::nullopt) << name;
  }
  EXPECT_EQ(derive_device_node("nvidia0", {}, {}), std::nullopt);
  EXPECT_EQ(derive_device_node("nvidia-uvm", {{"nvidia", 195}}, {}), std::nullopt);
}

}  // namespace
}  // namespace nvinject
