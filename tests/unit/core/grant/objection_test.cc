// SPDX-License-Identifier: Apache-2.0
#include "core/grant/objection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"

namespace nvinject {
namespace {

using testing::FailsWith;
using testing::sample_inventory;
using testing::Succeeds;

// For who gets these GPUs.
Result<void> check(const char* expression, const Inventory& inventory,
                   const std::vector<const Gpu*>& gpus) {
  const GpuRequest request{.requirements = {{"NVIDIA_REQUIRE_CUDA", expression}}};
  return check_requirements(request, inventory, gpus);
}

// For who gets all.
Result<void> check(const char* expression, const Inventory& inventory) {
  std::vector<const Gpu*> all;
  for (const Gpu& gpu : inventory.gpus) all.push_back(&gpu);
  return check(expression, inventory, all);
}

TEST(CheckRequirements, JudgesRequirements) {
  struct Row {
    const char* expression;
    bool satisfied;
  };
  for (const Row& row :
       {Row{"cuda>=12.4", true}, Row{"cuda>=12.5", false}, Row{"driver>=550.163", true},
        Row{"driver<550", false}, Row{"cuda>=13.0 driver>=550", true}}) {
    const auto judged = check(row.expression, sample_inventory());
    if (row.satisfied) {
      EXPECT_THAT(judged, Succeeds()) << row.expression;
    } else {
      EXPECT_THAT(judged, FailsWith(ErrorCode::kUnavailable, "requirement error: unsatisfied"))
          << row.expression;
    }
  }
}

TEST(CheckRequirements, SaysWhichRequirementAndWhatTheNodeHas) {
  const auto judged = check("cuda>=12.6", sample_inventory());
  EXPECT_THAT(judged, FailsWith(ErrorCode::kUnavailable, "NVIDIA_REQUIRE_CUDA='cuda>=12.6'"));
  EXPECT_THAT(judged, FailsWith(ErrorCode::kUnavailable, "driver 550.163.01, CUDA 12.4"));
}

TEST(CheckRequirements, RefusesAMalformedRequirement) {
  EXPECT_THAT(check("cuda>=twelve", sample_inventory()),
              FailsWith(ErrorCode::kInvalidRequest, "invalid expression"));
}

TEST(CheckRequirements, FailsWhereNobodyKnowsWhatIsRequired) {
  Inventory inventory = sample_inventory();
  inventory.cuda_version = std::nullopt;
  EXPECT_THAT(check("cuda>=12.0", inventory), FailsWith(ErrorCode::kUnavailable, "'cuda'"));
  EXPECT_THAT(check("brand=tesla", inventory), FailsWith(ErrorCode::kUnavailable, "'brand'"));
}

TEST(CheckRequirements, AsksEveryGpuForItsBrand) {
  Inventory inventory = sample_inventory(2);
  inventory.gpus[0].brand = "Tesla";
  inventory.gpus[1].brand = "GeForce";
  EXPECT_THAT(check("brand=tesla", inventory), FailsWith(ErrorCode::kUnavailable, "unsatisfied"));
  EXPECT_THAT(check("brand=tesla", inventory, {&inventory.gpus[0]}), Succeeds())
      << "who gets the other one";
}

// What images of CUDA say of drivers that are older than they are.
TEST(CheckRequirements, TakesTheModelForTheBrandWhereThatIsEnough) {
  Inventory inventory = sample_inventory(1);
  const auto judge = [&](const char* model, const char* expression) {
    inventory.gpus[0].model = model;
    return check(expression, inventory);
  };
  const char* const both = "cuda>=12.6 brand=tesla,driver>=550,driver<551 brand=nvidia,driver>=550";
  EXPECT_THAT(judge("NVIDIA H100 80GB HBM3", both), Succeeds());
  EXPECT_THAT(judge("NVIDIA GeForce RTX 4090", both),
              FailsWith(ErrorCode::kUnavailable, "unsatisfied condition: cuda>=12.6"));
  EXPECT_THAT(judge("NVIDIA A100-4C", both), FailsWith(ErrorCode::kUnavailable, "'brand'"));
  EXPECT_THAT(judge("NVIDIA H100 80GB HBM3", "brand=tesla"),
              FailsWith(ErrorCode::kUnavailable, "'brand'"));
  EXPECT_THAT(judge("NVIDIA H100 80GB HBM3", "brand!=geforce"), Succeeds());
  EXPECT_THAT(judge("NVIDIA H100 80GB HBM3", "brand!=geforce,arch>=9.0"),
              FailsWith(ErrorCode::kUnavailable, "'arch'"));
}

}  // namespace
}  // namespace nvinject
