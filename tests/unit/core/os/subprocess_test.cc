// SPDX-License-Identifier: Apache-2.0
#include "core/os/subprocess.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "core/base/unique_fd.h"

namespace nvinject {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

Subprocess shell(const std::string& script) {
  Subprocess request;
  request.program = HostPath("/bin/sh");
  request.arguments = {"sh", "-c", script};
  request.environment = {"PATH=/usr/bin:/bin"};
  return request;
}

SubprocessOutcome run(const Subprocess& request) {
  auto outcome = run_subprocess(request);
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome.value_or(SubprocessOutcome{});
}

// For what would spoil this process.
template <class Check>
bool holds_in_a_copy_of_this_process(Check check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check() ? 0 : 1);
  int status = -1;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

bool has_child() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

TEST(Subprocess, ReturnsExitStatusOutputAndErrors) {
  const SubprocessOutcome outcome = run(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(outcome.end, SubprocessEnd::kExited);
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.output, "out\n");
  EXPECT_EQ(outcome.error_tail, "err\n");
  EXPECT_EQ(describe(outcome), "exit status 3");
  EXPECT_FALSE(outcome.succeeded());
  EXPECT_FALSE(has_child());
}

TEST(Subprocess, TellsASignalFromAnExitStatus) {
  const SubprocessOutcome outcome = run(shell("kill -SEGV $$"));
  EXPECT_EQ(outcome.end, SubprocessEnd::kSignalled);
  EXPECT_EQ(outcome.status, SIGSEGV);
  EXPECT_THAT(describe(outcome), HasSubstr("signal 11"));
}

TEST(Subprocess, PassesExactlyTheEnvironmentGiven) {
  ::setenv("NVINJECT_TEST_LEAK", "1", 1);
  Subprocess request = shell("");
  request.program = HostPath("/usr/bin/env");
  request.arguments = {"env"};
  request.environment = {"A=1", "B=two words"};
  EXPECT_EQ(run(request).output, "A=1\nB=two words\n");
}

TEST(Subprocess, AMissingProgramIsAnErrorThatNamesIt) {
  Subprocess request = shell("");
  request.program = HostPath("/nowhere/program");
  const auto outcome = run_subprocess(request);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(outcome.error().os_errno, ENOENT);
  EXPECT_THAT(outcome.error().message, HasSubstr("/nowhere/program"));
  EXPECT_FALSE(has_child());
}

TEST(Subprocess, ARelativePathIsRefused) {
  Subprocess request = shell("");
  request.program = HostPath("sh");
  EXPECT_EQ(run_subprocess(request).error().code, ErrorCode::kInternal);
}

TEST(Subprocess, PassesItsInput) {
  Subprocess request = shell("cat");
  request.input = std::string(300'000, 'x');
  request.max_output_bytes = 400'000;
  EXPECT_EQ(run(request).output, request.input);
}

TEST(Subprocess, InputThatNobodyReadsNeitherBlocksNorKills) {
  Subprocess request = shell("exec <&-; echo done");
  request.input = std::string(900'000, 'x');
  EXPECT_EQ(run(request).output, "done\n");
}

TEST(Subprocess, EndsAtItsDeadline) {
  Subprocess request = shell("echo before; sleep 60");
  request.deadline = milliseconds(100);
  const auto start = std::chrono::steady_clock::now();
  const SubprocessOutcome outcome = run(request);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_EQ(outcome.end, SubprocessEnd::kDeadlinePassed);
  EXPECT_EQ(outcome.output, "before\n");
  EXPECT_FALSE(has_child());
}

TEST(Subprocess, TheDeadlineSignalLetsItSayWhatItHas) {
  Subprocess request = shell("trap 'echo half; exit 1' ALRM; sleep 60 & wait");
  request.deadline = milliseconds(200);
  request.deadline_signal = SIGALRM;
  const SubprocessOutcome outcome = run(request);
  EXPECT_EQ(outcome.end, SubprocessEnd::kDeadlinePassed);
  EXPECT_EQ(outcome.output, "half\n");
}

TEST(Subprocess, ADeadlineSignalThatIsIgnoredIsFollowedByKill) {
  Subprocess request = shell("trap '' ALRM; while :; do sleep 1; done");
  request.deadline = milliseconds(100);
  request.deadline_signal = SIGALRM;
  EXPECT_EQ(run(request).end, SubprocessEnd::kDeadlinePassed);
  EXPECT_FALSE(has_child());
}

TEST(Subprocess, AGrandchildThatKeepsTheOutputOpenDoesNotHoldUsUp) {
  for (const char* script : {"sleep 60 & echo done", "setsid sleep 5 & echo done"}) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(run(shell(script)).output, "done\n") << script;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3)) << script;
  }
}

