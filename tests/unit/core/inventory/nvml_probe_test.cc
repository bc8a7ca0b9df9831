// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/nvml_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/os/capabilities.h"
#include "tests/unit/core/inventory/probe_fixture.h"

namespace nvinject {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class NvmlProbeTest : public testing::ProbeTest {
 protected:
  Result<ProbeReport> run(const ProbeOptions& options) const {
    return run_nvml_probe(inventory(), roots(), options);
  }
  std::string failure_of(const ProbeOptions& options) const {
    const auto report = run(options);
    if (report) return "no failure";
    EXPECT_EQ(report.error().code, ErrorCode::kUnavailable);
    return report.error().message;
  }
};

TEST_F(NvmlProbeTest, ReturnsTheReport) {
  const auto report = run(probe("json"));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->driver_version, "550.163.01");
  EXPECT_EQ(report->gpus.at(0).mig_devices.at(0).uuid, "MIG-bbbb");
}

TEST_F(NvmlProbeTest, AFailureSaysWhatWasRunAndWhatItPrinted) {
  EXPECT_THAT(failure_of(probe("junk")),
              AllOf(HasSubstr("--library-path"), HasSubstr("/probes/junk"),
                    HasSubstr("exit status 0"), HasSubstr("this is no JSON")));
  EXPECT_THAT(failure_of(probe("complain")),
              AllOf(HasSubstr("exit status 3"), HasSubstr("the driver is broken")));
  EXPECT_THAT(failure_of(probe("crash")), HasSubstr("killed by signal 11"));
  EXPECT_THAT(failure_of(probe("flood")), HasSubstr("printed too much"));
  EXPECT_THAT(failure_of(probe("json", "")), HasSubstr("it printed nothing"));
  EXPECT_THAT(
      failure_of(probe("json", R"({"schema":1,"gpus":[],"error":"nvmlInit_v2: no driver"})")),
      HasSubstr("nvmlInit_v2: no driver"));
}

TEST_F(NvmlProbeTest, AHangingDriverIsLeftAtTheDeadline) {
  ProbeOptions options = probe("hang");
  options.deadline = std::chrono::milliseconds(200);
  EXPECT_THAT(failure_of(options), HasSubstr("killed at its deadline"));
}

TEST_F(NvmlProbeTest, AReportThatWasCutShortAtTheDeadlineKeepsItsGpus) {
  ProbeOptions options = probe("half");
  options.deadline = std::chrono::milliseconds(300);
  const auto report = run(options);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->gpus.size(), 1U);
  EXPECT_EQ(report->error, "killed at its deadline");
}

TEST_F(NvmlProbeTest, UsesLoaderAndLibrariesOfTheDriverRootOnly) {
  ASSERT_FALSE(run(probe("tell")));
  const std::string told = tree_.read("probes/tell.out");
  EXPECT_THAT(told, HasSubstr("exe=" + tree_.path("driver" + loader_paths().front())));
  EXPECT_THAT(told, HasSubstr("map=" + tree_.path("driver" + library_directories().front()) +
                              "/libc.so.6"));
  EXPECT_THAT(told, Not(HasSubstr("map=/usr/lib")));
  EXPECT_THAT(told, Not(HasSubstr("map=/lib")));
}

// Debian's alternatives: the loader would follow the link on the host.
TEST_F(NvmlProbeTest, LooksForNvmlWhereALinkOfTheDriverRootLeads) {
  const std::string usual = "driver" + library_directories().front() + "/libnvidia-ml.so.1";
  std::filesystem::remove(tree_.path(usual));
  tree_.link(usual, "/opt/current/libnvidia-ml.so.1");
  tree_.file("driver/opt/current/libnvidia-ml.so.1", "no library");
  EXPECT_THAT(failure_of(probe("junk")),
              HasSubstr("--library-path " + tree_.path("driver/opt/current") + ":"));
}

