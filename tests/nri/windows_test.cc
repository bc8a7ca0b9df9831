// SPDX-License-Identifier: Apache-2.0

// What nvinject-nri tells about itself: status, metrics, health, log. None of it may ever hold up a
// container, whoever looks in.

#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/json/json.h"
#include "proto/health.grpc.pb.h"
#include "tests/nri/daemon_fixture.h"
#include "tests/support/free_port.h"

namespace nvinject::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kMetrics = "/run/nvinject/metrics.sock";
constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;

class Windows : public DaemonTest {
 protected:
  static UniqueFd connect_to(const std::string& path) {
    auto fd = connect_unix(HostPath(path), kPatience);
    EXPECT_TRUE(fd) << path;
    return fd ? *std::move(fd) : UniqueFd();
  }
  static UniqueFd connect_to(std::uint16_t port) {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }
  static bool send(const UniqueFd& fd, std::string_view text) {
    return ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL) == std::ssize(text);
  }
  static std::string rest(const UniqueFd& fd) {
    return read_to_end(fd.get(), "window", kMaxBytes, kPatience).value_or("(nothing)");
  }
  static std::string get(const UniqueFd& fd, const std::string& path) {
    EXPECT_TRUE(send(fd, "GET " + path + " HTTP/1.1\r\nHost: node\r\n\r\n"));
    return rest(fd);
  }
  static std::string metrics() { return get(connect_to(kMetrics), "/metrics"); }
  void start_with_metrics() { start(std::string("metrics = \"unix:") + kMetrics + "\""); }
  static mode_t mode_of(const std::string& path) {
    struct stat facts{};
    EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
    return facts.st_mode & 07777;
  }
};

// --- status ----------------------------------------------------------------------------------

TEST_F(Windows, TheStatusNamesTheRuntimeTheGpusAndWhoHasThem) {
  start();
  expect_served("1");
  EXPECT_EQ(mode_of("/run/nvinject/status.sock"), 0600U);
  ASSERT_TRUE(eventually([] { return status() && status()->containers.size() == 1; }));
  const auto report = status();
  EXPECT_TRUE(report->registered && report->synchronised);
  EXPECT_EQ(report->runtime, "containerd v2.3.0");
  EXPECT_EQ(report->mode, "env");
  EXPECT_EQ(report->driver_version, "999.88.77");
  EXPECT_THAT(report->gpus, SizeIs(2));
  EXPECT_THAT(report->containers[0].gpus, ElementsAre(1U));
}

TEST_F(Windows, TheStatusSaysWhenThereIsNoRuntime) {
  start();
  runtime_.reset();
  EXPECT_TRUE(eventually([] { return status() && !status()->registered; }));
  EXPECT_FALSE(status()->synchronised);
}

// Pods choose their names.
TEST_F(Windows, HostileNamesBreakNoReport) {
  start();
  auto request = asking_for("0");
  request.mutable_pod()->set_name("\"},{\n\x1b[31m\xff\xfe");
  request.mutable_container()->set_name(std::string("\0\\u0000", 7));
  ASSERT_EQ(runtime_->create_container(request).end, ReplyEnd::kAnswered);
  ASSERT_TRUE(eventually([] { return status() && status()->containers.size() == 1; }));
}

TEST_F(Windows, ClientsThatNeverReadHoldUpNobody) {
  start_with_metrics();
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 64; ++i) {
    idle.push_back(connect_to("/run/nvinject/status.sock"));
    idle.push_back(connect_to(kMetrics));
    (void)send(idle.back(), "GET /met");
  }
  expect_served();
  idle.clear();
  EXPECT_TRUE(eventually([] { return status().has_value(); }));
  EXPECT_TRUE(eventually([] { return metrics().starts_with("HTTP/1.1 200 OK\r\n"); }));
}

// --- metrics ---------------------------------------------------------------------------------