TEST(Subprocess, KillsWhatIsLeftOfItsGroup) {
  const SubprocessOutcome outcome = run(shell("sleep 60 & echo $!"));
  const pid_t grandchild = std::stoi(outcome.output);
  int tries = 100;
  // It is gone once init, or whoever adopts orphans here, has reaped it; a zombie will do.
  auto gone = [&] {
    const std::string status = "/proc/" + std::to_string(grandchild) + "/stat";
    const UniqueFd fd(::open(status.c_str(), O_RDONLY | O_CLOEXEC));
    char text[256] = "";
    return !fd.valid() || ::read(fd.get(), text, sizeof text - 1) <= 0 ||
           std::string(text).find(") Z ") != std::string::npos;
  };
  while (!gone() && --tries > 0) ::usleep(20'000);
  EXPECT_TRUE(gone());
}

TEST(Subprocess, TooMuchOutputEndsIt) {
  Subprocess request = shell("while :; do echo 0123456789; done");
  request.max_output_bytes = 100'000;
  const SubprocessOutcome outcome = run(request);
  EXPECT_EQ(outcome.end, SubprocessEnd::kTooMuchOutput);
  EXPECT_EQ(outcome.output.size(), 100'000U);
  EXPECT_FALSE(has_child());
}

TEST(Subprocess, ExactlyTheLimitIsNotTooMuch) {
  Subprocess request = shell("printf 0123456789");
  request.max_output_bytes = 10;
  EXPECT_EQ(run(request).end, SubprocessEnd::kExited);
  request.max_output_bytes = 9;
  EXPECT_EQ(run(request).end, SubprocessEnd::kTooMuchOutput);
}

TEST(Subprocess, KeepsTheEndOfItsErrors) {
  const SubprocessOutcome outcome =
      run(shell("i=0; while [ $i -lt 20000 ]; do echo line $i >&2; i=$((i+1)); done"));
  EXPECT_LE(outcome.error_tail.size(), 4096U);
  EXPECT_TRUE(outcome.error_tail.ends_with("line 19999\n"));
}

TEST(Subprocess, PassesOnNoOtherDescriptor) {
  const UniqueFd leak(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC, on purpose
  const UniqueFd far_leak(::fcntl(leak.get(), F_DUPFD, 500));
  const SubprocessOutcome outcome = run(
      shell("i=3; while [ $i -lt 600 ]; do [ -e /proc/$$/fd/$i ] && echo $i; i=$((i+1)); done"));
  EXPECT_EQ(outcome.output, "");
}

TEST(Subprocess, ClearsTheSignalMaskAndIgnoredSignals) {
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  ::signal(SIGHUP, SIG_IGN);
  const std::string output = run(shell("grep -E '^Sig(Blk|Ign):' /proc/self/status")).output;
  ::signal(SIGHUP, SIG_DFL);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_THAT(output, HasSubstr("SigBlk:\t0000000000000000"));
  EXPECT_THAT(output, HasSubstr("SigIgn:\t0000000000000000"));
}

TEST(Subprocess, KeepsTheCallersSignalMask) {
  sigset_t now;
  run(shell(":"));
  ::pthread_sigmask(SIG_SETMASK, nullptr, &now);
  EXPECT_EQ(::sigismember(&now, SIGTERM), 0);
}

TEST(Subprocess, StartsInTheRootDirectoryAndAGroupOfItsOwn) {
  EXPECT_EQ(run(shell("pwd")).output, "/\n");
  EXPECT_EQ(run(shell("read -r pid comm state parent group rest </proc/$$/stat; "
                      "[ $group = $$ ] && echo own"))
                .output,
            "own\n");
}

TEST(Subprocess, WorksWithoutStandardStreamsInTheCaller) {
  EXPECT_TRUE(holds_in_a_copy_of_this_process([] {
    for (const int standard : {0, 1, 2}) ::close(standard);
    Subprocess request = shell("cat; echo err >&2");
    request.input = "in";
    const auto outcome = run_subprocess(request);
    return outcome && outcome->output == "in" && outcome->error_tail == "err\n";
  }));
}

TEST(Subprocess, GivesUpItsIdentity) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: changes the user";
  Subprocess request =
      shell("grep -E '^(Uid|Gid|Groups|CapEff|CapPrm|NoNewPrivs):' /proc/self/status");
  request.identity = SubprocessIdentity{.uid = 65534, .gid = 1234};
  const std::string output = run(request).output;
  EXPECT_THAT(output, HasSubstr("Uid:\t65534\t65534\t65534\t65534"));
  EXPECT_THAT(output, HasSubstr("Gid:\t1234\t1234\t1234\t1234"));
  EXPECT_THAT(output, HasSubstr("Groups:\t \n"));
  EXPECT_THAT(output, HasSubstr("CapPrm:\t0000000000000000"));
  EXPECT_THAT(output, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_THAT(output, HasSubstr("NoNewPrivs:\t1"));
}

TEST(Subprocess, AllowsNewPrivilegesWhenAsked) {
  Subprocess request = shell("grep NoNewPrivs /proc/self/status");
  request.new_privileges = NewPrivileges::kAllow;
  EXPECT_THAT(run(request).output, HasSubstr("NoNewPrivs:\t0"));
}

TEST(Subprocess, AnIdentityThatCannotBeHadIsAnError) {
  EXPECT_TRUE(holds_in_a_copy_of_this_process([] {
    if (::geteuid() == 0 && ::setresuid(12345, 12345, 12345) != 0) return false;
    Subprocess request = shell(":");
    request.identity = SubprocessIdentity{.uid = 65534, .gid = 65534};
    const auto outcome = run_subprocess(request);
    return !outcome && outcome.error().os_errno == EPERM;
  }));
}

TEST(Subprocess, AMissingRootIsAnErrorThatNamesIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: chroot";
  Subprocess request = shell(":");
  request.root = HostPath("/nowhere");
  const auto outcome = run_subprocess(request);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("change root to '/nowhere'"));
}

}  // namespace
}  // namespace nvinject
