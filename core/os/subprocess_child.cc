// SPDX-License-Identifier: Apache-2.0
#include "core/os/subprocess_child.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "core/os/capability_sets.h"

namespace nvinject {
namespace {

constexpr int kReportFd = 3;
constexpr int kExitNeverRan = 127;

// Everything the child needs, prepared before there is one.
struct ChildPlan {
  const char* program = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  const char* root = nullptr;  // null: none
  std::optional<SubprocessIdentity> identity;
  NewPrivileges new_privileges = NewPrivileges::kRefuse;
  pid_t parent = 0;
  int input_fd = -1;
  int output_fd = -1;
  int error_fd = -1;
  int report_fd = -1;  // gets one ChildFailure; closed by a successful execve
};

enum class ChildStep : int {
  kArrangeDescriptors,
  kChangeRoot,
  kChangeDirectory,
  kChangeIdentity,
  kRefuseNewPrivileges,
  kExecute,
};

struct ChildFailure {
  ChildStep step = ChildStep::kExecute;
  int os_errno = 0;
};

// From here to become_program: the child between clone and execve. The parent may have other
// threads, one of which may have held any lock when the child was copied, so here are only plain
// system calls. No allocation, and not glibc's setuid(3), which waits for threads that the child
// does not have.

[[noreturn]] void give_up(int report_fd, ChildStep step) noexcept {
  const ChildFailure failure{step, errno};
  // Nobody is left to tell if this fails: the exit status says enough.
  [[maybe_unused]] const ssize_t written = ::write(report_fd, &failure, sizeof failure);
  ::_exit(kExitNeverRan);
}

// The parent blocked all signals before the copy was made, so that none of its handlers runs here.
void clear_signals() noexcept {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// 0, 1, 2 and kReportFd, nothing else. All four go above those numbers first: a parent that was
// started without standard streams has its pipes there.
bool arrange_descriptors(const ChildPlan& plan) noexcept {
  const int input = ::fcntl(plan.input_fd, F_DUPFD_CLOEXEC, kReportFd + 1);
  const int output = ::fcntl(plan.output_fd, F_DUPFD_CLOEXEC, kReportFd + 1);
  const int error = ::fcntl(plan.error_fd, F_DUPFD_CLOEXEC, kReportFd + 1);
  const int report = ::fcntl(plan.report_fd, F_DUPFD_CLOEXEC, kReportFd + 1);
  if (::dup2(input, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 ||
      ::dup2(error, STDERR_FILENO) < 0 || ::dup3(report, kReportFd, O_CLOEXEC) < 0) {
    return false;
  }
  ::closefrom(kReportFd + 1);
  return true;
}

// Groups before the user: afterwards there is no right to.
bool change_identity(const SubprocessIdentity& identity) noexcept {
  return ::syscall(SYS_setgroups, 0, nullptr) == 0 &&
         ::syscall(SYS_setresgid, identity.gid, identity.gid, identity.gid) == 0 &&
         ::syscall(SYS_setresuid, identity.uid, identity.uid, identity.uid) == 0;
}

[[noreturn]] void become_program(const ChildPlan& plan) noexcept {
  ::setpgid(0, 0);
  clear_signals();
  if (!arrange_descriptors(plan)) give_up(plan.report_fd, ChildStep::kArrangeDescriptors);
  if (plan.root != nullptr && ::chroot(plan.root) != 0) give_up(kReportFd, ChildStep::kChangeRoot);
  if (::chdir("/") != 0) give_up(kReportFd, ChildStep::kChangeDirectory);
  if (plan.identity && !change_identity(*plan.identity)) {
    give_up(kReportFd, ChildStep::kChangeIdentity);
  }
  if (plan.new_privileges == NewPrivileges::kAllow) {
    bound_capabilities_to_permitted();
  } else if (::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0) {
    give_up(kReportFd, ChildStep::kRefuseNewPrivileges);
  }
  // Nobody would watch the deadline of an orphan. After the change of user, which clears this; the
  // parent may have died before it.
  ::prctl(PR_SET_PDEATHSIG, static_cast<unsigned long>(SIGKILL), 0UL, 0UL, 0UL);
  if (::getppid() != plan.parent) ::_exit(kExitNeverRan);
  ::execve(plan.program, plan.arguments, plan.environment);
  give_up(kReportFd, ChildStep::kExecute);
}

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

Result<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("open", "pipe", errno);
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  // Only our end: the two have flags of their own, and the program expects a blocking one.
  if (::fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK) != 0) {
    return fail_errno("set up", "pipe", errno);
  }
  return pipe;
}

Result<Pipe> open_input() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("open", "socket pair", errno);
  }
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::vector<char*> make_pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  // execve(2) does not write to them; its type is older than const.
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// clone(2) as fork(2) does it: the child has a copy of the memory, so nothing that it does before
// execve can harm this process. vfork would save the copy of the page tables, a fraction of a
// millisecond.
pid_t clone_child(const ChildPlan& plan, UniqueFd& pidfd) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  int raw_pidfd = -1;  // a kernel without pidfds leaves it alone
  const long pid = ::syscall(SYS_clone, static_cast<unsigned long>(CLONE_PIDFD | SIGCHLD), nullptr,
                             &raw_pidfd, nullptr, nullptr);
  if (pid == 0) become_program(plan);
  const int clone_errno = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = clone_errno;
  if (pid > 0) pidfd.reset(raw_pidfd);
  return static_cast<pid_t>(pid);
}

