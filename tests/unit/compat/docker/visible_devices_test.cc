// SPDX-License-Identifier: Apache-2.0
#include "compat/docker/visible_devices.h"

#include <gmock/gmock.h>

namespace nvinject::compat {
namespace {

TEST(DeviceList, TakesSpacesAndCommas) {
  const struct {
    const char* nv_gpu;
    const char* list;
  } kRows[] = {
      {"0", "0"},
      {"0,3", "0,3"},
      {"0 3", "0,3"},
      {"  0 ,, 3\t,\n", "0,3"},
      {"GPU-1f2e GPU-aa", "GPU-1f2e,GPU-aa"},
      {"MIG-1 0:1", "MIG-1,0:1"},
      {"all", "all"},
      {"", ""},
      {" , ", ""},
  };
  for (const auto& row : kRows) EXPECT_EQ(device_list(row.nv_gpu), row.list) << row.nv_gpu;
}

TEST(SettingOfEntries, IsTheLast) {
  const Setting inherited = "7";
  EXPECT_EQ(setting_of_entries({}, inherited), std::nullopt);
  EXPECT_EQ(setting_of_entries({"A=1", "NVIDIA_VISIBLE_DEVICES_2=0", "nvidia_visible_devices=0"},
                               inherited),
            std::nullopt);
  EXPECT_EQ(setting_of_entries({"NVIDIA_VISIBLE_DEVICES=0", "NVIDIA_VISIBLE_DEVICES=1", "A=2"},
                               inherited),
            "1");
  EXPECT_EQ(setting_of_entries({"NVIDIA_VISIBLE_DEVICES="}, inherited), "");
  EXPECT_EQ(setting_of_entries({"NVIDIA_VISIBLE_DEVICES=a=b"}, inherited), "a=b");
}

TEST(SettingOfEntries, TakesANameAloneFromOurOwnEnvironment) {
  EXPECT_EQ(setting_of_entries({"NVIDIA_VISIBLE_DEVICES"}, "7"), "7");
  EXPECT_EQ(
      setting_of_entries({"NVIDIA_VISIBLE_DEVICES=1", "NVIDIA_VISIBLE_DEVICES"}, std::nullopt), "")
      << "docker takes the variable away";
}

TEST(SettingOfFile, IsReadAsDockerReadsIt) {
  const struct {
    const char* name;
    const char* text;
    Setting setting;
  } kRows[] = {
      {"empty", "", std::nullopt},
      {"others", "A=1\nNVIDIA_VISIBLE=0\n", std::nullopt},
      {"one line", "NVIDIA_VISIBLE_DEVICES=1", "1"},
      {"the last counts", "NVIDIA_VISIBLE_DEVICES=1\nNVIDIA_VISIBLE_DEVICES=2\n", "2"},
      {"carriage returns", "A=1\r\nNVIDIA_VISIBLE_DEVICES=1\r\n", "1"},
      {"byte order mark", "\xef\xbb\xbfNVIDIA_VISIBLE_DEVICES=1\n", "1"},
      {"indented", "  \tNVIDIA_VISIBLE_DEVICES=1\n", "1"},
      {"comment", "#NVIDIA_VISIBLE_DEVICES=1\n  # NVIDIA_VISIBLE_DEVICES=1\n", std::nullopt},
      {"blanks of the value stay", "NVIDIA_VISIBLE_DEVICES= 1 \n", " 1 "},
      {"name alone", "NVIDIA_VISIBLE_DEVICES\n", "7"},
      {"only blanks", "   \n\n", std::nullopt},
  };
  for (const auto& row : kRows) EXPECT_EQ(setting_of_file(row.text, "7"), row.setting) << row.name;
  EXPECT_EQ(setting_of_file("NVIDIA_VISIBLE_DEVICES\n", std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace nvinject::compat
