// SPDX-License-Identifier: Apache-2.0
#include "tests/support/hanging_disk.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace nvinject::testing {
namespace {

UniqueFd open_fuse() { return UniqueFd(::open("/dev/fuse", O_RDWR | O_CLOEXEC)); }

// The kernel asks nobody anything before FUSE_INIT is answered.
void say_hello(int server) {
  std::array<char, FUSE_MIN_READ_BUFFER> request{};
  if (::read(server, request.data(), request.size()) <= 0) throw std::runtime_error("read fuse");
  fuse_in_header in{};
  std::memcpy(&in, request.data(), sizeof in);
  struct {
    fuse_out_header header{};
    fuse_init_out init{};
  } answer;
  answer.header.len = sizeof answer;
  answer.header.unique = in.unique;
  answer.init.major = FUSE_KERNEL_VERSION;
  answer.init.minor = FUSE_KERNEL_MINOR_VERSION;
  answer.init.max_write = 4096;
  if (::write(server, &answer, sizeof answer) < 0) throw std::runtime_error("write fuse");
}

}  // namespace

std::string HangingDisk::obstacle() {
  return open_fuse().valid() ? "" : std::string("no /dev/fuse: ") + std::strerror(errno);
}

HangingDisk::HangingDisk(std::string place) : place_(std::move(place)), server_(open_fuse()) {
  const std::string options =
      "fd=" + std::to_string(server_.get()) + ",rootmode=40000,user_id=0,group_id=0,allow_other";
  if (::mount("hanging", place_.c_str(), "fuse", MS_NODEV | MS_NOSUID, options.c_str()) != 0) {
    throw std::runtime_error("mount fuse at " + place_ + ": " + std::strerror(errno));
  }
  say_hello(server_.get());
}

HangingDisk::~HangingDisk() {
  abort();
  ::umount2(place_.c_str(), MNT_DETACH);
}

}  // namespace nvinject::testing
