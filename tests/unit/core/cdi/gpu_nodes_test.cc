// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/gpu_nodes.h"

#include <gmock/gmock.h>

namespace nvinject {
namespace {

using ::testing::ElementsAre;

TEST(GpuNodes, AreThoseOfGpusAndOfRightsOfMigDevices) {
  CdiEdits edits;
  for (const char* const path :
       {"/dev/nvidiactl", "/dev/nvidia7", "/dev/nvidia-uvm", "/dev/nvidia-caps/nvidia-cap12",
        "/dev/nvidia-caps/other", "/dev/nvidia7x", "/dev/nvidia"}) {
    edits.device_nodes.push_back({.path = path, .host_path = {}, .type = {}});
  }
  EXPECT_THAT(gpu_nodes_of(edits), ElementsAre("/dev/nvidia-caps/nvidia-cap12", "/dev/nvidia7"));
  EXPECT_EQ(describe_gpu_nodes(gpu_nodes_of(edits)), "/dev/nvidia-caps/nvidia-cap12, /dev/nvidia7");
  EXPECT_EQ(describe_gpu_nodes({}), "no GPU");
}

}  // namespace
}  // namespace nvinject