TEST_F(NvmlProbeTest, UsesTheHostsLoaderWhereTheDriverRootHasNone) {
  std::filesystem::remove(tree_.path("driver" + loader_paths().front()));
  std::filesystem::remove(tree_.path("driver" + library_directories().front() + "/libc.so.6"));
  EXPECT_TRUE(run(probe("json")));
}

TEST_F(NvmlProbeTest, GivesACompleteEnvironmentAndNothingElse) {
  ::setenv("LD_PRELOAD_NVINJECT_TEST", "1", 1);
  ASSERT_FALSE(run(probe("tell")));
  const std::string told = tree_.read("probes/tell.out");
  EXPECT_THAT(told, HasSubstr("env=PATH=/usr/sbin:/usr/bin:/sbin:/bin\nenv=LC_ALL=C\nmap="));
}

TEST_F(NvmlProbeTest, RunsAsNobody) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: changes the user";
  ASSERT_FALSE(run(probe("tell")));
  EXPECT_THAT(tree_.read("probes/tell.out"), HasSubstr("uid=65534 gid=65534\n"));
}

// As in a pod: going on as root is no way.
TEST_F(NvmlProbeTest, DoesNotRunWhereItCannotBecomeNobody) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: whoever is not does not change the user";
  const ProbeOptions options = probe("json");
  const pid_t child = ::fork();
  if (child == 0) {
    const bool dropped = drop_capabilities().has_value();
    const auto report = run(options);
    const bool refused = !report && report.error().code == ErrorCode::kUnavailable &&
                         report.error().message.find("another user") != std::string::npos;
    ::_exit(dropped && refused ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(NvmlProbeTest, TakesTheGroupOfNodesThatAreForAGroup) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: changes the user";
  Inventory with_group = inventory();
  with_group.control_nodes.push_back(
      {.name = "nvidiactl", .node = {.number = {195, 255}, .mode = 0660, .uid = 0, .gid = 44}});
  ASSERT_FALSE(run_nvml_probe(with_group, roots(), probe("tell")));
  EXPECT_THAT(tree_.read("probes/tell.out"), HasSubstr("uid=65534 gid=44\n"));
}

TEST_F(NvmlProbeTest, StaysWhoItIsInAUserNamespace) {
  tree_.file("proc/self/uid_map", "0 1000 1\n");
  ASSERT_FALSE(run(probe("tell")));
  EXPECT_THAT(tree_.read("probes/tell.out"), HasSubstr("uid=" + std::to_string(::getuid()) + " "));
}

TEST_F(NvmlProbeTest, RefusesFilesThatOthersCouldHaveChanged) {
  const ProbeOptions options = probe("json");
  for (const std::string& file :
       {std::string("probes/json"), "driver" + loader_paths().front(),
        "driver" + library_directories().front() + "/libnvidia-ml.so.1"}) {
    ASSERT_EQ(::chmod(tree_.path(file).c_str(), 0777), 0);
    EXPECT_THAT(failure_of(options), HasSubstr("writable by others")) << file;
    ASSERT_EQ(::chmod(tree_.path(file).c_str(), 0755), 0);
  }
  EXPECT_TRUE(run(options));
}

TEST_F(NvmlProbeTest, SaysWhatIsMissing) {
  EXPECT_EQ(run({.program = tree_.host("nowhere")}).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(run({}).error().message,
              HasSubstr("nvinject-probe"));  // beside the test program: there
  std::filesystem::remove(
      tree_.path("driver" + library_directories().front() + "/libnvidia-ml.so.1"));
  const auto report = run(probe("json"));
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(report.error().message, HasSubstr("libnvidia-ml.so.1"));
}

TEST_F(NvmlProbeTest, TheRealProbeStartsThroughTheLoaderOfTheDriverRoot) {
  // Its libnvidia-ml.so.1 is no library: the loader of the driver root says so.
  EXPECT_THAT(failure_of({.program = HostPath(NVINJECT_PROBE)}),
              AllOf(HasSubstr("exit status 1"), HasSubstr("libnvidia-ml.so.1")));
}

}  // namespace
}  // namespace nvinject
