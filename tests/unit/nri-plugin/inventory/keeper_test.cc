// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/inventory/keeper.h"

#include <gmock/gmock.h>
#include <poll.h>

#include <filesystem>
#include <string>

#include "core/inventory/fact_cache.h"
#include "core/inventory/scan.h"
#include "core/plan/capability_table.h"
#include "nri-plugin/inventory/unnamed_gpus.h"
#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"

namespace nvinject::nri {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::Field;
using ::testing::SizeIs;
using testing::Succeeds;

constexpr int kPatienceMs = 20000;

class Keeper : public ::testing::Test {
 protected:
  Keeper() : roots_(node_.roots()) {
    // Nodes that are there would be files here: they are derived from /proc/devices instead.
    roots_.dev = node_.tree().host("no-dev");
    node_.tree().directory("no-dev");
    node_.tree().directory("run");
    node_.tree().file("proc/sys/kernel/random/boot_id", "2a84b6fb-5c7d-4e87-95e4-00e3fbafbfba\n");
    auto keeper = InventoryKeeper::start(roots_);
    EXPECT_THAT(keeper, Succeeds());
    keeper_ = *std::move(keeper);
  }

  // What a look that is asked for now finds.
  SharedSnapshot look(Look look) const {
    keeper_->ask(look);
    pollfd ready{.fd = keeper_->fd(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&ready, 1, kPatienceMs), 1);
    return keeper_->take();
  }
  // As a probe that ran before would have.
  void keep_facts(const std::string& brand) const {
    const auto scanned = scan(roots_, wanted_files(CapabilitySet::all()), DeviceNumbers());
    ASSERT_THAT(scanned, Succeeds());
    ProbeReport report;
    for (const Gpu& gpu : scanned->gpus) {
      report.gpus.push_back({.bus_id = gpu.bus_id, .uuid = gpu.uuid, .brand = brand});
    }
    const auto cache = FactCache::open(roots_.state, roots_.proc, *scanned);
    ASSERT_THAT(cache, Succeeds());
    ASSERT_THAT(cache->write(report), Succeeds());
  }
  void remove(const std::string& below) const {
    std::filesystem::remove_all(node_.tree().path(below));
  }

  testing::DriverRootTree node_{testing::read_fixture("rhel.manifest")};
  Roots roots_;
  std::unique_ptr<InventoryKeeper> keeper_;
};

TEST_F(Keeper, KnowsNothingUntilItIsAsked) {
  EXPECT_EQ(keeper_->take(), nullptr);
  EXPECT_FALSE(keeper_->busy_since());
}

TEST_F(Keeper, TellsThatALookHasEndedAndWhatItFound) {
  const SharedSnapshot snapshot = look(Look::kScan);
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->inventory.driver_version, "999.88.77");
  EXPECT_THAT(snapshot->inventory.gpus, SizeIs(2));
  EXPECT_EQ(snapshot->generation, 1U);
  EXPECT_FALSE(snapshot->error);
  EXPECT_FALSE(snapshot->probed);
  EXPECT_FALSE(keeper_->busy_since());
  pollfd ready{.fd = keeper_->fd(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ready, 1, 0), 0) << "taken";
}

TEST_F(Keeper, TheGenerationCountsOnlyChanges) {
  EXPECT_EQ(look(Look::kScan)->generation, 1U);
  const SharedSnapshot same = look(Look::kScan);
  EXPECT_EQ(same->generation, 1U);
  remove("proc/driver/nvidia/gpus/0000:65:00.0");
  const SharedSnapshot changed = look(Look::kScan);
  EXPECT_EQ(changed->generation, 2U);
  EXPECT_GE(changed->scanned_at, same->scanned_at);
  EXPECT_EQ(look(Look::kScan)->generation, 2U);
}

TEST_F(Keeper, ADriverRootThatIsGoneIsASnapshotToo) {
  EXPECT_EQ(look(Look::kScan)->generation, 1U);
  roots_.driver = node_.tree().host("nowhere");
  keeper_ = *InventoryKeeper::start(roots_);
  const SharedSnapshot gone = look(Look::kScan);
  ASSERT_TRUE(gone->error);
  EXPECT_EQ(gone->error->code, ErrorCode::kNotFound);
  EXPECT_TRUE(gone->inventory.gpus.empty());
  EXPECT_EQ(look(Look::kScan)->generation, 1U) << "the same error is no change";
  node_.tree().directory("nowhere");
  EXPECT_FALSE(look(Look::kScan)->error);
}

// A probe may take seconds, and a look happens every few.
TEST_F(Keeper, WhatAProbeToldStaysWhileTheMachineLooksTheSame) {
  keep_facts("Tesla");
  const SharedSnapshot probed = look(Look::kProbe);
  ASSERT_TRUE(probed->probed) << (probed->probe_error ? probed->probe_error->message : "");
  EXPECT_THAT(probed->inventory.gpus, Each(Field(&Gpu::brand, "Tesla")));

  keep_facts("GeForce");
  for (const Look next : {Look::kScan, Look::kProbe}) {
    const SharedSnapshot same = look(next);
    EXPECT_TRUE(same->probed);
    EXPECT_THAT(same->inventory.gpus, Each(Field(&Gpu::brand, "Tesla")));
    EXPECT_EQ(same->generation, probed->generation);
  }

  remove("proc/driver/nvidia/gpus/0000:65:00.0");
  const SharedSnapshot changed = look(Look::kScan);
  EXPECT_FALSE(changed->probed);
  EXPECT_THAT(changed->inventory.gpus, Each(Field(&Gpu::brand, std::nullopt)));
  keep_facts("GeForce");
  EXPECT_THAT(look(Look::kProbe)->inventory.gpus, Each(Field(&Gpu::brand, "GeForce")));
}

