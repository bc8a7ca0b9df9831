// SPDX-License-Identifier: Apache-2.0

// Usage: kill_at_call PID N
//
// Traces all threads of a process, and kills it before the Nth system call that they make together
// from now on; 0 only counts. Prints "attached" when it has begun, and a line for each call. Ends
// with the process, which lives on when this is killed.
//
// strace --inject counts for each thread alone, and waits for ever when the process dies while it
// is being attached to.

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>

namespace {

constexpr int kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE;
constexpr int kSystemCallStop = SIGTRAP | 0x80;

int parse(const char* text) {
  int number = -1;
  const char* const end = text + std::strlen(text);
  const auto [rest, problem] = std::from_chars(text, end, number);
  if (problem != std::errc() || rest != end || number < 0) throw std::runtime_error(text);
  return number;
}

[[noreturn]] void fail(const char* doing) {
  throw std::runtime_error(std::string(doing) + ": " + std::strerror(errno));
}

class Tracer {
 public:
  Tracer(pid_t process, int last) : process_(process), last_(last) {}

  // Nobody goes on before all are stopped: threads may come while we look for them.
  void attach() {
    for (bool found = true; found;) {
      found = false;
      const std::string tasks = "/proc/" + std::to_string(process_) + "/task";
      for (const auto& entry : std::filesystem::directory_iterator(tasks)) {
        const pid_t thread = parse(entry.path().filename().c_str());
        if (stopped_.contains(thread)) continue;
        found = true;
        stop(thread);
      }
    }
    std::puts("attached");
    for (const pid_t thread : stopped_) resume(thread, 0);
  }

  // Until the process is gone, by us or otherwise.
  void follow() {
    int status = 0;
    for (pid_t thread = 0; (thread = ::waitpid(-1, &status, __WALL)) > 0;) {
      if (WIFSTOPPED(status)) stopped(thread, status);
    }
  }

 private:
  void stop(pid_t thread) {
    const bool is_new = ::ptrace(PTRACE_SEIZE, thread, nullptr, kOptions) == 0;
    // One that a traced thread has just made is traced already, and stops by itself.
    if (!is_new && errno != EPERM) fail("attach");
    if (is_new && ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0) fail("interrupt");
    int status = 0;
    if (::waitpid(thread, &status, __WALL) != thread || !WIFSTOPPED(status)) fail("stop");
    stopped_.insert(thread);
  }

  void stopped(pid_t thread, int status) {
    const int signal = WSTOPSIG(status);
    const bool is_event = status >> 16 != 0;
    if (signal == kSystemCallStop) {
      count(thread);
      resume(thread, 0);
    } else {
      resume(thread, is_event ? 0 : signal);
    }
  }

  void count(pid_t thread) {
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof(info), &info) <= 0) return;
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
    // The call in which it was stopped begins anew.
    if (stopped_.erase(thread) > 0) return;
    ++calls_;
    std::printf("%d %llu\n", thread, static_cast<unsigned long long>(info.entry.nr));
    if (calls_ == last_) ::kill(process_, SIGKILL);
  }

  // It may have been killed meanwhile.
  static void resume(pid_t thread, int signal) {
    (void)::ptrace(PTRACE_SYSCALL, thread, nullptr, signal);
  }

  const pid_t process_;
  const int last_;
  int calls_ = 0;
  std::set<pid_t> stopped_;  // while attaching, and until each has gone on
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: kill_at_call PID N\n", stderr);
    return 2;
  }
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  try {
    Tracer tracer(parse(argv[1]), parse(argv[2]));
    tracer.attach();
    tracer.follow();
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "kill_at_call: %s\n", problem.what());
    return 1;
  }
  return 0;
}
