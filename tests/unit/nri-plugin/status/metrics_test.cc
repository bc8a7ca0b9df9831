// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/status/metrics.h"

#include <gmock/gmock.h>

#include "tests/support/sample_status.h"

namespace nvinject::nri {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, CountsRequestsByOutcome) {
  Metrics metrics;
  metrics.count_request(RequestOutcome::kServed, milliseconds(1));
  metrics.count_request(RequestOutcome::kServed, milliseconds(1));
  metrics.count_request(RequestOutcome::kTimeout, milliseconds(1600));
  const std::string text = metrics.print({}, {});
  EXPECT_THAT(text, HasSubstr("# TYPE nvinject_requests_total counter\n"));
  EXPECT_THAT(text, HasSubstr("nvinject_requests_total{outcome=\"served\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("nvinject_requests_total{outcome=\"timeout\"} 1\n"));
  // An alert must find them before they have happened.
  for (const char* const outcome : {"none", "left", "denied", "audited", "refused"}) {
    EXPECT_THAT(text, HasSubstr("{outcome=\"" + std::string(outcome) + "\"} 0\n"));
  }
  EXPECT_THAT(text, HasSubstr("nvinject_request_duration_seconds_count 3\n"));
  EXPECT_THAT(text, HasSubstr("nvinject_request_duration_seconds_bucket{le=\"0.005\"} 2\n"));
}

TEST(Metrics, GaugesAreOfTheReport) {
  Metrics metrics;
  const std::string text = metrics.print(testing::sample_status(), {});
  for (const char* const line :
       {"nvinject_registered 1", "nvinject_synchronised 1", "nvinject_inventory_generation 3",
        "nvinject_gpus{state=\"ready\"} 1", "nvinject_gpus{state=\"broken\"} 1",
        "nvinject_gpus{state=\"kept_back\"} 1", "nvinject_containers{outcome=\"served\"} 1",
        "nvinject_containers{outcome=\"without\"} 1",
        "nvinject_gpu_containers{gpu=\"0\",uuid=\"GPU-aaaa\"} 3",
        "nvinject_gpu_containers{gpu=\"1\",uuid=\"GPU-bbbb\"} 1"}) {
    EXPECT_THAT(text, HasSubstr("\n" + std::string(line) + "\n"));
  }
}

TEST(Metrics, TellWhatTheKubeletHasOfUs) {
  Metrics metrics;
  EXPECT_THAT(metrics.print({}, {}), Not(HasSubstr("nvinject_kubelet_registered")))
      << "no device plugin";
  metrics.count_question(true, milliseconds(2));
  metrics.count_question(false, milliseconds(300));
  const Totals totals{.lost_log_lines = 0,
                      .kubelet = {.registrations = 2,
                                  .allocated = 5,
                                  .allocations_refused = 1,
                                  .starts_passed = 4,
                                  .starts_held = 3}};
  (void)metrics.print(testing::sample_status(), {});
  const std::string text = metrics.print(testing::sample_status(), totals);
  for (const char* const line :
       {"nvinject_kubelet_registered 1", "nvinject_kubelet_devices{health=\"healthy\"} 2",
        "nvinject_kubelet_devices{health=\"unhealthy\"} 2", "nvinject_xid_watch 1",
        "nvinject_kubelet_registrations_total 2",
        "nvinject_kubelet_allocations_total{outcome=\"allocated\"} 5",
        "nvinject_kubelet_allocations_total{outcome=\"refused\"} 1",
        "nvinject_kubelet_starts_total{outcome=\"passed\"} 4",
        "nvinject_kubelet_starts_total{outcome=\"held\"} 3",
        "nvinject_kubelet_questions_total{outcome=\"answered\"} 1",
        "nvinject_kubelet_questions_total{outcome=\"failed\"} 1",
        "nvinject_kubelet_question_duration_seconds_count 2",
        "nvinject_kubelet_question_duration_seconds_bucket{le=\"0.005\"} 1"}) {
    EXPECT_THAT(text, HasSubstr("\n" + std::string(line) + "\n"));
  }
}

TEST(Metrics, AGpuThatIsGoneIsNotTold) {
  Metrics metrics;
  (void)metrics.print(testing::sample_status(), {});
  const std::string text = metrics.print({}, {});
  EXPECT_THAT(text, Not(HasSubstr("nvinject_gpu_containers{")));
  EXPECT_THAT(text, HasSubstr("nvinject_registered 0\n"));
}

// Containers come and go unseen while the runtime is not connected: a zero would be a lie.
TEST(Metrics, WithoutARuntimeTheNumberOfContainersIsNone) {
  Metrics metrics;
  StatusReport report = testing::sample_status();
  report.synchronised = false;
  const std::string text = metrics.print(report, {});
  EXPECT_THAT(text, HasSubstr("nvinject_containers{outcome=\"served\"} Nan\n"));
  EXPECT_THAT(text, HasSubstr("nvinject_gpu_containers{gpu=\"0\",uuid=\"GPU-aaaa\"} Nan\n"));
}

TEST(Metrics, LostLinesAreAsManyAsWereLost) {
  Metrics metrics;
  EXPECT_THAT(metrics.print({}, {}), HasSubstr("nvinject_log_lines_lost_total 0\n"));
  EXPECT_THAT(metrics.print({}, {.lost_log_lines = 7}),
              HasSubstr("nvinject_log_lines_lost_total 7\n"));
  EXPECT_THAT(metrics.print({}, {.lost_log_lines = 9}),
              HasSubstr("nvinject_log_lines_lost_total 9\n"));
  metrics.count_connection();
  EXPECT_THAT(metrics.print({}, {.lost_log_lines = 9}),
              HasSubstr("nvinject_connections_total 1\n"));
}

// A driver's file says what a GPU is called.
TEST(Metrics, LabelsAreEscaped) {
  Metrics metrics;
  StatusReport report{.synchronised = true};
  report.gpus = {{.index = 0, .uuid = "GPU\"} 1\nx{\\", .model = "", .problem = ""}};
  EXPECT_THAT(metrics.print(report, {}),
              HasSubstr("nvinject_gpu_containers{gpu=\"0\",uuid=\"GPU\\\"} 1\\nx{\\\\\"} 0\n"));
}

}  // namespace
}  // namespace nvinject::nri
