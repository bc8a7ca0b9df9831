// SPDX-License-Identifier: Apache-2.0
#include "core/cli/read_status.h"

#include "tests/support/matchers.h"
#include "tests/unit/core/cli/status_fixture.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::sample_status;
using ::testing::HasSubstr;

using ReadStatus = nvinject::testing::StatusFixture;

TEST_F(ReadStatus, AsksTheSocketOfTheConfigOrTheOneThatIsNamed) {
  start_answering(print_status(sample_status()));
  EXPECT_EQ(read_status(config_, ""), sample_status());
  const std::string socket = config_.nri.status_socket;
  start_answering(print_status(sample_status()));
  config_.nri.status_socket = "/absent";
  EXPECT_EQ(read_status(config_, socket), sample_status());
}

TEST_F(ReadStatus, SaysThatNobodyListens) {
  EXPECT_THAT(read_status(config_, ""),
              FailsWith(ErrorCode::kNotFound, "the NRI plugin is not running (connect to '"));
  {
    ASSERT_TRUE(listen_unix(HostPath(config_.nri.status_socket), 0600));
  }
  EXPECT_THAT(read_status(config_, ""),
              FailsWith(ErrorCode::kUnavailable, "the NRI plugin is not running"));
  EXPECT_THAT(read_status(config_, ""),
              FailsWith(ErrorCode::kUnavailable, config_.nri.status_socket));
  config_.nri.status_socket = "";
  EXPECT_THAT(read_status(config_, ""),
              FailsWith(ErrorCode::kInvalidRequest, "nvinject.nri.status-socket is empty"));
}

TEST_F(ReadStatus, SaysThatTheAnswerIsNoReport) {
  start_answering("{\"version\": 99}");
  EXPECT_THAT(read_status(config_, ""), FailsWith(ErrorCode::kInvalidRequest, "same version"));
}

TEST(DescribeStatus, SaysContainersGpusAndThePluginInAFewWords) {
  EXPECT_EQ(describe_container(sample_status().containers[0]), "team/train/main  111111111111");
  EXPECT_EQ(describe_gpus({0, 3}), "GPU 0, GPU 3");
  EXPECT_EQ(describe_gpus({}), "nothing");
  StatusReport report = sample_status();
  EXPECT_EQ(describe_plugin(report),
            "policy allocated, enforce warn; driver 550.163.01; runtime containerd 2.1.9");
  report.synchronised = false;
  EXPECT_THAT(describe_plugin(report), HasSubstr("not synchronised yet"));
  report.registered = false;
  EXPECT_THAT(describe_plugin(report), HasSubstr("not connected"));
  EXPECT_THAT(describe_plugin(StatusReport{}), HasSubstr("runtime unknown"));
}

}  // namespace
}  // namespace nvinject::cli
