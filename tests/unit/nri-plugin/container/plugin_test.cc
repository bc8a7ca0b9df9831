// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/plugin.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "tests/support/sample_node.h"
#include "tests/support/sample_nri.h"

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

class PluginTest : public ::testing::Test {
 protected:
  PluginTest() {
    config_.grant.mode = PolicyMode::kEnv;
    plugin_.set_runtime({.name = "containerd", .version_text = "2.1.9"});
  }

  void know_the_machine(std::optional<Error> error = {}) {
    auto snapshot = std::make_shared<Snapshot>();
    if (!error) snapshot->inventory = testing::sample_inventory();
    snapshot->error = std::move(error);
    snapshot->generation = ++generation_;
    snapshot->scanned_at = now_;
    plugin_.set_snapshot(snapshot);
  }
  static std::string asking_for(const std::string& gpus) {
    auto request = testing::sample_create_request();
    request.mutable_container()->add_env("NVIDIA_VISIBLE_DEVICES=" + gpus);
    return request.SerializeAsString();
  }
  CreateAnswer ask_and_record(const std::string& payload) {
    Creation creation = plugin_.create_container(payload, now_);
    CreateAnswer answer = creation.answer;
    plugin_.record(std::move(creation), now_);
    return answer;
  }
  static Question existing(const std::string& id, const std::string& env) {
    Question question;
    question.who.id = id;
    question.facts.env = {env};
    return question;
  }
  [[nodiscard]] bool has_metric(const std::string& line) {
    return metrics_.print({}, {}).find("\n" + line + "\n") != std::string::npos;
  }

  Config config_;
  Metrics metrics_;
  Plugin plugin_{config_, metrics_};
  Plugin::Clock::time_point now_ = Plugin::Clock::now();
  std::uint64_t generation_ = 0;
};

TEST_F(PluginTest, AskingIsNotRecording) {
  know_the_machine();
  const Creation creation = plugin_.create_container(asking_for("0"), now_);
  ASSERT_TRUE(std::holds_alternative<std::string>(creation.answer));
  EXPECT_FALSE(std::get<std::string>(creation.answer).empty());
  EXPECT_EQ(creation.question.who.pod, "sample");
  EXPECT_THAT(plugin_.report().containers, IsEmpty());
}

TEST_F(PluginTest, WhatIsRecordedIsInReportAndMetricsUntilItIsForgotten) {
  know_the_machine();
  ask_and_record(asking_for("1,3"));
  const auto containers = plugin_.report().containers;
  ASSERT_THAT(containers, SizeIs(1));
  EXPECT_EQ(containers[0].asked, "1,3");
  EXPECT_EQ(containers[0].source, "NVIDIA_VISIBLE_DEVICES");
  EXPECT_THAT(containers[0].gpus, ElementsAre(1U, 3U));
  EXPECT_TRUE(has_metric("nvinject_requests_total{outcome=\"served\"} 1"));
  plugin_.forget_container("nobody");
  plugin_.forget_container(std::string(64, 'b'));
  EXPECT_THAT(plugin_.report().containers, IsEmpty());
}

TEST_F(PluginTest, WhoAsksForNothingIsCountedAndNotKept) {
  const auto answer = ask_and_record(testing::sample_create_request().SerializeAsString());
  EXPECT_EQ(std::get<std::string>(answer), "");
  EXPECT_TRUE(has_metric("nvinject_requests_total{outcome=\"none\"} 1"));
  EXPECT_THAT(plugin_.report().containers, IsEmpty());
}

TEST_F(PluginTest, WithoutALookTheAnswerHasToWait) {
  const Creation creation = plugin_.create_container(asking_for("0"), now_);
  EXPECT_EQ(std::get<Missing>(creation.answer), Missing::kSnapshot);
}

TEST_F(PluginTest, AnAuditTakesNothingButTheGateAway) {
  config_.grant = {.mode = PolicyMode::kEnv, .enforce = Enforce::kAudit};
  know_the_machine();
  api::CreateContainerRequest request;
  ASSERT_TRUE(request.ParseFromString(asking_for("0")));
  request.mutable_container()->add_mounts()->set_destination("/proc/nvinject-gate");
  const Creation creation = plugin_.create_container(request.SerializeAsString(), now_);
  api::CreateContainerResponse response;
  ASSERT_TRUE(response.ParseFromString(std::get<std::string>(creation.answer)));
  ASSERT_EQ(response.adjust().mounts_size(), 1);
  EXPECT_EQ(response.adjust().mounts(0).destination(), "-/proc/nvinject-gate");
  EXPECT_EQ(response.adjust().env_size(), 0);
  EXPECT_FALSE(response.adjust().has_linux());
}

TEST_F(PluginTest, AnOldLookIsNotTheLastWordOnWhatIsMissing) {
  know_the_machine();
  const auto later = now_ + 2s;
  const Creation asked_later = plugin_.create_container(asking_for("9"), later);
  EXPECT_EQ(std::get<Missing>(asked_later.answer), Missing::kFreshSnapshot);
  // Half a second ago is now.
  const Creation asked_soon = plugin_.create_container(asking_for("9"), now_ + 500ms);
  EXPECT_THAT(std::get<Refusal>(asked_soon.answer).message, HasSubstr("'9'"));
}

