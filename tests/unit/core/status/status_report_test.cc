// SPDX-License-Identifier: Apache-2.0
#include "core/status/status_report.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/sample_status.h"

namespace nvinject {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::sample_status;
using testing::Succeeds;

TEST(StatusReport, ComesBackAsItWas) {
  EXPECT_EQ(parse_status(print_status(StatusReport{})), StatusReport{});
  EXPECT_EQ(parse_status(print_status(sample_status())), sample_status());
}

TEST(StatusReport, IsOneLine) {
  StatusReport report = sample_status();
  report.containers[0].reason = "two\nlines \"quoted\" \x1b[31m";
  EXPECT_THAT(print_status(report), Not(HasSubstr("\n")));
  EXPECT_EQ(parse_status(print_status(report)), report);
}

TEST(StatusReport, SaysWhatIsNoUtf8InOtherLetters) {
  StatusReport report;
  report.containers = {{.id = "\xff"}};
  const auto parsed = parse_status(print_status(report));
  ASSERT_THAT(parsed, Succeeds());
  EXPECT_EQ(parsed->containers[0].id, "\xef\xbf\xbd");
}

TEST(StatusReport, HasAWordForEveryOutcome) {
  for (const ContainerStatus& container : sample_status().containers) {
    EXPECT_FALSE(to_string(container.outcome).empty());
  }
  EXPECT_EQ(to_string(ContainerOutcome::kDenied), "denied");
}

TEST(StatusReport, MayHoldMoreOrLessThanIsKnown) {
  const auto report = parse_status(R"({"version": 1, "new": [1], "runtime": null,
                                       "containers": [{"outcome": "left", "new": {}}]})");
  ASSERT_THAT(report, Succeeds());
  EXPECT_EQ(report->containers,
            (std::vector<ContainerStatus>{{.outcome = ContainerOutcome::kLeft}}));
}

TEST(StatusReport, RefusesEverythingElse) {
  struct Row {
    const char* name;
    const char* text;
    const char* message;
  };
  const Row rows[] = {
      {"nothing", "", "malformed"},
      {"half of it", R"({"version": 1, "gpus": [)", "malformed"},
      {"a list", "[]", "array instead of object"},
      {"no version", "{}", "'status.version'"},
      {"another version", R"({"version": 2})", "'status.version'"},
      {"a version of another type", R"({"version": "1"})", "version"},
      {"a negative version", R"({"version": -1})", "version"},
      {"a text for a boolean", R"({"version": 1, "registered": "yes"})", "registered"},
      {"GPUs that are none", R"({"version": 1, "gpus": [7]})", "gpus"},
      {"a GPU with a negative index", R"({"version": 1, "gpus": [{"index": -1}]})", "gpus.index"},
      {"a GPU with a large index", R"({"version": 1, "gpus": [{"index": 4294967296}]})",
       "gpus.index"},
      {"no outcome", R"({"version": 1, "containers": [{}]})", "containers.outcome"},
      {"an unknown outcome", R"({"version": 1, "containers": [{"outcome": "lost"}]})", "'lost'"},
      {"an index that is no number",
       R"({"version": 1, "containers": [{"outcome": "left", "gpus": ["0"]}]})", "containers.gpus"},
      {"an index out of range",
       R"({"version": 1, "containers": [{"outcome": "left", "would_get": [18446744073709551615]}]})",
       "containers.would_get"},
      {"a kubelet that is none", R"({"version": 1, "kubelet": 7})", "kubelet"},
      {"more devices than there can be",
       R"({"version": 1, "kubelet": {"devices": 4294967296, "xid_watch": "nobody"}})",
       "kubelet.devices"},
      {"an unknown watch", R"({"version": 1, "kubelet": {"xid_watch": "asleep"}})", "'asleep'"},
      {"deep", R"({"version": 1, "x": [[[[[[[[[[[[)", "malformed"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(parse_status(row.text), FailsWith(ErrorCode::kInvalidRequest, row.message))
        << row.name;
  }
  EXPECT_THAT(parse_status(std::string(kMaxStatusBytes + 1, ' ')),
              FailsWith(ErrorCode::kInvalidRequest, "larger than"));
}

}  // namespace
}  // namespace nvinject
