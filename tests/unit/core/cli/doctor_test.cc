// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "core/cli/commands.h"
#include "core/json/json.h"
#include "tests/support/driver_root.h"
#include "tests/unit/core/cli/fake_dockerd.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::docker_answer;
using nvinject::testing::DriverRootTree;
using nvinject::testing::FakeDockerd;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStdout;

class Doctor : public ::testing::Test {
 protected:
  std::string printed(Output output) {
    const FakeDockerd dockerd(HostPath(options_.socket),
                              docker_answer(R"({"ServerVersion":"28\u001b[31m","Runtimes":{}})"));
    options_.output = output;
    Config config;
    config.roots = node_.roots();
    config.warnings = {{"some.key", "no effect", "of no use"}};
    CaptureStdout();
    EXPECT_EQ(doctor_docker(config, options_), kExitFailed);
    return GetCapturedStdout();
  }
  DriverRootTree node_ = DriverRootTree::from_fixture("debian-550");
  DoctorOptions options_{.daemon_json = node_.tree().path("etc/daemon.json"),
                         .socket = node_.tree().path("docker/docker.sock"),
                         .search_path = "/absent"};
};

TEST_F(Doctor, SaysForEachWayWhatIsMissingAndWhatToDo) {
  const std::string text = printed(Output::kText);
  EXPECT_THAT(text, HasSubstr("broken  docker run --runtime=nvidia"));
  EXPECT_THAT(text, HasSubstr("no runtime 'nvidia' in '" + options_.daemon_json +
                              "'\n"
                              "        -> nvinject configure docker --restart\n"));
  for (const char* const way : {"--gpus all", "--device nvidia.com/gpu=0", "nvidia-docker run"}) {
    EXPECT_THAT(text, HasSubstr(way));
  }
  EXPECT_THAT(text, HasSubstr("note    config.toml: some.key: no effect: of no use\n"));
  EXPECT_THAT(text, HasSubstr("dockerd 28\\x1b[31m\n")) << "no control characters";
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST_F(Doctor, SaysTheSameInJson) {
  const auto json = parse_json(printed(Output::kJson), "output");
  ASSERT_TRUE(json);
  ASSERT_EQ((*json)["ways"].size(), 4U);
  EXPECT_EQ((*json)["ways"][0]["works"], false);
  EXPECT_EQ((*json)["ways"][0]["problems"][0]["remedy"], "nvinject configure docker --restart");
  EXPECT_TRUE((*json)["everywhere"].is_array());
  EXPECT_EQ((*json)["config"][0]["key"], "some.key");
}

TEST_F(Doctor, FailsWithoutDockerdAndShowsWhatElseIsMissing) {
  CaptureStdout();
  EXPECT_EQ(doctor_docker(fail(ErrorCode::kInvalidRequest, "parse 'config.toml'"), options_),
            kExitFailed);
  const std::string text = GetCapturedStdout();
  EXPECT_THAT(text, HasSubstr("broken  all of Docker's ways\n        dockerd is not running"));
  EXPECT_THAT(text, HasSubstr("parse 'config.toml'"));
}

}  // namespace
}  // namespace nvinject::cli
