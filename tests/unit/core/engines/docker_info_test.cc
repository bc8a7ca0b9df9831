// SPDX-License-Identifier: Apache-2.0
#include "core/engines/docker_info.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::FailsWith;

constexpr const char* kHead =
    "HTTP/1.0 200 OK\r\nApi-Version: 1.51\r\nContent-Type: application/json\r\n\r\n";

TEST(DockerInfo, IsTheBodyOfTheAnswer) {
  const auto info =
      parse_docker_info(std::string(kHead) + R"({"ID":"x","Containers":3,"ServerVersion":"28.5.2",
        "Runtimes":{"io.containerd.runc.v2":{"path":"runc"},"nvidia":{"path":"/n","runtimeArgs":[]}},
        "CDISpecDirs":["/etc/cdi","/var/run/cdi"],"Swarm":{"NodeID":""}})");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(*info, (DockerInfo{.server_version = "28.5.2",
                               .runtimes = {{"io.containerd.runc.v2", "runc"}, {"nvidia", "/n"}},
                               .cdi_directories = {"/etc/cdi", "/var/run/cdi"}}));
}

TEST(DockerInfo, OfAnOlderVersionLacksMembers) {
  EXPECT_EQ(parse_docker_info(std::string(kHead) + R"({"CDISpecDirs":null})"), DockerInfo());
}

TEST(DockerInfo, IsNotTakenFromAnythingElse) {
  const struct {
    std::string answer;
    ErrorCode code;
  } kRows[] = {
      {"", ErrorCode::kUnavailable},
      {"SSH-2.0-OpenSSH_9.2\r\n", ErrorCode::kUnavailable},
      {"HTTP/1.0 500 Internal Server Error\r\n\r\n{}", ErrorCode::kUnavailable},
      {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n{}", ErrorCode::kUnavailable},
      {std::string(kHead) + "[]", ErrorCode::kUnavailable},
      {std::string(kHead), ErrorCode::kInvalidRequest},
      {std::string(kHead) + "{", ErrorCode::kInvalidRequest},
      {std::string(kHead) + R"({"Runtimes":[]})", ErrorCode::kInvalidRequest},
      {std::string(kHead) + R"({"ServerVersion":28})", ErrorCode::kInvalidRequest},
  };
  for (const auto& row : kRows) {
    EXPECT_THAT(parse_docker_info(row.answer), FailsWith(row.code, "")) << row.answer;
  }
}

}  // namespace
}  // namespace nvinject
