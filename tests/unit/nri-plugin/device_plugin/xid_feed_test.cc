// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/xid_feed.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string_view>
#include <vector>

#include "core/os/unix_socket.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::Succeeds;
using Kind = XidMessage::Kind;

const std::string kFailedUuid = "GPU-01234567-89ab-cdef-0123-456789abcdef";
constexpr std::chrono::seconds kFeedPatience{20};

class XidFeedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto feed = XidFeed::open(loop_, socket_,
                              {.on_message =
                                   [this](const XidMessage& message) {
                                     heard_.push_back(message);
                                     if (heard_.size() == awaited_) loop_.stop();
                                   },
                               .on_gone =
                                   [this] {
                                     ++gone_;
                                     if (!goes_on_) loop_.stop();
                                   }});
    ASSERT_THAT(feed, Succeeds());
    feed_ = *std::move(feed);
  }
  [[nodiscard]] UniqueFd connect() const {
    auto fd = connect_unix(socket_, kFeedPatience);
    EXPECT_THAT(fd, Succeeds());
    return fd ? *std::move(fd) : UniqueFd();
  }
  static void say(const UniqueFd& speaker, std::string_view text) {
    EXPECT_THAT(send_all(speaker.get(), "feed", text), Succeeds());
  }
  // Until so many messages have been heard, whoever is gone.
  void listen_on(std::size_t messages) {
    goes_on_ = true;
    listen(messages);
  }
  // The same, or a speaker is gone.
  void listen(std::size_t messages) {
    awaited_ = messages;
    loop_.at(Clock::now() + kFeedPatience, [this] { loop_.stop(); });
    EXPECT_THAT(loop_.run(), Succeeds());
  }

  testing::TempTree tree_;
  HostPath socket_ = tree_.host("state/gpu-health.sock");
  EventLoop loop_;
  std::vector<XidMessage> heard_;
  std::size_t awaited_ = 0;
  int gone_ = 0;
  bool goes_on_ = false;
  std::unique_ptr<XidFeed> feed_;
};

TEST_F(XidFeedTest, HearsWholeLinesHoweverTheyCome) {
  const UniqueFd speaker = connect();
  say(speaker, "watching\nfailed " + kFailedUuid);
  say(speaker, " 79\nrecovered\n");
  listen(3);
  ASSERT_THAT(heard_, SizeIs(3));
  EXPECT_EQ(heard_[0].kind, Kind::kWatching);
  EXPECT_EQ(heard_[1], (XidMessage{.kind = Kind::kFailed, .uuid = kFailedUuid, .xid = 79}));
  EXPECT_EQ(heard_[2].kind, Kind::kRecovered);
  EXPECT_EQ(gone_, 0);
}

TEST_F(XidFeedTest, KnowsWhenNobodySpeaksAnyMore) {
  connect().reset();
  listen(1);
  EXPECT_EQ(gone_, 1);
}

TEST_F(XidFeedTest, ALineThatIsNoneEndsTheConnection) {
  const UniqueFd speaker = connect();
  say(speaker, "failed everything\nwatching\n");
  listen(1);
  EXPECT_EQ(gone_, 1);
  EXPECT_THAT(heard_, IsEmpty());
}

TEST_F(XidFeedTest, ALineWithoutEndIsNotWaitedFor) {
  const UniqueFd speaker = connect();
  say(speaker, std::string(kMaxXidLine + 1, 'x'));
  listen(1);
  EXPECT_EQ(gone_, 1);
}

TEST_F(XidFeedTest, WhoComesTakesThePlaceOfTheOneBefore) {
  const UniqueFd first = connect();
  const UniqueFd second = connect();
  say(second, "released\n");
  listen_on(1);
  ASSERT_THAT(heard_, SizeIs(1));
  EXPECT_EQ(heard_[0].kind, Kind::kReleased);
  EXPECT_EQ(gone_, 1) << "the first";
  char nothing = 0;
  EXPECT_EQ(::recv(first.get(), &nothing, 1, 0), 0) << "hung up";
}

TEST_F(XidFeedTest, OnlyRootIsListenedTo) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  struct stat facts{};
  ASSERT_EQ(::stat(socket_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
  // Whoever made it everybody's.
  ASSERT_EQ(::chmod(socket_.c_str(), 0666), 0);
  ASSERT_EQ(::chmod(tree_.path("state").c_str(), 0755), 0);
  ASSERT_EQ(::chmod(tree_.path().c_str(), 0755), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(2);
    const auto speaker = connect_unix(socket_, kFeedPatience);
    if (!speaker || !send_all(speaker->get(), "feed", "watching\n")) ::_exit(3);
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const UniqueFd root = connect();
  say(root, "released\n");
  listen(1);
  ASSERT_THAT(heard_, SizeIs(1));
  EXPECT_EQ(heard_[0].kind, Kind::kReleased);
  EXPECT_EQ(gone_, 0) << "the other was never a speaker";
}

}  // namespace
}  // namespace nvinject::nri
