// SPDX-License-Identifier: Apache-2.0
#include "core/render/hook_command.h"

#include <gmock/gmock.h>

#include "tests/support/sample_node.h"
#include "tests/support/sample_plan.h"

namespace nvinject {
namespace {

using ::nvinject::testing::sample_inventory;
using ::nvinject::testing::sample_plan;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(HookArguments, NameTheLibrariesThatAreMounted) {
  EXPECT_THAT(hook_arguments(sample_inventory(), sample_plan(), CudaCompatHook::kNo),
              ElementsAre("ld-cache", "libcuda.so.1"));
  EXPECT_THAT(hook_arguments(sample_inventory(), sample_plan(), CudaCompatHook::kYes),
              ElementsAre("ld-cache", "--cuda-compat=550.163.01", "libcuda.so.1"));
}

TEST(HookArguments, AreNoneWithoutLibraries) {
  EXPECT_THAT(hook_arguments(sample_inventory(), {}, CudaCompatHook::kYes), IsEmpty());
}

}  // namespace
}  // namespace nvinject