TEST_F(Windows, MetricsComeInTheTextFormat) {
  start_with_metrics();
  EXPECT_EQ(mode_of(kMetrics), 0600U);
  const std::string answer = metrics();
  const std::size_t blank = answer.find("\r\n\r\n");
  ASSERT_NE(blank, std::string::npos);
  const std::string head = answer.substr(0, blank);
  const std::string body = answer.substr(blank + 4);
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(head, HasSubstr("Content-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(head, HasSubstr("Content-Length: " + std::to_string(body.size())));
  EXPECT_TRUE(body.ends_with('\n'));
  std::istringstream lines(body);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line, MatchesRegex("# (HELP|TYPE) nvinject_[a-z_]+ .+|"
                                   "nvinject_[a-z_]+([{][^{}]*[}])? [-+0-9.eEInf]+"));
  }
}

TEST_F(Windows, MetricsMoveWithWhatHappens) {
  start_with_metrics();
  ASSERT_TRUE(generation_passes(0));
  EXPECT_THAT(metrics(), HasSubstr("nvinject_requests_total{outcome=\"served\"} 0"));
  expect_served("0");
  ASSERT_EQ(runtime_->create_container(sample_create_request()).end, ReplyEnd::kAnswered);
  ASSERT_EQ(runtime_->create_container(asking_for("!")).end, ReplyEnd::kRefused);
  ASSERT_TRUE(eventually([] {
    return metrics().find("nvinject_requests_total{outcome=\"refused\"} 1") != std::string::npos;
  }));
  const std::string now = metrics();
  for (const char* const line :
       {"nvinject_requests_total{outcome=\"served\"} 1",
        "nvinject_requests_total{outcome=\"none\"} 1", "nvinject_request_duration_seconds_count 3",
        "nvinject_registered 1", "nvinject_synchronised 1", "nvinject_gpus{state=\"ready\"} 2",
        "nvinject_containers{outcome=\"served\"} 1", "nvinject_connections_total 1",
        "nvinject_gpu_containers{gpu=\"0\",uuid=\"GPU-aaaa0000-0000-4000-8000-000000000000\"} 1"}) {
    EXPECT_THAT(now, HasSubstr(std::string("\n") + line)) << line;
  }
  runtime_->close();
  EXPECT_TRUE(eventually(
      [] { return metrics().find("nvinject_connections_total 2") != std::string::npos; }));
}