TEST_F(Keeper, AProbeThatFailedLeavesWhatTheScanFound) {
  // The driver root's NVML is no library.
  const SharedSnapshot snapshot = look(Look::kProbe);
  EXPECT_FALSE(snapshot->probed);
  ASSERT_TRUE(snapshot->probe_error);
  EXPECT_THAT(snapshot->inventory.gpus, SizeIs(2));
  // A scan does not ask again, and does not forget either.
  EXPECT_EQ(look(Look::kScan)->probe_error, snapshot->probe_error);
}

// The driver shows no UUID before the first use, and a pod cannot ask: somebody on the host does.
TEST_F(Keeper, AGpuHasItsNameAsSoonAsSomebodyHasAskedForIt) {
  const std::string information = "proc/driver/nvidia/gpus/0000:65:00.0/information";
  const std::string warm = node_.tree().read(information);
  const std::string uuid = "GPU-aaaa0001-0000-4000-8000-000000000001";
  std::string cold = warm;
  cold.replace(cold.find(uuid), uuid.size(), "GPU-?");
  node_.tree().file(information, cold);
  const SharedSnapshot asked = look(Look::kProbe);
  ASSERT_TRUE(asked->probe_error);
  EXPECT_EQ(unnamed_gpus(asked->inventory), std::vector<unsigned>{1});
  EXPECT_THAT(asked->inventory.findings, Contains(testing::Decides("GPU 1", kNotNamed, "use")));

  node_.tree().file(information, warm);
  keep_facts("Tesla");
  node_.tree().file(information, cold);
  const SharedSnapshot told = look(Look::kScan);
  EXPECT_TRUE(told->probed);
  EXPECT_FALSE(told->probe_error);
  EXPECT_EQ(told->inventory.gpus[1].uuid, uuid);
  EXPECT_EQ(look(Look::kScan)->generation, told->generation);

  // It is kept though the facts are gone and the machine looks otherwise, as long as it is that
  // GPU.
  remove("run/gpu-facts.json");
  remove("proc/driver/nvidia/gpus/0000:17:00.0");
  const SharedSnapshot changed = look(Look::kScan);
  ASSERT_THAT(changed->inventory.gpus, SizeIs(1));
  EXPECT_EQ(changed->inventory.gpus[0].uuid, uuid);
  EXPECT_FALSE(changed->probed);
  const std::string model = "NVIDIA L40S";
  node_.tree().file(information, cold.replace(cold.find(model), model.size(), "NVIDIA L4"));
  EXPECT_EQ(unnamed_gpus(look(Look::kScan)->inventory), std::vector<unsigned>{0});
}

// What is known of the others is kept while one is asked about again.
TEST_F(Keeper, AGpuThatDidNotAnswerIsAskedAgain) {
  const std::string information = "proc/driver/nvidia/gpus/0000:65:00.0/information";
  node_.tree().file(information, "Device Minor: 1\n");
  keep_facts("Tesla");
  const SharedSnapshot first = look(Look::kProbe);
  ASSERT_TRUE(first->probed);
  EXPECT_EQ(unnamed_gpus(first->inventory), std::vector<unsigned>{1});
  const SharedSnapshot again = look(Look::kProbe);
  EXPECT_GT(again->probed_at, first->probed_at);
  EXPECT_EQ(again->generation, first->generation);
  EXPECT_EQ(again->inventory.gpus[0].brand, "Tesla");
}

TEST_F(Keeper, TellsANodeWithoutGpusFromOneWhoseDriverIsMissing) {
  EXPECT_EQ(node_gpus(*look(Look::kScan)), NodeGpus::kShown);
  remove("proc/driver");
  const SharedSnapshot none = look(Look::kScan);
  EXPECT_EQ(node_gpus(*none), NodeGpus::kNone);
  node_.tree().file("sys/bus/pci/devices/0000:17:00.0/vendor", "0x10de\n");
  node_.tree().file("sys/bus/pci/devices/0000:17:00.0/class", "0x030200\n");
  const SharedSnapshot undriven = look(Look::kScan);
  EXPECT_EQ(node_gpus(*undriven), NodeGpus::kUndriven);
  EXPECT_EQ(undriven->undriven_gpus, std::vector<std::string>{"00000000:17:00.0"});
  EXPECT_GT(undriven->generation, none->generation);
  remove("etc");
  remove("usr");
  EXPECT_EQ(node_gpus(*look(Look::kScan)), NodeGpus::kUndriven) << "nor are there its files";
}

TEST_F(Keeper, WatchesWhatTheInventoryWasMadeFrom) {
  look(Look::kScan);
  EXPECT_FALSE(keeper_->take_changes());
  node_.tree().file("usr/lib64/libcuda.so.1000.0", "");
  EXPECT_TRUE(keeper_->take_changes());
  EXPECT_FALSE(keeper_->take_changes());
}

TEST_F(Keeper, ManyQuestionsAtOnceBecomeFewLooks) {
  for (int i = 0; i < 1000; ++i) keeper_->ask(Look::kScan);
  EXPECT_EQ(look(Look::kScan)->generation, 1U);
}

}  // namespace
}  // namespace nvinject::nri
