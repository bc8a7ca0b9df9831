// SPDX-License-Identifier: Apache-2.0

// When the machine does not answer: a runtime that waits in vain starts the container without its
// GPU, so there is an error in time, and nobody else waits meanwhile. "Fact" and "pitfall" are the
// numbers of the reference: NRI, "Ten facts" and "Pitfalls".

#include <string>
#include <vector>

#include "nri-plugin/wire/envelope.h"
#include "tests/nri/session_fixture.h"
#include "tests/nri/status_codes.h"

namespace nvinject::testing {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr int kCalls = 64;  // that wait, at most

class Deadlines : public SessionTest {
 protected:
  // The handshake, and nobody has looked at the machine yet.
  void start_blind() {
    connect();
    ASSERT_EQ(runtime_->start().end, ReplyEnd::kAnswered);
  }
  std::uint32_t ask_for(const std::string& gpus) {
    return runtime_->send_call("CreateContainer", asking_for(gpus).SerializeAsString());
  }
  std::uint32_t ask_with_patience(std::optional<std::chrono::nanoseconds> patience) {
    const std::string payload = asking_for("0").SerializeAsString();
    return runtime_->send_envelope(nri::print_call({.service = "nri.pkg.api.v1alpha1.Plugin",
                                                    .method = "CreateContainer",
                                                    .payload = payload,
                                                    .timeout = patience}));
  }
};

// Fact 2, pitfall 13: an error before the deadline. (The fake takes a later one for none.)
TEST_F(Deadlines, WhoIsNotAnsweredInTimeIsRefusedBeforeTheRuntimeGivesUp) {
  options_.request_timeout = 2s;
  start_blind();
  const auto reply = create(asking_for("0"));
  ASSERT_EQ(reply.end, ReplyEnd::kRefused) << reply.text;
  EXPECT_EQ(reply.code, kFailedPrecondition);
  EXPECT_THAT(reply.text, HasSubstr(config_.roots.driver.string()));
  EXPECT_TRUE(runtime_->connected());
  EXPECT_THAT(session_->metrics(), HasSubstr("outcome=\"timeout\"} 1"));
  EXPECT_TRUE(session_->report().containers.empty());
}

// Pitfall 13: what the call says counts, not what the runtime said at first.
TEST_F(Deadlines, TheCallsOwnDeadlineIsTheOneThatCounts) {
  start_blind();
  const Reply reply = runtime_->await(ask_with_patience(1ms), kPatience);
  EXPECT_EQ(reply.end, ReplyEnd::kRefused);
  EXPECT_THAT(session_->metrics(), HasSubstr("outcome=\"timeout\"} 1"));
}

// A runtime before NRI 0.7 says nothing of its patience; two seconds is what it has.
TEST_F(Deadlines, WithoutAnyWordTheRuntimesPatienceIsTwoSeconds) {
  options_.tells_timeouts = false;
  start_blind();
  EXPECT_EQ(runtime_->await(ask_with_patience(std::nullopt), 10s).end, ReplyEnd::kRefused);
}

// However long a runtime says that it waits, the node does not stand still for it.
TEST_F(Deadlines, APatienceOfYearsIsCut) {
  start_blind();
  const std::uint32_t waits = ask_with_patience(std::chrono::hours(1'000'000));
  while (!session_->has_deadline()) std::this_thread::yield();
  give_snapshot();
  EXPECT_EQ(runtime_->await(waits, kPatience).end, ReplyEnd::kAnswered);
}

// Fact 9: every container of the node waits behind the one that waits.
TEST_F(Deadlines, AContainerThatAsksForNothingIsAnsweredMeanwhile) {
  start_blind();
  const std::uint32_t waits = ask_for("0");
  EXPECT_EQ(create(sample_create_request()).payload, "");
  EXPECT_TRUE(session_->has_deadline());
  give_snapshot();
  const Reply reply = runtime_->await(waits, kPatience);
  ASSERT_EQ(reply.end, ReplyEnd::kAnswered) << reply.text;
  EXPECT_FALSE(reply.payload.empty());
  EXPECT_FALSE(session_->has_deadline());
}

TEST_F(Deadlines, OneLookAnswersAllThatWait) {
  start_blind();
  std::vector<std::uint32_t> streams;
  for (int i = 0; i < 8; ++i) streams.push_back(ask_for(std::to_string(i % 4)));
  give_snapshot();
  for (const std::uint32_t stream : streams) {
    EXPECT_EQ(runtime_->await(stream, kPatience).end, ReplyEnd::kAnswered);
  }
}

// What is not there may have come since: it is looked for once more, and only then refused.
TEST_F(Deadlines, WhatIsNotThereIsLookedForOnceMore) {
  inventory_ = sample_inventory(1);
  start();
  session_->give_snapshot({.inventory = inventory_});
  std::this_thread::sleep_for(1100ms);  // the last look is fresh for a second
  const std::uint32_t waits = ask_for("3");
  while (!session_->has_deadline()) std::this_thread::yield();
  inventory_ = sample_inventory(4);
  give_snapshot();
  EXPECT_EQ(runtime_->await(waits, kPatience).end, ReplyEnd::kAnswered);
}

TEST_F(Deadlines, NoMoreThanSixtyFourCallsWait) {
  start_blind();
  std::vector<std::uint32_t> streams;
  for (int i = 0; i < kCalls; ++i) streams.push_back(ask_for("0"));
  EXPECT_EQ(create(asking_for("0")).end, ReplyEnd::kRefused);
  give_snapshot();
  for (const std::uint32_t stream : streams) {
    EXPECT_EQ(runtime_->await(stream, kPatience).end, ReplyEnd::kAnswered);
  }
}

// A daemon that is told to end must not leave a container to start without.
TEST_F(Deadlines, WhatWaitsAtTheEndIsRefused) {
  start_blind();
  const std::uint32_t waits = ask_for("0");
  while (!session_->has_deadline()) std::this_thread::yield();
  session_->end();
  const Reply reply = runtime_->await(waits, kPatience);
  EXPECT_EQ(reply.end, ReplyEnd::kRefused) << reply.text;
}

TEST_F(Deadlines, ADriverRootThatIsGoneRefusesWhoAsksAndNobodyElse) {
  start_blind();
  session_->give_snapshot({.error = Error{ErrorCode::kSystem, "open '/drv': Input/output error"}});
  const std::uint32_t waits = ask_for("0");
  session_->give_snapshot({.error = Error{ErrorCode::kSystem, "open '/drv': Input/output error"}});
  const Reply reply = runtime_->await(waits, kPatience);
  EXPECT_EQ(reply.end, ReplyEnd::kRefused);
  EXPECT_THAT(reply.text, HasSubstr("/drv"));
  EXPECT_EQ(create(sample_create_request()).payload, "");
}

}  // namespace
}  // namespace nvinject::testing
