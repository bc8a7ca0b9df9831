// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/print_info.h"

#include <gmock/gmock.h>

#include "tests/support/sample_node.h"

namespace nvinject::compat {
namespace {

Inventory two_gpus() {
  Inventory inventory = nvinject::testing::sample_inventory(2);
  inventory.gpus[0].brand = "Tesla";
  inventory.gpus[0].architecture = "9.0";
  inventory.gpus[1].uuid = "";
  inventory.gpus[1].minor = std::nullopt;
  return inventory;
}

TEST(PrintInfo, TextIsThatOfTheClassicProgram) {
  EXPECT_EQ(print_info(two_gpus(), {}),
            "NVRM version:   550.163.01\n"
            "CUDA version:   12.4\n"
            "\n"
            "Device Index:   0\n"
            "Device Minor:   0\n"
            "Model:          NVIDIA H100 80GB HBM3\n"
            "Brand:          Tesla\n"
            "GPU UUID:       GPU-aaaaaaaa-0000-4000-8000-000000000000\n"
            "Bus Location:   00000000:10:00.0\n"
            "Architecture:   9.0\n"
            "\n"
            "Device Index:   1\n"
            "Device Minor:   Unknown\n"
            "Model:          NVIDIA H100 80GB HBM3\n"
            "Brand:          Unknown\n"
            "GPU UUID:       Unknown\n"
            "Bus Location:   00000000:20:00.0\n"
            "Architecture:   Unknown\n");
}

TEST(PrintInfo, CsvIsThatOfTheClassicProgram) {
  EXPECT_EQ(print_info(two_gpus(), {.csv = true}),
            "NVRM version,CUDA version\n"
            "550.163.01,12.4\n"
            "\n"
            "Device Index,Device Minor,Model,Brand,GPU UUID,Bus Location,Architecture\n"
            "0,0,NVIDIA H100 80GB HBM3,Tesla,GPU-aaaaaaaa-0000-4000-8000-000000000000,"
            "00000000:10:00.0,9.0\n"
            "1,Unknown,NVIDIA H100 80GB HBM3,Unknown,Unknown,00000000:20:00.0,Unknown\n");
}

TEST(PrintInfo, WithoutGpusThereIsOnlyTheDriver) {
  const Inventory none = nvinject::testing::sample_inventory(0);
  EXPECT_EQ(print_info(none, {}), "NVRM version:   550.163.01\nCUDA version:   12.4\n");
  EXPECT_EQ(print_info(none, {.csv = true}), "NVRM version,CUDA version\n550.163.01,12.4\n");
}

TEST(PrintInfo, AGpuThatTheDriverExcludesIsNotCounted) {
  Inventory inventory = nvinject::testing::sample_inventory(2);
  inventory.gpus[1].excluded = true;
  EXPECT_EQ(print_info(inventory, {}).find("Device Index:   1"), std::string::npos);
}

}  // namespace
}  // namespace nvinject::compat