tl::unexpected<Error> explain(const ChildFailure& failure, const Subprocess& request) {
  const std::string& program = request.program.string();
  switch (failure.step) {
    case ChildStep::kArrangeDescriptors:
      return fail_errno("arrange descriptors for", program, failure.os_errno);
    case ChildStep::kChangeRoot:
      return fail_errno("change root to", request.root.value_or(HostPath()).string(),
                        failure.os_errno);
    case ChildStep::kChangeDirectory:
      return fail_errno("change directory to", "/", failure.os_errno);
    case ChildStep::kChangeIdentity:
      return fail_errno("change to user",
                        std::to_string(request.identity.value_or(SubprocessIdentity{}).uid),
                        failure.os_errno);
    case ChildStep::kRefuseNewPrivileges:
      return fail_errno("refuse new privileges for", program, failure.os_errno);
    case ChildStep::kExecute:
      break;
  }
  return fail_errno("execute", program, failure.os_errno);
}

}  // namespace

Result<Child> start_child(const Subprocess& request) {
  NVINJECT_ASSIGN_OR_RETURN(Pipe input, open_input());
  NVINJECT_ASSIGN_OR_RETURN(Pipe output, open_pipe());
  NVINJECT_ASSIGN_OR_RETURN(Pipe error, open_pipe());
  NVINJECT_ASSIGN_OR_RETURN(Pipe report, open_pipe());
  const std::vector<char*> arguments = make_pointers(request.arguments);
  const std::vector<char*> environment = make_pointers(request.environment);
  const ChildPlan plan{
      .program = request.program.c_str(),
      .arguments = arguments.data(),
      .environment = environment.data(),
      .root = request.root ? request.root->c_str() : nullptr,
      .identity = request.identity,
      .new_privileges = request.new_privileges,
      .parent = ::getpid(),
      .input_fd = input.read_end.get(),
      .output_fd = output.write_end.get(),
      .error_fd = error.write_end.get(),
      .report_fd = report.write_end.get(),
  };
  Child child;
  child.pid = clone_child(plan, child.pidfd);
  if (child.pid < 0) return fail_errno("start", request.program.string(), errno);
  // Both sides set the group, so that it exists whoever runs first; after the execve this is
  // refused.
  ::setpgid(child.pid, child.pid);
  child.input = std::move(input.write_end);
  child.output = std::move(output.read_end);
  child.error = std::move(error.read_end);
  child.report = std::move(report.read_end);
  return child;
}

std::optional<Error> find_start_error(const Child& child, const Subprocess& request) {
  ChildFailure failure;
  const ssize_t got = ::read(child.report.get(), &failure, sizeof failure);
  if (got != static_cast<ssize_t>(sizeof failure)) return std::nullopt;
  return explain(failure, request).value();
}

}  // namespace nvinject
