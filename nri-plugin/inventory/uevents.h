// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kernel's word that a device came or went: NETLINK_KOBJECT_UEVENT (netlink(7)). A message is
// "ACTION@PATH", then NAME=VALUE strings, each ended by a zero.

#include <string_view>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace nvinject::nri {

// Of the kernel's own messages: whether a module or device of NVIDIA is meant.
[[nodiscard]] bool is_uevent_of_a_driver(std::string_view message);

class Uevents {
 public:
  [[nodiscard]] static Result<Uevents> open();
  [[nodiscard]] int fd() const { return socket_.get(); }
  // Reads all messages that wait. Whether one concerns us.
  [[nodiscard]] bool take() const;

 private:
  explicit Uevents(UniqueFd socket) : socket_(std::move(socket)) {}
  UniqueFd socket_;
};

}  // namespace nvinject::nri
