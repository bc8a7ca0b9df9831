// SPDX-License-Identifier: Apache-2.0
#include "core/os/unix_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using std::chrono::milliseconds;
using testing::FailsWith;
using testing::Succeeds;

constexpr milliseconds kLong{10000};
constexpr milliseconds kShort{30};

class UnixSocket : public ::testing::Test {
 protected:
  [[nodiscard]] static struct stat stat_of(const HostPath& path) {
    struct stat facts{};
    EXPECT_EQ(::lstat(path.c_str(), &facts), 0);
    return facts;
  }
  testing::TempTree tree_;
  HostPath path_ = tree_.host("run/status.sock");
};

// Both ends of a connection.
struct Pair {
  UniqueFd ours;
  UniqueFd theirs;
};

Pair make_pair() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void send_to(int fd, std::string_view bytes) {
  ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), std::ssize(bytes));
}

TEST_F(UnixSocket, CarriesWhatIsSentUntilTheEnd) {
  const auto listening = listen_unix(path_, 0600);
  ASSERT_THAT(listening, Succeeds());
  const auto client = connect_unix(path_, kLong);
  ASSERT_THAT(client, Succeeds());
  UniqueFd server(::accept4(listening->get(), nullptr, nullptr, SOCK_CLOEXEC));
  ASSERT_TRUE(server.valid());
  send_to(server.get(), "one ");
  send_to(server.get(), "two");
  server.reset();
  EXPECT_EQ(read_to_end(client->get(), "status", 7, kLong), "one two");
}

TEST_F(UnixSocket, KnowsWhoListens) {
  const auto listening = listen_unix(path_, 0600);
  ASSERT_THAT(listening, Succeeds());
  const auto client = connect_unix(path_, kLong);
  ASSERT_THAT(client, Succeeds());
  EXPECT_EQ(peer_process(client->get()), ::getpid());
  EXPECT_FALSE(peer_process(-1));
  EXPECT_EQ(peer_user(client->get()), ::getuid());
  EXPECT_FALSE(peer_user(-1));
}

TEST_F(UnixSocket, SendsAllOrSaysSo) {
  Pair pair = make_pair();
  ASSERT_THAT(send_all(pair.ours.get(), "docker", "question"), Succeeds());
  pair.ours.reset();
  EXPECT_EQ(read_to_end(pair.theirs.get(), "docker", 8, kLong), "question");
  EXPECT_THAT(send_all(pair.theirs.get(), "docker", "question"),
              FailsWith(ErrorCode::kUnavailable, "'docker'"));
  const auto listening = listen_unix(path_, 0600);
  const auto client = connect_unix(path_, kShort);
  ASSERT_THAT(client, Succeeds());
  EXPECT_THAT(send_all(client->get(), "docker", std::string(8UL << 20U, 'x')),
              FailsWith(ErrorCode::kUnavailable, "'docker'"))
      << "nobody takes it";
}

