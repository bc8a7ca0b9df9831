// SPDX-License-Identifier: Apache-2.0
#include "tests/support/plugin_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>
#include <utility>

namespace nvinject::testing {
namespace {

constexpr int kPluginSocket = 3;

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// posix_spawn(3) with what `arrange` says about descriptors.
pid_t spawn(const std::string& program, std::vector<std::string> arguments,
            std::vector<std::string> environment,
            const std::function<void(posix_spawn_file_actions_t*)>& arrange) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  arrange(&actions);
  pid_t pid = -1;
  const int problem = ::posix_spawn(&pid, program.c_str(), &actions, nullptr,
                                    pointers_to(arguments).data(), pointers_to(environment).data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw std::runtime_error("start " + program);
  return pid;
}

}  // namespace

PluginProcess PluginProcess::launch(const std::string& program, const std::string& index,
                                    const std::string& name, UniqueFd socket) {
  // Ours is closed with the scope: the plugin's death must be the end of the connection.
  const UniqueFd theirs = std::move(socket);
  const std::string directory = "/opt/nri/plugins/";
  return PluginProcess(
      spawn(program, {directory + index + "-" + name},
            {"NRI_PLUGIN_NAME=" + name, "NRI_PLUGIN_IDX=" + index,
             "NRI_PLUGIN_SOCKET=" + std::to_string(kPluginSocket)},
            [&theirs](posix_spawn_file_actions_t* actions) {
              ::posix_spawn_file_actions_adddup2(actions, theirs.get(), kPluginSocket);
              for (const int fd : {0, 1, 2}) {
                ::posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
              }
              ::posix_spawn_file_actions_addclosefrom_np(actions, kPluginSocket + 1);
            }));
}

PluginProcess PluginProcess::start(const std::vector<std::string>& arguments,
                                   const std::vector<std::string>& environment,
                                   const std::string& log) {
  return PluginProcess(
      spawn(arguments.at(0), arguments, environment, [&log](posix_spawn_file_actions_t* actions) {
        ::posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                           0600);
        ::posix_spawn_file_actions_adddup2(actions, 1, 2);
        ::posix_spawn_file_actions_addclosefrom_np(actions, 3);
      }));
}

PluginProcess::PluginProcess(PluginProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}

PluginProcess::~PluginProcess() {
  if (pid_ <= 0 || status_) return;
  signal(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void PluginProcess::signal(int number) const {
  if (pid_ > 0 && !status_) ::kill(pid_, number);
}

std::optional<int> PluginProcess::wait(std::chrono::milliseconds patience) {
  if (status_) return status_;
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!process.valid()) throw std::runtime_error("pidfd_open");
  pollfd ended{.fd = process.get(), .events = POLLIN, .revents = 0};
  if (::poll(&ended, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
  int status = 0;
  if (::waitpid(pid_, &status, 0) == pid_) status_ = status;
  return status_;
}

}  // namespace nvinject::testing
