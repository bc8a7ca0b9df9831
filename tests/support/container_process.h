// SPDX-License-Identifier: Apache-2.0
#pragma once

// A container that is there already, as far as mounts go: a process in a mount namespace of its
// own, waiting. Only for root.

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>

namespace nvinject::testing {

inline void check(bool done, const std::string& what) {
  if (!done) throw std::runtime_error(what + ": errno " + std::to_string(errno));
}

inline void bind_mount(const std::string& from, const std::string& to) {
  check(::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0, "bind " + to);
}

inline void mount_tmpfs(const std::string& at) {
  check(::mount("none", at.c_str(), "tmpfs", 0, "mode=755") == 0, "tmpfs " + at);
}

// The caller's "/" and everything else, with mounts that nobody outside sees. Once per process; ""
// or why not.
inline const std::string& private_mounts_obstacle() {
  static const std::string kObstacle = [] {
    if (::geteuid() != 0) return "only root has mount namespaces like a runtime's";
    if (::unshare(CLONE_NEWNS) != 0) return "no mount namespace of its own";
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      return "no private mounts";
    return "";
  }();
  return kObstacle;
}

// `path` as this process's root, as runtimes do it.
inline void pivot_into(const std::string& path) {
  check(::chdir(path.c_str()) == 0, "chdir");
  check(::syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
  check(::umount2(".", MNT_DETACH) == 0, "umount");
}

class ContainerProcess {
 public:
  // `prepare` runs in the new namespace, whose mounts are private.
  explicit ContainerProcess(const std::function<void()>& prepare) {
    std::array<int, 2> ready{};
    check(::pipe2(ready.data(), O_CLOEXEC) == 0, "pipe");
    pid_ = ::fork();
    check(pid_ >= 0, "fork");
    if (pid_ == 0) wait_inside(prepare, ready[1]);
    ::close(ready[1]);
    char byte = 0;
    const bool prepared = ::read(ready[0], &byte, 1) == 1;
    ::close(ready[0]);
    if (!prepared) {
      end();
      throw std::runtime_error("the container's process could not prepare itself");
    }
  }
  ContainerProcess(const ContainerProcess&) = delete;
  ContainerProcess& operator=(const ContainerProcess&) = delete;
  ~ContainerProcess() { end(); }

  [[nodiscard]] pid_t pid() const { return pid_; }
  // A path as its mount namespace sees it.
  [[nodiscard]] std::string see(const std::string& path) const {
    return "/proc/" + std::to_string(pid_) + "/root" + path;
  }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  [[noreturn]] static void wait_inside(const std::function<void()>& prepare, int ready) {
    try {
      check(::unshare(CLONE_NEWNS) == 0, "unshare");
      check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private");
      prepare();
      if (::write(ready, "!", 1) == 1) {
        for (;;) ::pause();
      }
    } catch (const std::exception& problem) {
      std::fprintf(stderr, "%s\n", problem.what());
    }
    ::_exit(1);
  }
  pid_t pid_ = -1;
};

// Everything below, with type, mode, owner, size and time of change of files: two of them are equal
// when nobody has touched anything.
inline std::set<std::string> snapshot(const std::string& root) {
  std::set<std::string> entries;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    struct stat facts{};
    if (::lstat(entry.path().c_str(), &facts) != 0) continue;
    std::string line = entry.path().string() + " " + std::to_string(facts.st_mode) + " " +
                       std::to_string(facts.st_uid) + " " + std::to_string(facts.st_rdev);
    if (!S_ISDIR(facts.st_mode)) {
      line += " " + std::to_string(facts.st_size) + " " + std::to_string(facts.st_mtim.tv_sec) +
              "." + std::to_string(facts.st_mtim.tv_nsec);
    }
    entries.insert(line);
  }
  return entries;
}

}  // namespace nvinject::testing