TEST_F(UnixSocket, HasTheModeThatIsAskedForAndLeavesNothingElse) {
  const mode_t umask_before = ::umask(0);
  for (const mode_t mode : {0600U, 0660U, 0666U}) {
    const auto listening = listen_unix(path_, mode);
    ASSERT_THAT(listening, Succeeds());
    EXPECT_EQ(stat_of(path_).st_mode, S_IFSOCK | mode);
    EXPECT_EQ(tree_.entries("run"), 1U);
    EXPECT_NE(::fcntl(listening->get(), F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(::fcntl(listening->get(), F_GETFD) & FD_CLOEXEC, 0);
  }
  ::umask(umask_before);
}

TEST_F(UnixSocket, ReplacesOneThatIsLeftFromAProcessThatIsGone) {
  {
    ASSERT_THAT(listen_unix(path_, 0600), Succeeds());
  }
  const ino_t before = stat_of(path_).st_ino;
  EXPECT_THAT(connect_unix(path_, kLong), FailsWith(ErrorCode::kUnavailable, path_.string()));
  const auto listening = listen_unix(path_, 0600);
  ASSERT_THAT(listening, Succeeds());
  EXPECT_NE(stat_of(path_).st_ino, before);
  EXPECT_THAT(connect_unix(path_, kLong), Succeeds());
}

TEST_F(UnixSocket, LeavesOneOnWhichSomebodyListens) {
  const auto first = listen_unix(path_, 0600);
  ASSERT_THAT(first, Succeeds());
  const ino_t before = stat_of(path_).st_ino;
  EXPECT_THAT(listen_unix(path_, 0600), FailsWith(ErrorCode::kUnavailable, "another process"));
  EXPECT_EQ(stat_of(path_).st_ino, before);
  EXPECT_EQ(tree_.entries("run"), 1U);
}

TEST_F(UnixSocket, LeavesWhatIsNoSocket) {
  ASSERT_EQ(::mkdir(tree_.path("run").c_str(), 0755), 0);
  tree_.file("run/status.sock", "text");
  EXPECT_THAT(listen_unix(path_, 0600), FailsWith(ErrorCode::kInvalidRequest, "status.sock"));
  EXPECT_EQ(tree_.read("run/status.sock"), "text");
  tree_.file("target", "text");
  ASSERT_EQ(::unlink(path_.c_str()), 0);
  tree_.link("run/status.sock", tree_.path("target"));
  EXPECT_THAT(listen_unix(path_, 0600), FailsWith(ErrorCode::kInvalidRequest, "status.sock"))
      << "a link is not followed";
  EXPECT_EQ(tree_.read("target"), "text");
}

TEST_F(UnixSocket, IsToldFromAFileAndFromALinkToOne) {
  EXPECT_FALSE(is_socket(path_));
  const auto listening = listen_unix(path_, 0600);
  ASSERT_THAT(listening, Succeeds());
  EXPECT_TRUE(is_socket(path_));
  ASSERT_EQ(::symlink(path_.c_str(), tree_.path("link").c_str()), 0);
  EXPECT_FALSE(is_socket(tree_.host("link")));
  tree_.file("file", "");
  EXPECT_FALSE(is_socket(tree_.host("file")));
}

TEST_F(UnixSocket, WantsADirectoryThatNobodyElseWritesTo) {
  tree_.directory("open");
  ASSERT_EQ(::chmod(tree_.path("open").c_str(), 0777), 0);
  EXPECT_THAT(listen_unix(tree_.host("open/s"), 0600),
              FailsWith(ErrorCode::kUnavailable, "writable by others"));
  tree_.directory("real");
  tree_.link("linked", "real");
  EXPECT_FALSE(listen_unix(tree_.host("linked/s"), 0600));
  EXPECT_EQ(tree_.entries("real"), 0U);
}

TEST_F(UnixSocket, HasANameOfLimitedLength) {
  const HostPath too_long("/" + std::string(107, 'a'));
  EXPECT_THAT(connect_unix(too_long, kLong), FailsWith(ErrorCode::kInvalidRequest, "107"));
  EXPECT_THAT(listen_unix(too_long, 0600), FailsWith(ErrorCode::kInvalidRequest, "107"));
  EXPECT_THAT(connect_unix(HostPath(""), kLong), FailsWith(ErrorCode::kInvalidRequest, "''"));
}

TEST_F(UnixSocket, IsNotFoundWhereThereIsNone) {
  EXPECT_THAT(connect_unix(path_, kLong), FailsWith(ErrorCode::kNotFound, path_.string()));
}

TEST_F(UnixSocket, DoesNotWaitForeverForAFullQueue) {
  const auto listening = listen_unix(path_, 0600);
  ASSERT_THAT(listening, Succeeds());
  std::vector<UniqueFd> waiting;
  for (int i = 0; i < 100; ++i) {
    auto client = connect_unix(path_, kShort);
    if (!client) {
      EXPECT_THAT(client, FailsWith(ErrorCode::kUnavailable, path_.string()));
      return;
    }
    waiting.push_back(*std::move(client));
  }
  FAIL() << "the queue has no end";
}

TEST(ReadToEnd, HasABound) {
  const Pair pair = make_pair();
  send_to(pair.theirs.get(), std::string(1000, 'a'));
  EXPECT_THAT(read_to_end(pair.ours.get(), "status", 999, kLong),
              FailsWith(ErrorCode::kInvalidRequest, "more than 999"));
}

TEST(ReadToEnd, HasADeadlineForTheWhole) {
  Pair pair = make_pair();
  EXPECT_THAT(read_to_end(pair.ours.get(), "status", 10, kShort),
              FailsWith(ErrorCode::kUnavailable, "30 ms"));
  send_to(pair.theirs.get(), "part");
  EXPECT_THAT(read_to_end(pair.ours.get(), "status", 10, kShort),
              FailsWith(ErrorCode::kUnavailable, "not complete"));
  pair.theirs.reset();
  EXPECT_EQ(read_to_end(pair.ours.get(), "status", 10, kShort), "");
}

TEST(ReadToEnd, ReadsMoreThanFitsIntoASocket) {
  Pair pair = make_pair();
  const std::string text(std::size_t{4} << 20U, 'x');
  std::thread writer([&] {
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t sent = ::send(pair.theirs.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    pair.theirs.reset();
  });
  const auto read = read_to_end(pair.ours.get(), "status", text.size(), kLong);
  writer.join();
  ASSERT_THAT(read, Succeeds());
  EXPECT_TRUE(*read == text);
}

}  // namespace
}  // namespace nvinject
