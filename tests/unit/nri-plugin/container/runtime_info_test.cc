// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/runtime_info.h"

#include <gmock/gmock.h>

namespace nvinject::nri {
namespace {

struct Row {
  const char* text;
  std::optional<RuntimeVersion> version;
};

TEST(RuntimeVersion, IsReadLeniently) {
  const Row rows[] = {
      {"v2.1.4", RuntimeVersion{2, 1, 4}},
      {"2.1.9+unknown", RuntimeVersion{2, 1, 9}},
      {"1.7.24~ds1", RuntimeVersion{1, 7, 24}},
      {"2.4.0-beta+unknown", RuntimeVersion{2, 4, 0}},
      {"v2.0.0-rc.3", RuntimeVersion{2, 0, 0}},
      {"1.34.0", RuntimeVersion{1, 34, 0}},
      {"1.34", RuntimeVersion{1, 34, 0}},
      {"v1.7.3-12-gabcdef", RuntimeVersion{1, 7, 3}},
      {"", std::nullopt},
      {"v", std::nullopt},
      {"2", std::nullopt},
      {"(devel)", std::nullopt},
      {"99999999999.1", std::nullopt},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_runtime_version(row.text), row.version) << row.text;
}

TEST(RuntimeInfo, DescribesItselfOnOneLine) {
  EXPECT_EQ((RuntimeInfo{.name = "containerd", .version_text = "2.1.9\n"}.describe()),
            "containerd 2.1.9\\x0a");
  EXPECT_EQ(RuntimeInfo{}.describe(), "a runtime without a name");
}

TEST(RuntimeInfo, DockersNriTakesNoDevices) {
  EXPECT_FALSE(RuntimeInfo{.name = "docker"}.takes_devices());
  EXPECT_TRUE(RuntimeInfo{.name = "cri-o"}.takes_devices());
}

TEST(RuntimeInfo, MountsGoAwayFromNri07On) {
  struct Runtime {
    const char* name;
    const char* version;
    bool removes;
  };
  const Runtime rows[] = {
      {"containerd", "1.7.24~ds1", false}, {"containerd", "1.7.26", true},
      {"containerd", "v2.1.9", true},      {"cri-o", "1.31.5", false},
      {"cri-o", "1.32.0", true},           {"docker", "28.5.2", false},
      {"containerd", "unknown", false},
  };
  for (const Runtime& row : rows) {
    const RuntimeInfo runtime{.name = row.name,
                              .version_text = row.version,
                              .version = parse_runtime_version(row.version)};
    EXPECT_EQ(runtime.removes_mounts(), row.removes) << row.name << " " << row.version;
  }
}

}  // namespace
}  // namespace nvinject::nri
