// SPDX-License-Identifier: Apache-2.0
#include "core/grant/allocation.h"

#include <gmock/gmock.h>

namespace nvinject {
namespace {

using ::testing::ElementsAre;

TEST(Allocation, OfNvidiasResourcesSomeAreGpus) {
  for (const char* const resource :
       {"nvidia.com/gpu", "nvidia.com/gpu.shared", "nvidia.com/mig-1g.10gb.me"}) {
    EXPECT_TRUE(is_gpu_resource(resource)) << resource;
  }
  for (const char* const resource :
       {"nvidia.com/hostdev", "nvidia.com/GA102GL_A10", "nvidia.com/gpu.other", "cpu", "",
        "example.com/nvidia.com/gpu", "amd.com/gpu"}) {
    EXPECT_FALSE(is_gpu_resource(resource)) << resource;
  }
}

TEST(Allocation, TwoReplicasOfAGpuAreOneGpu) {
  Allocation allocation;
  for (const char* const id : {"GPU-a::3", "GPU-b", "GPU-a::0", "GPU-b::1", "0:1", "0:1::2"}) {
    add_device(allocation, id);
  }
  EXPECT_THAT(allocation.devices, ElementsAre("GPU-a", "GPU-b", "0:1"));
}

}  // namespace
}  // namespace nvinject
