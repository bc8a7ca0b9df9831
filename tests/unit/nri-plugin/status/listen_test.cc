// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/status/listen.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using testing::FailsWith;
using testing::Succeeds;

int port_of(int fd) {
  sockaddr_in6 address{};
  socklen_t size = sizeof address;
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin6_port);  // in the same place in a sockaddr_in
}

TEST(ListenOn, TakesHostAndPort) {
  const auto first = listen_on("127.0.0.1:0");
  ASSERT_THAT(first, Succeeds());
  const std::string port = std::to_string(port_of(first->get()));
  EXPECT_THAT(listen_on("127.0.0.1:" + port), FailsWith(ErrorCode::kSystem, port));
  int on = 0;
  socklen_t size = sizeof on;
  ASSERT_EQ(::getsockopt(first->get(), SOL_SOCKET, SO_ACCEPTCONN, &on, &size), 0);
  EXPECT_EQ(on, 1);
}

TEST(ListenOn, TakesAnIpv6AddressInBrackets) {
  const auto listener = listen_on("[::1]:0");
  if (!listener && listener.error().code == ErrorCode::kSystem) {
    GTEST_SKIP() << listener.error().message;
  }
  ASSERT_THAT(listener, Succeeds());
  EXPECT_NE(port_of(listener->get()), 0);
}

TEST(ListenOn, WithoutAHostItIsEveryAddress) { EXPECT_THAT(listen_on(":0"), Succeeds()); }

TEST(ListenOn, LocalhostIsAnAddressThatNobodyNeedLookUp) {
  EXPECT_THAT(listen_on("localhost:0"), Succeeds());
}

// A name would have to be looked up, which takes as long as a name server likes.
TEST(ListenOn, RefusesWhatIsNoAddress) {
  for (const char* const address :
       {"", "9400", "node.example:9400", "127.0.0.1:http", "1.2.3:x:1"}) {
    EXPECT_THAT(listen_on(address), FailsWith(ErrorCode::kInvalidRequest, address)) << address;
  }
}

TEST(ListenOn, ASocketIsForItsOwnerOnly) {
  const testing::TempTree tree;
  const std::string path = tree.path("run/metrics.sock");
  ASSERT_THAT(listen_on("unix:" + path), Succeeds());
  struct stat facts{};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0600U);
}

}  // namespace
}  // namespace nvinject::nri