TEST_F(Windows, MetricsAreServedOnAPort) {
  const std::uint16_t port = free_port();
  start("metrics = \"127.0.0.1:" + std::to_string(port) + "\"");
  EXPECT_THAT(get(connect_to(port), "/metrics"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(get(connect_to(port), "/metrics?x=1"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Windows, NothingElseIsServed) {
  start_with_metrics();
  EXPECT_THAT(get(connect_to(kMetrics), "/"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get(connect_to(kMetrics), "/metricsx"), StartsWith("HTTP/1.1 404 "));
  const UniqueFd post = connect_to(kMetrics);
  ASSERT_TRUE(send(post, "POST /metrics HTTP/1.1\r\n\r\n"));
  EXPECT_THAT(rest(post), StartsWith("HTTP/1.1 404 "));
}

TEST_F(Windows, AHeadWithoutEndIsNotReadToItsEnd) {
  start_with_metrics();
  const UniqueFd client = connect_to(kMetrics);
  const std::string header = "X: " + std::string(4093, 'x') + "\r\n";
  ASSERT_TRUE(eventually([&] { return !send(client, header); }));
  EXPECT_THAT(metrics(), StartsWith("HTTP/1.1 200 OK\r\n"));
  expect_served();
}

TEST_F(Windows, AHeadMayComeInPieces) {
  start_with_metrics();
  const UniqueFd client = connect_to(kMetrics);
  for (const char c : std::string_view("GET /metrics HTTP/1.0\r\n\r\n")) {
    ASSERT_TRUE(send(client, {&c, 1}));
  }
  EXPECT_THAT(rest(client), StartsWith("HTTP/1.1 200 OK\r\n"));
}

// --- health ----------------------------------------------------------------------------------

class HealthWindow : public Windows {
 protected:
  using Health = grpc::health::v1::Health;
  using Response = grpc::health::v1::HealthCheckResponse;

  // Nothing when there is no answer.
  static std::optional<Response::ServingStatus> health(const std::string& address) {
    const auto stub =
        Health::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    Response response;
    const grpc::Status status = stub->Check(&context, {}, &response);
    return status.ok() ? std::optional(response.status()) : std::nullopt;
  }
};

TEST_F(HealthWindow, ServesOnlyWhileItIsRegisteredAndSynchronised) {
  const std::string address = "unix:/run/nvinject/health.sock";
  const auto becomes = [&](Response::ServingStatus wanted) {
    return eventually([&] { return health(address) == wanted; });
  };
  write_config("health = \"" + address + "\"");
  daemon_.emplace(start_process());
  ASSERT_TRUE(runtime_->accept(kPatience));
  ASSERT_EQ(runtime_->await_registration().end, ReplyEnd::kAnswered);
  EXPECT_EQ(mode_of("/run/nvinject/health.sock"), 0600U);
  EXPECT_EQ(health(address), Response::NOT_SERVING);
  ASSERT_EQ(runtime_->configure().end, ReplyEnd::kAnswered);
  EXPECT_EQ(health(address), Response::NOT_SERVING);
  ASSERT_EQ(runtime_->synchronize({}).end, ReplyEnd::kAnswered);
  EXPECT_TRUE(becomes(Response::SERVING));
  runtime_.reset();
  EXPECT_TRUE(becomes(Response::NOT_SERVING));
  listen();
  meet();
  EXPECT_TRUE(becomes(Response::SERVING));
  daemon_->signal(SIGTERM);
  EXPECT_EQ(exit_status(*daemon_), 0);
}

TEST_F(HealthWindow, OpensAlsoOnAPort) {
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  start("health = \"" + address + "\"");
  EXPECT_TRUE(eventually([&] { return health(address) == Response::SERVING; }));
}

// --- log -------------------------------------------------------------------------------------

class LogWindow : public Windows {
 protected:
  static constexpr const char* kHostilePod =
      "pod\"\nlevel=error msg=\"all is lost\" \x1b[2J\xff\x7f";

  // Its lines about one container that was served and one that was refused.
  std::vector<std::string> lines_of(const std::string& format) {
    start("log-format = \"" + format + "\"");
    auto request = asking_for("0");
    request.mutable_pod()->set_name(kHostilePod);
    EXPECT_EQ(runtime_->create_container(request).end, ReplyEnd::kAnswered);
    request = asking_for("!\"\n}");
    request.mutable_pod()->set_name(kHostilePod);
    EXPECT_EQ(runtime_->create_container(request).end, ReplyEnd::kRefused);
    daemon_->signal(SIGTERM);
    EXPECT_EQ(exit_status(*daemon_), 0);
    std::vector<std::string> lines;
    std::istringstream all(log());
    for (std::string line; std::getline(all, line);) lines.push_back(line);
    EXPECT_GE(lines.size(), 3U);
    return lines;
  }
};

TEST_F(LogWindow, EveryLineOfTheJsonLogIsOneObject) {
  std::size_t about_containers = 0;
  for (const std::string& line : lines_of("json")) {
    const auto object = parse_json(line, "log");
    ASSERT_TRUE(object) << line;
    for (const char* const key : {"time", "level", "msg"}) EXPECT_TRUE(object->contains(key));
    EXPECT_FALSE(object->value("msg", "").starts_with("all is lost"));
    if (!object->contains("pod")) continue;
    ++about_containers;
    EXPECT_THAT(object->value("pod", ""), StartsWith("pod\""));
  }
  EXPECT_EQ(about_containers, 2U);
}

TEST_F(LogWindow, EveryLineOfTheTextLogIsOneEvent) {
  std::size_t about_containers = 0;
  for (const std::string& line : lines_of("text")) {
    EXPECT_THAT(line, MatchesRegex("time=[-0-9T:.]+Z level=(info|warning|error) msg=.+"));
    EXPECT_EQ(line.find_first_of("\x1b\x7f"), std::string::npos) << line;
    if (line.find(" pod=") != std::string::npos) ++about_containers;
  }
  EXPECT_EQ(about_containers, 2U);
}

}  // namespace
}  // namespace nvinject::testing
