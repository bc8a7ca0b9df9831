// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one way to run another program: absolute path, argument vector, complete environment, a
// process group of its own and a deadline. No shell, no $PATH, nothing inherited but what is named
// here: signal mask and handlers are cleared, the working directory is "/", no descriptor above 2
// is passed on.

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/base/path.h"
#include "core/base/result.h"

namespace nvinject {

// Whom to become before the program starts; supplementary groups are given up, capabilities go with
// the user.
struct SubprocessIdentity {
  uid_t uid = 0;
  gid_t gid = 0;
  bool operator==(const SubprocessIdentity&) const = default;
};

// kRefuse: prctl(2), PR_SET_NO_NEW_PRIVS. Either way the program gets no capability that is not
// permitted here; kAllow leaves it what else an execve(2) may bring, as SELinux's domains.
enum class NewPrivileges { kRefuse, kAllow };

struct Subprocess {
  HostPath program;                      // absolute; below `root` where that is given
  std::vector<std::string> arguments;    // argv, the name of the program included
  std::vector<std::string> environment;  // complete, "NAME=value"
  std::string input;                     // standard input, then end of file
  std::optional<HostPath> root;          // chroot(2) into it first
  std::optional<SubprocessIdentity> identity;
  NewPrivileges new_privileges = NewPrivileges::kRefuse;
  std::chrono::milliseconds deadline = std::chrono::seconds(10);
  // What the whole group gets at the deadline: a program that knows the signal can still say what
  // it has. SIGKILL follows half a second later.
  int deadline_signal = SIGKILL;
  std::size_t max_output_bytes = 64UL * 1024UL;  // of standard output; more ends the program
};

enum class SubprocessEnd { kExited, kSignalled, kDeadlinePassed, kTooMuchOutput };

struct SubprocessOutcome {
  SubprocessEnd end = SubprocessEnd::kExited;
  int status = 0;          // the exit status, or with kSignalled the signal
  std::string output;      // standard output
  std::string error_tail;  // the last of standard error

  [[nodiscard]] bool succeeded() const { return end == SubprocessEnd::kExited && status == 0; }
};

// "exit status 1", "killed by signal 11 (Segmentation fault)", "killed at its deadline"
[[nodiscard]] std::string describe(const SubprocessOutcome& outcome);

// Starts the program and returns when it has ended, or soon after its deadline: also when it cannot
// be killed (a process that hangs in a driver ignores even SIGKILL; it is left behind) and when
// somebody whom it started still holds its output. What is left of its process group is killed. An
// Error means that the program never ran. SIGCHLD must not be ignored in this process.
[[nodiscard]] Result<SubprocessOutcome> run_subprocess(const Subprocess& request);

}  // namespace nvinject
