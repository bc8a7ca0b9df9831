// SPDX-License-Identifier: Apache-2.0
#pragma once

// Capabilities of this process (capabilities(7), through libcap). A program that runs as root cuts
// what it may ever have when it starts, and raises what a call needs around that call only.

#include <sys/capability.h>

#include <initializer_list>
#include <vector>

#include "core/base/result.h"

namespace nvinject {

using Capabilities = std::initializer_list<cap_value_t>;  // CAP_SYS_ADMIN, …

// From now on at most these: they stay permitted, as far as the process has them, and none is
// effective or inherited. Nothing to do, and no error, for a process that has none. The bounding
// set, which is for programs that are executed later, is cut where one is started (subprocess.h):
// most of the time there is none, and it takes a call for each capability. kEffective: those that
// are kept are effective at once.
enum class Kept { kPermitted, kEffective };
[[nodiscard]] Result<void> cut_capabilities(Capabilities kept, Kept how = Kept::kPermitted);

// No program that is executed from now on gets anything that this process has not
// (PR_SET_NO_NEW_PRIVS), nor do its children. For when nothing more is to be started.
[[nodiscard]] Result<void> refuse_new_privileges();

// Not one is left.
[[nodiscard]] Result<void> drop_capabilities();

// Whether all of them are permitted: RaisedCapabilities then has them.
[[nodiscard]] bool may_raise(Capabilities wanted);

// Effective while the value lives, as far as they are permitted: without them the call itself says
// what it may not. Then effective is again what was before.
class RaisedCapabilities {
 public:
  explicit RaisedCapabilities(Capabilities raised);
  RaisedCapabilities(const RaisedCapabilities&) = delete;
  RaisedCapabilities& operator=(const RaisedCapabilities&) = delete;
  ~RaisedCapabilities();

 private:
  cap_t state_;  // null when nothing had to be raised
  std::vector<cap_value_t> raised_;
};

}  // namespace nvinject
