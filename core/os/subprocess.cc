// SPDX-License-Identifier: Apache-2.0
#include "core/os/subprocess.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/os/subprocess_child.h"

namespace nvinject {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kErrorTailBytes = 4UL * 1024UL;
constexpr std::size_t kReadStep = 16UL * 1024UL;
// Standard error is thrown away but for its tail, so only its rate must be bounded; a full pipe
// is 4.
constexpr int kMaxErrorReads = 64;
constexpr milliseconds kGraceAfterSignal{500};
// SIGKILL reaches everything but a process that hangs in the kernel.
constexpr milliseconds kPatienceAfterKill{1000};
constexpr milliseconds kPollStepWithoutPidfd{10};

// Appends one piece of what is there; false when nothing is. Closes `fd` at its end.
bool receive(UniqueFd& fd, std::string& into) {
  std::array<char, kReadStep> buffer{};
  while (fd.valid()) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(got));
      return true;
    }
    if (got < 0 && errno == EAGAIN) return false;
    if (got == 0 || errno != EINTR) fd.reset();
  }
  return false;
}

class Supervisor {
 public:
  Supervisor(const Subprocess& request, Child& child)
      : request_(request), child_(child), unsent_(request.input) {}

  SubprocessOutcome run() {
    outcome_.end = watch(request_.deadline);
    if (outcome_.end == SubprocessEnd::kDeadlinePassed && request_.deadline_signal != SIGKILL) {
      ::kill(-child_.pid, request_.deadline_signal);
      watch(kGraceAfterSignal);
    }
    // The leader is not reaped yet, so the group's number cannot have gone to somebody else.
    ::kill(-child_.pid, SIGKILL);
    if (outcome_.output.size() > request_.max_output_bytes) child_.output.reset();
    watch(kPatienceAfterKill);
    reap();
    if (outcome_.output.size() > request_.max_output_bytes) {
      outcome_.end = SubprocessEnd::kTooMuchOutput;
      outcome_.output.resize(request_.max_output_bytes);
    }
    return std::move(outcome_);
  }

 private:
  // Until the program has ended, for `patience` at most.
  SubprocessEnd watch(milliseconds patience) {
    const Clock::time_point until = Clock::now() + patience;
    for (;;) {
      // Looked at first: what it wrote before its end is then surely read below.
      const bool exited = has_exited();
      exchange();
      if (exited) return SubprocessEnd::kExited;
      if (child_.output.valid() && outcome_.output.size() > request_.max_output_bytes) {
        return SubprocessEnd::kTooMuchOutput;
      }
      const Clock::time_point now = Clock::now();
      if (now >= until) return SubprocessEnd::kDeadlinePassed;
      wait_for_event(std::chrono::ceil<milliseconds>(until - now));
    }
  }

  void wait_for_event(milliseconds patience) {
    if (!child_.pidfd.valid()) patience = std::min(patience, kPollStepWithoutPidfd);
    // poll(2) passes over what is closed (-1).
    std::array<pollfd, 4> events{{{child_.pidfd.get(), POLLIN, 0},
                                  {child_.input.get(), POLLOUT, 0},
                                  {child_.output.get(), POLLIN, 0},
                                  {child_.error.get(), POLLIN, 0}}};
    // A failure (EINTR) only means that the loop looks again.
    ::poll(events.data(), events.size(), static_cast<int>(patience.count()));
  }

  void exchange() {
    send_input();
    while (outcome_.output.size() <= request_.max_output_bytes &&
           receive(child_.output, outcome_.output)) {
    }
    std::string& tail = outcome_.error_tail;
    for (int reads = 0; reads < kMaxErrorReads && receive(child_.error, tail); ++reads) {
      if (tail.size() > kErrorTailBytes) tail.erase(0, tail.size() - kErrorTailBytes);
    }
  }

  void send_input() {
    while (child_.input.valid() && !unsent_.empty()) {
      const ssize_t sent =
          ::send(child_.input.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) {
        unsent_.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno == EAGAIN) {
        return;
      } else if (errno != EINTR) {
        break;  // it does not read any more: that is its right
      }
    }
    child_.input.reset();
  }

  // WNOWAIT: it stays a zombie until its group has been killed.
  [[nodiscard]] bool has_exited() const {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(child_.pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
      return errno == ECHILD;
    }
    return info.si_pid == child_.pid;
  }

  void reap() {
    siginfo_t info{};
    const int failed = ::waitid(P_PID, static_cast<id_t>(child_.pid), &info, WEXITED | WNOHANG);
    if (outcome_.end != SubprocessEnd::kExited) return;
    outcome_.status = failed != 0 ? -1 : info.si_status;  // -1: somebody else reaped it
    if (failed == 0 && info.si_code != CLD_EXITED) outcome_.end = SubprocessEnd::kSignalled;
  }

  const Subprocess& request_;
  Child& child_;
  std::string_view unsent_;
  SubprocessOutcome outcome_;
};

}  // namespace

std::string describe(const SubprocessOutcome& outcome) {
  switch (outcome.end) {
    case SubprocessEnd::kExited:
      return "exit status " + std::to_string(outcome.status);
    case SubprocessEnd::kSignalled:
      return "killed by signal " + std::to_string(outcome.status) + " (" +
             ::strsignal(outcome.status) + ")";
    case SubprocessEnd::kDeadlinePassed:
      return "killed at its deadline";
    case SubprocessEnd::kTooMuchOutput:
      return "killed because it printed too much";
  }
  return "unknown end";
}

Result<SubprocessOutcome> run_subprocess(const Subprocess& request) {
  if (!request.program.string().starts_with('/') || request.arguments.empty()) {
    return fail(ErrorCode::kInternal,
                "run " + quote(request.program.string()) + ": no absolute path, or no argv[0]");
  }
  NVINJECT_ASSIGN_OR_RETURN(Child child, start_child(request));
  SubprocessOutcome outcome = Supervisor(request, child).run();
  if (auto never_ran = find_start_error(child, request)) return tl::unexpected(*never_ran);
  return outcome;
}

}  // namespace nvinject
