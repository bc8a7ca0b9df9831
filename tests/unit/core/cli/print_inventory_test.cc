// SPDX-License-Identifier: Apache-2.0
#include "core/cli/print_inventory.h"

#include <gmock/gmock.h>

#include "tests/support/sample_node.h"

namespace nvinject::cli {
namespace {

using ::testing::HasSubstr;

Inventory odd_inventory() {
  Inventory inventory = nvinject::testing::sample_inventory(3);
  inventory.gpus[1].broken = "fell off the bus";
  inventory.gpus[1].minor = std::nullopt;
  inventory.gpus[2].uuid = "";
  inventory.gpus[2].mig_enabled = true;
  inventory.findings = {{"libraries", "missing", "libnvidia-nscq"}};
  return inventory;
}

TEST(InventorySummary, SaysWhatAnAdministratorAsksFirst) {
  EXPECT_EQ(inventory_summary(odd_inventory()),
            "Driver version:  550.163.01\n"
            "CUDA version:    12.4\n"
            "Driver root:     /\n"
            "Driver files:    7 libraries, 2 programs, 1 sockets\n"
            "GPUs:            3\n"
            "\n"
            "GPU 0: GPU-aaaaaaaa-0000-4000-8000-000000000000  00000000:10:00.0  /dev/nvidia0  "
            "NVIDIA H100 80GB HBM3\n"
            "GPU 1: GPU-bbbbbbbb-0000-4000-8000-000000000000  00000000:20:00.0  no device node  "
            "NVIDIA H100 80GB HBM3  BROKEN: fell off the bus\n"
            "GPU 2: unknown  00000000:30:00.0  /dev/nvidia2  NVIDIA H100 80GB HBM3  MIG\n"
            "\n"
            "Findings:\n"
            "  libraries: missing: libnvidia-nscq\n");
}

TEST(InventorySummary, OfAnEmptyNodeSaysUnknown) {
  EXPECT_THAT(inventory_summary(Inventory{}), HasSubstr("Driver version:  unknown\n"));
}

TEST(InventoryListing, HasOneLineForEverything) {
  const std::string text = inventory_listing(odd_inventory());
  EXPECT_THAT(text, HasSubstr("node: /dev/nvidia-uvm  511:0\n"));
  EXPECT_THAT(text, HasSubstr("library: libcuda.so.1  /usr/lib64/libcuda.so.550.163.01\n"));
  EXPECT_THAT(text, HasSubstr("library: libcuda.so.1  /usr/lib32/libcuda.so.550.163.01  32-bit\n"));
  EXPECT_THAT(text, HasSubstr("program: nvidia-smi  /usr/bin/nvidia-smi\n"));
  EXPECT_THAT(text, HasSubstr("socket: /run/nvidia-persistenced/socket  "));
}

TEST(InventoryJson, LeavesOutWhatIsNotKnown) {
  const Json json = inventory_as_json(odd_inventory());
  EXPECT_EQ(json["driver_version"], "550.163.01");
  EXPECT_EQ(json["gpus"][0]["minor"], 0);
  EXPECT_EQ(json["gpus"][0]["node"], "195:0");
  EXPECT_FALSE(json["gpus"][1].contains("minor"));
  EXPECT_FALSE(json["gpus"][0].contains("brand"));
  EXPECT_EQ(json["gpus"][1]["broken"], "fell off the bus");
  EXPECT_EQ(json["gpus"][2]["mig"], true);
  EXPECT_EQ(json["libraries"][6]["bits"], 32);
  EXPECT_TRUE(inventory_as_json(Inventory{})["cuda_version"].is_null());
}

}  // namespace
}  // namespace nvinject::cli
