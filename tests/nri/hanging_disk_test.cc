// SPDX-License-Identifier: Apache-2.0

// The driver root lies on a disk that no longer answers (a network share, a dead USB disk): every
// look at it hangs in the kernel. Containers that ask for GPUs fail with a reason, all others
// start.

#include "tests/support/hanging_disk.h"

#include <string>

#include "nri-plugin/wire/envelope.h"
#include "tests/nri/daemon_fixture.h"
#include "tests/nri/session_fixture.h"

namespace nvinject::testing {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

class DaemonOnAHangingDisk : public DaemonTest {
 protected:
  void SetUp() override {
    DaemonTest::SetUp();
    if (IsSkipped()) return;
    if (!HangingDisk::obstacle().empty()) GTEST_SKIP() << HangingDisk::obstacle();
    options_.request_timeout = 3s;
    listen();
    node_->tree().directory("disk");
    // LeakSanitizer would wait for the thread that hangs.
    environment_ = {"ASAN_OPTIONS=detect_leaks=0"};
  }
  // The disk hangs from the beginning, unless there is one already.
  void start_on_disk() {
    if (!disk_) disk_.emplace(node_->tree().path("disk"));
    driver_root_ = node_->tree().path("disk/driver");
    start();
  }
  std::optional<HangingDisk> disk_;
};

// Fact 2, pitfall 13: silence would let the container start without its GPU.
TEST_F(DaemonOnAHangingDisk, WhoAsksForAGpuIsRefusedBeforeTheDeadline) {
  start_on_disk();
  const auto reply = runtime_->create_container(asking_for("0"));
  EXPECT_EQ(reply.end, ReplyEnd::kRefused) << reply.text;
  EXPECT_THAT(reply.text, HasSubstr(driver_root_));
  EXPECT_TRUE(runtime_->connected());
}

TEST_F(DaemonOnAHangingDisk, TheNextOnesAreRefusedToo) {
  start_on_disk();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(runtime_->create_container(asking_for("0")).end, ReplyEnd::kRefused);
  }
}

TEST_F(DaemonOnAHangingDisk, WhoAsksForNothingIsAnsweredMeanwhile) {
  start_on_disk();
  const std::uint32_t waits =
      runtime_->send_call("CreateContainer", asking_for("0").SerializeAsString());
  EXPECT_EQ(runtime_->create_container(sample_create_request()).payload, "");
  EXPECT_EQ(runtime_->await(waits, kPatience).end, ReplyEnd::kRefused);
  EXPECT_EQ(runtime_->create_container(sample_create_request()).end, ReplyEnd::kAnswered);
}

TEST_F(DaemonOnAHangingDisk, EndsWhenItIsToldTo) {
  start_on_disk();
  const std::uint32_t waits =
      runtime_->send_call("CreateContainer", asking_for("0").SerializeAsString());
  daemon_->signal(SIGTERM);
  EXPECT_EQ(runtime_->await(waits, kPatience).end, ReplyEnd::kRefused);
  EXPECT_EQ(exit_status(*daemon_), 0);
}

TEST_F(DaemonOnAHangingDisk, TellsItsStateAllTheSame) {
  start_on_disk();
  const auto report = status();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->synchronised);
  EXPECT_EQ(report->inventory_generation, 0U);
}

// The disk comes back, as an error or with the driver: the daemon need not be started again.
TEST_F(DaemonOnAHangingDisk, GoesOnWhenTheDiskIsThereAgain) {
  start_on_disk();
  ASSERT_EQ(runtime_->create_container(asking_for("0")).end, ReplyEnd::kRefused);
  disk_.reset();
  node_->tree().directory("disk/driver");
  std::filesystem::copy(
      node_->tree().path("usr"), node_->tree().path("disk/driver/usr"),
      std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  EXPECT_TRUE(eventually(
      [&] { return runtime_->create_container(asking_for("0")).end == ReplyEnd::kAnswered; }));
}

// What is known stays known: the last look is used while the next one is slow.
TEST_F(DaemonOnAHangingDisk, ADiskThatIsSlowLaterHurtsNobodyWhoAsksForWhatIsKnown) {
  start();
  ASSERT_TRUE(generation_passes(0));
  disk_.emplace(node_->tree().path("usr"));
  daemon_->signal(SIGHUP);
  expect_served();
  expect_served("all");
}

// Whoever were served now would be mounted files of that disk, and its creation never end.
TEST_F(DaemonOnAHangingDisk, ADiskThatHangsLaterIsFoundOut) {
  start();
  ASSERT_TRUE(generation_passes(0));
  disk_.emplace(node_->tree().path("usr"));
  daemon_->signal(SIGHUP);
  EXPECT_TRUE(eventually(
      [&] { return runtime_->create_container(asking_for("0")).end == ReplyEnd::kRefused; }));
  EXPECT_EQ(runtime_->create_container(sample_create_request()).payload, "");
}

class SessionOnAHangingDisk : public SessionTest {
 protected:
  std::uint32_t ask_with_patience(std::chrono::nanoseconds patience) {
    const std::string payload = asking_for("0").SerializeAsString();
    return runtime_->send_envelope(nri::print_call({.service = "nri.pkg.api.v1alpha1.Plugin",
                                                    .method = "CreateContainer",
                                                    .payload = payload,
                                                    .timeout = patience}));
  }
};

// Fact 9: each second that we wait is a second for every pod of the node. The first has shown that
// waiting for this look is in vain.
TEST_F(SessionOnAHangingDisk, OnlyOneCallWaitsForALookThatHangs) {
  if (!PrivateMachine::obstacle().empty()) GTEST_SKIP() << PrivateMachine::obstacle();
  if (!HangingDisk::obstacle().empty()) GTEST_SKIP() << HangingDisk::obstacle();
  empty_.directory("disk");
  const HangingDisk disk(empty_.path("disk"));
  config_.roots.driver = empty_.host("disk/driver");
  connect();
  ASSERT_EQ(runtime_->start().end, ReplyEnd::kAnswered);
  ASSERT_EQ(runtime_->await(ask_with_patience(1s), kPatience).end, ReplyEnd::kRefused);
  // Who waited would wait for four fifths of that.
  const std::uint32_t next = ask_with_patience(30s);
  EXPECT_EQ(runtime_->await(next, 15s).end, ReplyEnd::kRefused);
}

}  // namespace
}  // namespace nvinject::testing
