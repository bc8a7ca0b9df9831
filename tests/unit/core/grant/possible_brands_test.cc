// SPDX-License-Identifier: Apache-2.0
#include "core/grant/possible_brands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PossibleBrands, AreThoseOfAFamily) {
  for (const char* const model :
       {"Tesla T4", "Tesla V100-SXM2-16GB", "A100-SXM4-40GB", "NVIDIA A100-SXM4-80GB",
        "NVIDIA H100 80GB HBM3", "NVIDIA L4", "NVIDIA L40S", "NVIDIA GH200 480GB", "NVIDIA B200",
        "NVIDIA A100X"}) {
    EXPECT_THAT(possible_brands(model), ElementsAre("Tesla", "Nvidia")) << model;
  }
  EXPECT_THAT(possible_brands("NVIDIA GeForce RTX 3090"), ElementsAre("GeForce", "GeForceRTX"));
  EXPECT_THAT(possible_brands("GeForce GTX 1080 Ti"), ElementsAre("GeForce", "GeForceRTX"));
  EXPECT_THAT(possible_brands("TITAN RTX"), ElementsAre("TITAN", "TitanRTX"));
  EXPECT_THAT(possible_brands("NVIDIA TITAN V"), ElementsAre("TITAN", "TitanRTX"));
  EXPECT_THAT(possible_brands("Quadro RTX 8000"), ElementsAre("Quadro", "QuadroRTX"));
  EXPECT_THAT(possible_brands("NVIDIA RTX A6000"),
              ElementsAre("NvidiaRTX", "QuadroRTX", "Quadro", "Nvidia"));
}

TEST(PossibleBrands, AreNotKnownOfOthers) {
  for (const char* const model :
       {"", "NVIDIA", "NVIDIA Graphics Device", "NVIDIA T1000", "NVIDIA A100-4C", "GRID T4-8Q",
        "GRID A100-1-5CME", "NVIDIA RTX A6000-48Q", "NVIDIA Alpha", "A", " ", "-"}) {
    EXPECT_THAT(possible_brands(model), IsEmpty()) << model;
  }
}

}  // namespace
}  // namespace nvinject