TEST_F(PluginTest, RefusalsHaveTheCodesThatACallerUnderstands) {
  config_.grant = {.mode = PolicyMode::kAllocated, .enforce = Enforce::kDeny};
  know_the_machine();
  const Result<Allocation> nothing = Allocation{};
  Creation denied = plugin_.create_container(asking_for("0"), now_, &nothing);
  EXPECT_EQ(std::get<Refusal>(denied.answer).code, StatusCode::kPermissionDenied);
  plugin_.record(std::move(denied), now_);
  EXPECT_TRUE(has_metric("nvinject_requests_total{outcome=\"denied\"} 1"));
  config_.grant.mode = PolicyMode::kEnv;
  EXPECT_EQ(std::get<Refusal>(ask_and_record(asking_for("!"))).code, StatusCode::kInvalidArgument);
  EXPECT_EQ(std::get<Refusal>(ask_and_record(asking_for("9"))).code,
            StatusCode::kFailedPrecondition);
  know_the_machine(Error{ErrorCode::kSystem, "open '/drv': Input/output error", 5});
  EXPECT_EQ(std::get<Refusal>(ask_and_record(asking_for("0"))).code, StatusCode::kInternal);
  EXPECT_EQ(std::get<Refusal>(ask_and_record("\x12\x7f")).code, StatusCode::kInvalidArgument);
  EXPECT_TRUE(has_metric("nvinject_requests_total{outcome=\"refused\"} 4"));
  EXPECT_THAT(plugin_.report().containers, IsEmpty());
}

TEST_F(PluginTest, GivingUpSaysWhatWasWaitedForAndWhere) {
  config_.roots.driver = HostPath("/run/driver");
  EXPECT_THAT(plugin_.give_up(asking_for("0"), Missing::kSnapshot, now_).message,
              HasSubstr("'/run/driver'"));
  EXPECT_THAT(plugin_.give_up(asking_for("0"), Missing::kProbe, now_).message,
              HasSubstr("nvinject-probe"));
  EXPECT_THAT(plugin_.give_up(asking_for("0"), Missing::kAllocation, now_).message,
              HasSubstr("kubelet"));
  EXPECT_EQ(plugin_.give_up("\x12\x7f", Missing::kSnapshot, now_).code,
            StatusCode::kFailedPrecondition);
  EXPECT_TRUE(has_metric("nvinject_requests_total{outcome=\"timeout\"} 4"));
}

TEST_F(PluginTest, SynchronisingReplacesWhatWasKnown) {
  know_the_machine();
  ask_and_record(asking_for("0"));
  plugin_.synchronise({existing("c1", "NVIDIA_VISIBLE_DEVICES=all"), existing("c2", "A=b")});
  const auto containers = plugin_.report().containers;
  ASSERT_THAT(containers, SizeIs(1));
  EXPECT_EQ(containers[0].id, "c1");
  EXPECT_EQ(containers[0].outcome, ContainerOutcome::kWithout);
}

TEST_F(PluginTest, AnAuditLearnsLaterWhatItCouldNotKnowAtFirst) {
  config_.grant.enforce = Enforce::kAudit;
  plugin_.synchronise({existing("c1", "NVIDIA_VISIBLE_DEVICES=2")});
  ASSERT_THAT(plugin_.report().containers, SizeIs(1));
  EXPECT_THAT(plugin_.report().containers[0].would_get, IsEmpty());
  know_the_machine();
  ASSERT_THAT(plugin_.report().containers, SizeIs(1));
  EXPECT_THAT(plugin_.report().containers[0].would_get, ElementsAre(2U));
}

// What happens between the two must not be undone.
TEST_F(PluginTest, AnAuditDoesNotBringBackWhoHasGoneMeanwhile) {
  config_.grant.enforce = Enforce::kAudit;
  plugin_.synchronise({existing("c1", "NVIDIA_VISIBLE_DEVICES=2")});
  plugin_.forget_container("c1");
  ask_and_record(asking_for("0"));
  know_the_machine();
  const auto containers = plugin_.report().containers;
  ASSERT_THAT(containers, SizeIs(1));
  EXPECT_EQ(containers[0].id, std::string(64, 'b'));
}

TEST_F(PluginTest, TheReportNamesRuntimePolicyAndMachine) {
  EXPECT_EQ(plugin_.report().inventory_generation, 0U);
  know_the_machine();
  const StatusReport report = plugin_.report();
  EXPECT_EQ(report.runtime, "containerd 2.1.9");
  EXPECT_EQ(report.mode, "env");
  EXPECT_EQ(report.enforce, "warn");
  EXPECT_EQ(report.driver_version, "550.163.01");
  EXPECT_EQ(report.inventory_generation, 1U);
  EXPECT_THAT(report.gpus, SizeIs(4));
  EXPECT_EQ(plugin_.generation(), 1U);
}

}  // namespace
}  // namespace nvinject::nri
