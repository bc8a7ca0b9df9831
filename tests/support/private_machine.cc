// SPDX-License-Identifier: Apache-2.0
#include "tests/support/private_machine.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace nvinject::testing {
namespace {

constexpr const char* kHarmlessDevices[] = {"null", "zero", "full", "random", "urandom", "fuse"};

bool write_file(const char* path, const std::string& text) {
  std::ofstream out(path);
  out << text;
  return static_cast<bool>(out.flush());
}

// Ourselves as root of a user namespace.
bool map_user(uid_t uid, gid_t gid) {
  return write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1") &&
         write_file("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1");
}

std::string enter_namespaces() {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  const bool is_root = uid == 0;
  if (::unshare(is_root ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0) {
    return std::string("no mount namespace: ") + std::strerror(errno);
  }
  if (!is_root && !map_user(uid, gid)) return "no user of its own in a user namespace";
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return std::string("no private mounts: ") + std::strerror(errno);
  }
  if (::access("/proc/driver", F_OK) != 0) return "no /proc/driver to mount over";
  return {};
}

}  // namespace

const std::string& PrivateMachine::obstacle() {
  static const std::string kObstacle = enter_namespaces();
  return kObstacle;
}

PrivateMachine::PrivateMachine(const DriverRootTree& node) {
  if (!obstacle().empty()) throw std::runtime_error(obstacle());
  const TempTree& tree = node.tree();
  tree.directory("run");
  tree.directory("proc/driver");
  for (const std::string name : kHarmlessDevices) {
    if (::access(("/dev/" + name).c_str(), F_OK) != 0) continue;
    dev_.file(name, "");
    bind("/dev/" + name, dev_.path(name));
  }
  bind(tree.path("proc/driver"), "/proc/driver");
  bind(tree.path("proc/devices"), "/proc/devices");
  bind(tree.path("run"), "/run");
  bind(dev_.path(), "/dev");
}

PrivateMachine::~PrivateMachine() {
  for (auto place = mounts_.rbegin(); place != mounts_.rend(); ++place) {
    ::umount2(place->c_str(), MNT_DETACH);
  }
}

void PrivateMachine::bind(const std::string& from, const std::string& to) {
  // Recursive, for what is mounted in /dev's stand-in already.
  if (::mount(from.c_str(), to.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0) {
    throw std::runtime_error("mount " + from + " at " + to + ": " + std::strerror(errno));
  }
  mounts_.push_back(to);
}

}  // namespace nvinject::testing
