// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/allocate.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject::nri {
namespace {

using testing::FailsWith;
using testing::Succeeds;

TEST(Allocate, NamesGpusAndNoReplicas) {
  const Offer offer{.gpus = {{.uuid = "GPU-a"}, {.uuid = "GPU-b", .index = 1}}, .replicas = 2};
  const auto handout = allocate(offer, {"GPU-b::1", "GPU-a::0", "GPU-b::0"});
  ASSERT_THAT(handout, Succeeds());
  EXPECT_EQ(handout->visible_devices, "GPU-a,GPU-b");
}

TEST(Allocate, RefusesWhatIsNotOffered) {
  const Offer offer{.gpus = {{.uuid = "GPU-a"}}};
  EXPECT_THAT(allocate(offer, {"GPU-a", "GPU-c"}), FailsWith(ErrorCode::kNotFound, "'GPU-c'"));
  EXPECT_THAT(allocate(offer, {"GPU-a::0"}), FailsWith(ErrorCode::kNotFound, "'GPU-a::0'"));
  EXPECT_THAT(allocate(offer, {}), FailsWith(ErrorCode::kInvalidRequest, "no device"));
}

}  // namespace
}  // namespace nvinject::nri
