// SPDX-License-Identifier: Apache-2.0
#include "core/cli/cdi_names.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::sample_mig_inventory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const CdiNamings kAll = {CdiNaming::kIndex, CdiNaming::kUuid, CdiNaming::kTypeIndex};

CdiSpec file_with(std::vector<std::string> names) {
  CdiSpec spec;
  for (std::string& name : names) spec.devices.push_back({std::move(name), {}, {}});
  return spec;
}

TEST(CdiNames, FollowEachStrategy) {
  const Gpu gpu = sample_mig_inventory().gpus[1];
  const MigDevice& device = gpu.mig_devices[1];
  EXPECT_THAT(cdi_names_of(gpu, kAll).names, ElementsAre("1", gpu.uuid, "gpu1"));
  EXPECT_THAT(cdi_names_of(gpu, device, kAll).names, ElementsAre("1:2", device.uuid, "mig1:2"));
  EXPECT_THAT(cdi_names_of(gpu, device, {CdiNaming::kUuid, CdiNaming::kUuid}).names,
              ElementsAre(device.uuid));
}

TEST(CdiNames, SayOnceWhatIsMissing) {
  Gpu gpu = sample_mig_inventory().gpus[1];
  const MigDevice unknown{.uuid = {}, .gpu_instance = 7, .compute_instance = 0};
  EXPECT_THAT(cdi_names_of(gpu, unknown, kAll).names, IsEmpty());
  EXPECT_THAT(cdi_names_of(gpu, unknown, kAll).missing, ElementsAre("index", "UUID"));
  EXPECT_THAT(cdi_names_of(gpu, unknown, {CdiNaming::kTypeIndex}).missing, ElementsAre("index"));
  gpu.uuid.clear();
  EXPECT_THAT(cdi_names_of(gpu, kUsualCdiNamings).names, ElementsAre("1"));
}

TEST(CdiNamings, AreReadFromWordsAndFromAFile) {
  EXPECT_EQ(parse_cdi_namings({}), kUsualCdiNamings);
  EXPECT_EQ(parse_cdi_namings({"type-index", "uuid"}),
            (CdiNamings{CdiNaming::kTypeIndex, CdiNaming::kUuid}));
  EXPECT_THAT(parse_cdi_namings({"uuid", "bus-id"}),
              FailsWith(ErrorCode::kInvalidRequest, "'bus-id'"));
  EXPECT_EQ(cdi_namings_of(file_with({"all"})), kUsualCdiNamings);
  EXPECT_THAT(cdi_namings_of(file_with({"0:1", "all"})), ElementsAre(CdiNaming::kIndex));
  EXPECT_THAT(cdi_namings_of(file_with({"gpu0", "MIG-aaaa", "all"})),
              ElementsAre(CdiNaming::kUuid, CdiNaming::kTypeIndex));
  EXPECT_THAT(cdi_namings_of(file_with({"mig1:0", "gp", "migrate"})),
              ElementsAre(CdiNaming::kTypeIndex));
}

}  // namespace
}  // namespace nvinject::cli
