// SPDX-License-Identifier: Apache-2.0
#pragma once

// A disk that is gone: a FUSE file system (fuse(4)) whose server says hello and never answers
// again, so that whoever looks into it waits until it is taken away. In a PrivateMachine only.

#include <string>

#include "core/base/unique_fd.h"

namespace nvinject::testing {

class HangingDisk {
 public:
  // At a directory that exists. Throws where FUSE cannot be had.
  explicit HangingDisk(std::string place);
  ~HangingDisk();
  HangingDisk(const HangingDisk&) = delete;
  HangingDisk& operator=(const HangingDisk&) = delete;

  // Why this machine has none; "" when it has.
  [[nodiscard]] static std::string obstacle();
  // Ends the connection: whoever waits gets ENOTCONN, and so does everybody after.
  void abort() { server_.reset(); }

 private:
  std::string place_;
  UniqueFd server_;
};

}  // namespace nvinject::testing
