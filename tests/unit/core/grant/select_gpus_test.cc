// SPDX-License-Identifier: Apache-2.0
#include "core/grant/select_gpus.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"
#include "tests/unit/core/grant/selected.h"

namespace nvinject {
namespace {

using testing::cdi_name;
using testing::Decides;
using ::testing::ElementsAre;
using testing::FailsWith;
using testing::index_of;
using testing::indices;
using ::testing::IsEmpty;
using testing::request_all;
using testing::request_listed;
using testing::sample_inventory;
using testing::Succeeds;

DeviceId uuid(std::string text) { return {DeviceIdKind::kUuid, std::move(text), 0, 0}; }
DeviceId bus_id(std::string text) { return {DeviceIdKind::kPciBusId, std::move(text), 0, 0}; }

TEST(SelectGpus, NamesThemInEveryWay) {
  struct Row {
    const char* name;
    std::vector<DeviceId> devices;
    std::vector<unsigned> gpus;
  };
  const Inventory inventory = sample_inventory();
  const Row rows[] = {
      {"an index", {index_of(2)}, {2}},
      {"a UUID", {uuid("GPU-cccccccc-0000-4000-8000-000000000000")}, {2}},
      {"a UUID in capitals", {uuid("gpu-CCCCCCCC-0000-4000-8000-000000000000")}, {2}},
      {"the beginning of a UUID", {uuid("GPU-c")}, {2}},
      {"a bus id", {bus_id("00000000:30:00.0")}, {2}},
      {"a short bus id", {bus_id("0000:30:00.0")}, {2}},
      {"several, in PCI order", {index_of(3), index_of(0), uuid("GPU-b")}, {0, 1, 3}},
      {"the same one in three ways", {index_of(1), uuid("GPU-b"), bus_id("0000:20:00.0")}, {1}},
  };
  for (const Row& row : rows) {
    const auto selection = select_gpus(request_listed(row.devices), inventory);
    ASSERT_THAT(selection, Succeeds()) << row.name;
    EXPECT_EQ(indices(selection), row.gpus) << row.name;
    EXPECT_THAT(selection->decisions, IsEmpty()) << row.name;
  }
}

TEST(SelectGpus, FailsForADeviceThatIsNotThere) {
  const Inventory inventory = sample_inventory();
  for (const DeviceId& id :
       {index_of(4), index_of(4294967295), uuid("GPU-9"),
        uuid("GPU-cccccccc-0000-4000-8000-000000000001"), bus_id("0000:99:00.0")}) {
    EXPECT_THAT(select_gpus(request_listed({index_of(0), id}), inventory),
                FailsWith(ErrorCode::kNotFound, "'" + id.text + "'"))
        << id.text;
  }
}

TEST(SelectGpus, SaysWhichGpusThereAre) {
  const GpuRequest request = request_listed({index_of(8)});
  EXPECT_THAT(select_gpus(request, sample_inventory(4)),
              FailsWith(ErrorCode::kNotFound, "this node has GPUs 0 to 3"));
  EXPECT_THAT(select_gpus(request, sample_inventory(1)),
              FailsWith(ErrorCode::kNotFound, "this node has GPU 0"));
  EXPECT_THAT(select_gpus(request, sample_inventory(0)),
              FailsWith(ErrorCode::kNotFound, "this node has no GPU"));
}

TEST(SelectGpus, RefusesTheBeginningOfTwoUuids) {
  Inventory inventory = sample_inventory(2);
  inventory.gpus[1].uuid = "GPU-aaaaaaaa-1111-4000-8000-000000000000";
  EXPECT_THAT(select_gpus(request_listed({uuid("GPU-aaaa")}), inventory),
              FailsWith(ErrorCode::kInvalidRequest, "ambiguous"));
}

TEST(SelectGpus, TakesAWholeUuidThatAnotherOneBeginsWith) {
  Inventory inventory = sample_inventory(2);
  inventory.gpus[0].uuid = "GPU-aaaa1";
  inventory.gpus[1].uuid = "GPU-aaaa";
  const auto selection = select_gpus(request_listed({uuid("GPU-AAAA")}), inventory);
  ASSERT_THAT(selection, Succeeds());
  EXPECT_THAT(indices(selection), ElementsAre(1));
}

TEST(SelectGpus, RefusesABrokenGpuThatIsNamed) {
  Inventory inventory = sample_inventory(2);
  inventory.gpus[1].broken = "fell off the bus";
  EXPECT_THAT(select_gpus(request_listed({uuid("GPU-b")}), inventory),
              FailsWith(ErrorCode::kUnavailable, "'GPU-b' (GPU 1) is broken: fell off the bus"));
  EXPECT_THAT(select_gpus(request_listed({index_of(0)}), inventory), Succeeds());
}

TEST(SelectGpus, PassesOverBrokenGpusForAll) {
  Inventory inventory = sample_inventory(3);
  inventory.gpus[1].broken = "fell off the bus";
  const auto selection = select_gpus(request_all(), inventory);
  ASSERT_THAT(selection, Succeeds());
  EXPECT_THAT(indices(selection), ElementsAre(0, 2));
  EXPECT_THAT(selection->decisions, ElementsAre(Decides("GPU 1", "passed over", "fell off")));
}

TEST(SelectGpus, FailsForAllWhereThereIsNone) {
  EXPECT_THAT(select_gpus(request_all(), sample_inventory(0)),
              FailsWith(ErrorCode::kUnavailable, "the driver shows none"));
  Inventory inventory = sample_inventory(1);
  inventory.gpus[0].broken = "fell off the bus";
  EXPECT_THAT(select_gpus(request_all(), inventory),
              FailsWith(ErrorCode::kUnavailable, "every one is broken: fell off the bus"));
}

TEST(SelectGpus, TakesCdiNamesForTheGpusTheyName) {
  struct Row {
    const char* name;
    std::vector<DeviceId> devices;
    std::vector<unsigned> gpus;
  };
  const Inventory inventory = sample_inventory();
  const Row rows[] = {
      {"an index", {cdi_name("nvidia.com/gpu=2")}, {2}},
      {"a UUID", {cdi_name("nvidia.com/gpu=GPU-cccccccc-0000-4000-8000-000000000000")}, {2}},
      {"a bus id", {cdi_name("nvidia.com/gpu=0000:30:00.0")}, {2}},
      {"all", {cdi_name("nvidia.com/gpu=all")}, {0, 1, 2, 3}},
      {"all and one of them", {cdi_name("nvidia.com/gpu=all"), index_of(1)}, {0, 1, 2, 3}},
      {"beside a plain id", {cdi_name("nvidia.com/gpu=3"), index_of(0)}, {0, 3}},
      {"the same one twice", {cdi_name("nvidia.com/gpu=1"), uuid("GPU-b")}, {1}},
  };
  for (const Row& row : rows) {
    const auto selection = select_gpus(request_listed(row.devices), inventory);
    ASSERT_THAT(selection, Succeeds()) << row.name;
    EXPECT_EQ(indices(selection), row.gpus) << row.name;
  }
}

TEST(SelectGpus, RefusesCdiNamesOfWhatIsNoGpu) {
  for (const char* const name :
       {"management.nvidia.com/gpu=all", "nvidia.com/mig=0:0", "nvidia.com/pgpu=0",
        "runtime.nvidia.com/gpu=0", "vendor.com/gpu=0", "nvidia.com/gds=all"}) {
    EXPECT_THAT(select_gpus(request_listed({cdi_name(name)}), sample_inventory()),
                FailsWith(ErrorCode::kUnsupported, "'" + std::string(name) + "'"));
  }
}

TEST(SelectGpus, FailsForACdiNameOfNoGpuOfThisNode) {
  for (const char* const name : {"nvidia.com/gpu=9", "nvidia.com/gpu=gpu0", "nvidia.com/gpu=none",
                                 "nvidia.com/gpu=GPU-9", "nvidia.com/gpu=ALL"}) {
    EXPECT_THAT(select_gpus(request_listed({cdi_name(name)}), sample_inventory()),
                FailsWith(ErrorCode::kNotFound, "'" + std::string(name) + "'"));
  }
}

TEST(SelectGpus, PassesOverABrokenGpuForAllInACdiNameToo) {
  Inventory inventory = sample_inventory(2);
  inventory.gpus[1].broken = "fell off the bus";
  const auto all = select_gpus(request_listed({cdi_name("nvidia.com/gpu=all")}), inventory);
  ASSERT_THAT(all, Succeeds());
  EXPECT_THAT(indices(all), ElementsAre(0));
  EXPECT_THAT(all->decisions, ElementsAre(Decides("GPU 1", "passed over", "fell off")));
  EXPECT_THAT(select_gpus(request_listed({cdi_name("nvidia.com/gpu=1")}), inventory),
              FailsWith(ErrorCode::kUnavailable, "'nvidia.com/gpu=1' (GPU 1) is broken"));
}

TEST(SelectGpus, GivesNoneToWhoWantsTheDriverOnly) {
  GpuRequest request = request_all();
  for (const DeviceScope scope : {DeviceScope::kDriverOnly, DeviceScope::kNothing}) {
    request.scope = scope;
    const auto selection = select_gpus(request, sample_inventory());
    ASSERT_THAT(selection, Succeeds());
    EXPECT_THAT(indices(selection), IsEmpty());
  }
}

TEST(SelectGpus, EscapesWhatAnImageWrote) {
  EXPECT_THAT(select_gpus(request_listed({uuid("GPU-\x1b[31m\n")}), sample_inventory()),
              FailsWith(ErrorCode::kNotFound, "'GPU-\\x1b[31m\\x0a'"));
}

}  // namespace
}  // namespace nvinject
