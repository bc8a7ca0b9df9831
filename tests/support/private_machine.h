// SPDX-License-Identifier: Apache-2.0
#pragma once

// For programs that know no roots but the real ones: from here on this process, and those that it
// starts, see a made tree at /proc/driver, /proc/devices, /dev and /run. In a mount namespace of
// their own; whoever is not root gets a user namespace first.

#include <string>
#include <vector>

#include "tests/support/driver_root.h"
#include "tests/support/temp_tree.h"

namespace nvinject::testing {

class PrivateMachine {
 public:
  // /proc and /run are those of `node`, which must outlive this. /dev has a few harmless devices
  // and none of a GPU: their numbers are derived from /proc/devices.
  explicit PrivateMachine(const DriverRootTree& node);
  // Takes the mounts away; the namespace stays.
  ~PrivateMachine();
  PrivateMachine(const PrivateMachine&) = delete;
  PrivateMachine& operator=(const PrivateMachine&) = delete;

  // Why this process cannot have one; "" when it can.
  [[nodiscard]] static const std::string& obstacle();

  // Mounts `from` over `to`, for as long as this lives.
  void bind(const std::string& from, const std::string& to);

 private:
  TempTree dev_;
  std::vector<std::string> mounts_;
};

}  // namespace nvinject::testing
