// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/status/document_server.h"

#include <gmock/gmock.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <string>
#include <thread>
#include <vector>

#include "core/os/unix_socket.h"
#include "tests/support/eventually.h"
#include "tests/support/temp_tree.h"

namespace nvinject::nri {
namespace {

using ::testing::EndsWith;
using testing::eventually;
using ::testing::StartsWith;

constexpr std::chrono::seconds kPatience{20};

class DocumentServerTest : public ::testing::Test {
 protected:
  void serve(DocumentProtocol protocol, std::string document) {
    auto listener = listen_unix(path_, 0600);
    ASSERT_TRUE(listener);
    server_ =
        std::make_unique<DocumentServer>(loop_, *std::move(listener), protocol,
                                         [document = std::move(document)] { return document; });
    loop_.watch(stop_.get(), POLLIN, [this](short) { loop_.stop(); });
    thread_ = std::thread([this] { (void)loop_.run(); });
  }
  void TearDown() override {
    ::eventfd_write(stop_.get(), 1);
    if (thread_.joinable()) thread_.join();
    server_.reset();
  }

  [[nodiscard]] UniqueFd connect() const {
    auto fd = connect_unix(path_, kPatience);
    EXPECT_TRUE(fd);
    return fd ? *std::move(fd) : UniqueFd();
  }
  static bool send(const UniqueFd& fd, std::string_view text) {
    return ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) == std::ssize(text);
  }
  static std::string rest(const UniqueFd& fd) {
    return read_to_end(fd.get(), "document", std::size_t{64} << 20U, kPatience)
        .value_or("(nothing)");
  }
  [[nodiscard]] std::string get(const std::string& path) const {
    const UniqueFd fd = connect();
    EXPECT_TRUE(send(fd, "GET " + path + " HTTP/1.1\r\n\r\n"));
    return rest(fd);
  }

  testing::TempTree tree_;
  HostPath path_ = tree_.host("run/window.sock");
  EventLoop loop_;
  UniqueFd stop_{::eventfd(0, EFD_CLOEXEC)};
  std::unique_ptr<DocumentServer> server_;
  std::thread thread_;
};

TEST_F(DocumentServerTest, PlainIsTheDocumentAndTheEnd) {
  serve(DocumentProtocol::kPlain, "{}\n");
  EXPECT_EQ(rest(connect()), "{}\n");
  EXPECT_EQ(rest(connect()), "{}\n");
}

TEST_F(DocumentServerTest, ALargeDocumentComesWhole) {
  const std::string document(std::size_t{8} << 20U, 'd');
  serve(DocumentProtocol::kPlain, document);
  EXPECT_EQ(rest(connect()), document);
}

TEST_F(DocumentServerTest, HttpAnswersForTheMetricsOnly) {
  serve(DocumentProtocol::kHttp, "x 1\n");
  EXPECT_THAT(get("/metrics"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(get("/metrics"), EndsWith("Content-Length: 4\r\nConnection: close\r\n\r\nx 1\n"));
  EXPECT_THAT(get("/"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
}

TEST_F(DocumentServerTest, AHeadThatNeverEndsIsCutOff) {
  serve(DocumentProtocol::kHttp, "x 1\n");
  const UniqueFd client = connect();
  const std::string some(1024, 'x');
  EXPECT_TRUE(eventually([&] { return !send(client, some); }));
  EXPECT_THAT(get("/metrics"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(DocumentServerTest, SixteenClientsAtATimeAndTheNextWhenOneHasGone) {
  serve(DocumentProtocol::kHttp, "x 1\n");
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 16; ++i) clients.push_back(connect());
  EXPECT_EQ(rest(connect()), "") << "hung up at once";
  clients.clear();
  EXPECT_TRUE(eventually([&] {
    const UniqueFd client = connect();
    return send(client, "GET /metrics HTTP/1.1\r\n\r\n") && rest(client).starts_with("HTTP/1.1");
  }));
}

TEST_F(DocumentServerTest, WhoSaysNothingIsDroppedAfterAMoment) {
  serve(DocumentProtocol::kHttp, "x 1\n");
  EXPECT_EQ(rest(connect()), "");
}

TEST_F(DocumentServerTest, WhoGoesInTheMiddleDoesNoHarm) {
  serve(DocumentProtocol::kPlain, std::string(std::size_t{8} << 20U, 'd'));
  for (int i = 0; i < 40; ++i) {
    const UniqueFd client = connect();
    char byte = 0;
    // Those that find the house full are sent away.
    (void)::recv(client.get(), &byte, 1, 0);
  }
  EXPECT_TRUE(eventually([&] { return rest(connect()).size() > 1; }));
}

TEST_F(DocumentServerTest, ClientsThatAreStillThereAreSentAwayAtTheEnd) {
  serve(DocumentProtocol::kHttp, "x 1\n");
  const UniqueFd client = connect();
  ASSERT_TRUE(send(client, "GET"));
  TearDown();
  char byte = 0;
  EXPECT_LE(::recv(client.get(), &byte, 1, 0), 0);
}

}  // namespace
}  // namespace nvinject::nri
