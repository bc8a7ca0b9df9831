// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/complete_inventory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "tests/unit/core/inventory/probe_fixture.h"

namespace nvinject {
namespace {

using ::testing::HasSubstr;

class CompleteInventoryTest : public testing::ProbeTest {
 protected:
  [[nodiscard]] Result<Inventory> complete(const ProbeOptions& probe,
                                           Freshness freshness = Freshness::kCached) const {
    return complete_inventory(inventory(), roots(), {.probe = probe, .freshness = freshness});
  }
};

bool has_finding(const Inventory& inventory, const std::string& subject,
                 const std::string& choice) {
  for (const Decision& finding : inventory.findings) {
    if (finding.subject == subject && finding.choice == choice) return true;
  }
  return false;
}

TEST_F(CompleteInventoryTest, AsksOnceAndRemembers) {
  const ProbeOptions options = probe("json");
  const auto first = complete(options);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->gpus[0].uuid, "GPU-aaaa");
  EXPECT_EQ(first->gpus[0].brand, "Nvidia");
  EXPECT_EQ(first->gpus[0].architecture, "9.0");
  EXPECT_EQ(first->gpus[0].mig_devices[0].uuid, "MIG-bbbb");
  EXPECT_EQ(first->gpus[0].mig_devices[0].index, 0U);
  EXPECT_EQ(first->cuda_version, "12.4");
  EXPECT_EQ(complete(options), first);
  EXPECT_EQ(runs("json"), 1U);
}

TEST_F(CompleteInventoryTest, WhatIsKeptIsFoundWithoutAsking) {
  const ProbeOptions options = probe("json");
  EXPECT_FALSE(complete_from_cache(inventory(), roots()));
  const auto asked = complete(options);
  ASSERT_TRUE(asked) << asked.error().message;
  Inventory cold = inventory();
  cold.findings.push_back({"GPU 0", kNotNamed, "cold"});
  const auto kept = complete_from_cache(cold, roots());
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(kept->gpus, asked->gpus);
  EXPECT_FALSE(has_finding(*kept, "GPU 0", kNotNamed));
  EXPECT_EQ(runs("json"), 1U);
}

TEST_F(CompleteInventoryTest, EightProcessesAtOnceAskOnce) {
  const ProbeOptions options = probe("slow");
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto completed = complete(options);
      ::_exit(completed && completed->gpus[0].uuid == "GPU-aaaa" ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(runs("slow"), 1U);
}

TEST_F(CompleteInventoryTest, AKilledProberDoesNotKeepTheLock) {
  const ProbeOptions hanging = probe("hang");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(complete(hanging) ? 0 : 1);
  for (int tries = 0; runs("hang") == 0 && tries < 200; ++tries) ::usleep(20'000);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(complete(probe("json")));
}

TEST_F(CompleteInventoryTest, WaitsForALockOnlySoLong) {
  const auto cache = FactCache::open(tree_.host("state"), tree_.host("proc"), inventory());
  const auto lock = cache->lock(std::chrono::milliseconds(0));
  ASSERT_TRUE(lock);
  const auto completed =
      complete_inventory(inventory(), roots(),
                         {.probe = probe("json"), .lock_deadline = std::chrono::milliseconds(50)});
  ASSERT_FALSE(completed);
  EXPECT_EQ(completed.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(completed.error().message, HasSubstr("probe.lock"));
}

TEST_F(CompleteInventoryTest, ABadCacheMeansAskingAgainAndIsReplaced) {
  const ProbeOptions options = probe("json");
  ASSERT_TRUE(complete(options));
  tree_.file("state/gpu-facts.json", "garbage");
  const auto completed = complete(options);
  ASSERT_TRUE(completed) << completed.error().message;
  EXPECT_TRUE(has_finding(*completed, "fact cache", "ignored"));
  EXPECT_EQ(runs("json"), 2U);
  EXPECT_FALSE(has_finding(complete(options).value(), "fact cache", "ignored"));
  EXPECT_EQ(runs("json"), 2U);
}

TEST_F(CompleteInventoryTest, WithoutAPlaceForFactsItAsksEveryTime) {
  const ProbeOptions options = probe("json");
  tree_.file("state", "a file in the place of the directory");
  ASSERT_TRUE(complete(options));
  const auto completed = complete(options);
  ASSERT_TRUE(completed);
  EXPECT_TRUE(has_finding(*completed, "fact cache", "not used"));
  EXPECT_EQ(runs("json"), 2U);
}

TEST_F(CompleteInventoryTest, WithoutGpusNobodyIsAsked) {
  EXPECT_EQ(complete_inventory(Inventory{}, roots(), {.probe = probe("json")}), Inventory{});
  EXPECT_EQ(runs("json"), 0U);
}

TEST_F(CompleteInventoryTest, AProbeThatFailsIsAnErrorThatSaysSo) {
  const auto completed = complete(probe("complain"));
  ASSERT_FALSE(completed);
  EXPECT_THAT(completed.error().message, HasSubstr("ask the driver about its GPUs: run '"));
  EXPECT_THAT(completed.error().message, HasSubstr("the driver is broken"));
}

TEST_F(CompleteInventoryTest, OneBrokenGpuDoesNotHideTheOthers) {
  const auto completed = complete(probe("json", R"({"schema":1,"driver_version":null,
    "cuda_version":null,"gpus":[
    {"bus_id":null,"uuid":null,"brand":null,"architecture":null,"mig_devices":[],
     "error":"nvmlDeviceGetHandleByIndex_v2: GPU is lost"},
    {"bus_id":"00000000:10:00.0","uuid":"GPU-aaaa","brand":null,"architecture":"9.0",
     "mig_devices":[],"error":null}],"error":null})"));
  ASSERT_TRUE(completed) << completed.error().message;
  EXPECT_EQ(completed->gpus[0].uuid, "GPU-aaaa");
  EXPECT_TRUE(has_finding(*completed, "a GPU", "ignored"));
}

TEST(WithProbedFacts, ChangesNothingThatTheScanKnows) {
  Inventory inventory;
  inventory.cuda_version = "12.4";
  inventory.gpus.resize(2);
  inventory.gpus[0].bus_id = "00000000:10:00.0";
  inventory.gpus[0].uuid = "GPU-known";
  inventory.gpus[1].index = 1;
  inventory.gpus[1].bus_id = "00000000:20:00.0";
  ProbeReport report;
  report.cuda_version = "99.0";
  report.gpus.push_back({.bus_id = "00000000:20:00.0",
                         .uuid = "GPU-new",
                         .brand = {},
                         .architecture = {},
                         .mig_devices = {{.uuid = "MIG-x", .gpu_instance = 1}},
                         .error = "nvmlDeviceGetBrand: \nlost"});
  report.gpus.push_back({.bus_id = "00000000:10:00.0",
                         .uuid = "GPU-other",
                         .brand = "Tesla",
                         .architecture = {},
                         .mig_devices = {},
                         .error = {}});
  const Inventory merged = with_probed_facts(inventory, report);
  EXPECT_EQ(merged.cuda_version, "12.4");
  EXPECT_EQ(merged.gpus[0].uuid, "GPU-known");
  EXPECT_EQ(merged.gpus[0].brand, "Tesla");
  EXPECT_EQ(merged.gpus[1].uuid, "GPU-new");
  EXPECT_TRUE(merged.gpus[1].mig_devices.empty());
  EXPECT_TRUE(has_finding(merged, "MIG device 1/0 of GPU 1", "ignored"));
  EXPECT_TRUE(has_finding(merged, "GPU 1", "partly known"));
  for (const Decision& finding : merged.findings) {
    EXPECT_EQ(finding.reason.find('\n'), std::string::npos) << finding.reason;
  }
}

TEST(WithProbedFacts, AGpuThatNvmlDoesNotShowIsAFinding) {
  Inventory inventory;
  inventory.gpus.resize(1);
  inventory.gpus[0].bus_id = "00000000:10:00.0";
  const Inventory merged = with_probed_facts(inventory, {});
  EXPECT_TRUE(has_finding(merged, "GPU 0", "not probed"));
  EXPECT_EQ(merged.gpus, inventory.gpus);
}

}  // namespace
}  // namespace nvinject
