// SPDX-License-Identifier: Apache-2.0
#include "core/os/capabilities.h"

#include <sys/prctl.h>

#include <cerrno>

namespace nvinject {
namespace {

std::uint64_t set_of(Capabilities capabilities) {
  std::uint64_t set = 0;
  for (const int capability : capabilities) set |= capability_bit(capability);
  return set;
}

}  // namespace

Result<void> cut_capabilities(Capabilities kept, Kept how) {
  CapabilitySets now;
  if (!read_capability_sets(now)) return fail_errno("read", "capabilities", errno);
  // Ambient ones go with the inheritable ones.
  const std::uint64_t left = now.permitted & set_of(kept);
  const CapabilitySets cut{.effective = how == Kept::kEffective ? left : 0, .permitted = left};
  if (!write_capability_sets(cut)) return fail_errno("cut", "capabilities", errno);
  return {};
}

Result<void> refuse_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0) {
    return fail_errno("refuse", "new privileges", errno);
  }
  return {};
}

Result<void> drop_capabilities() {
  if (!write_capability_sets({})) return fail_errno("drop", "capabilities", errno);
  return {};
}

bool may_raise(Capabilities wanted) {
  CapabilitySets now;
  return read_capability_sets(now) && (set_of(wanted) & ~now.permitted) == 0;
}

RaisedCapabilities::RaisedCapabilities(Capabilities raised) {
  CapabilitySets now;
  if (!read_capability_sets(now)) return;
  CapabilitySets more = now;
  more.effective |= set_of(raised) & now.permitted;
  if (more != now && write_capability_sets(more)) before_ = now;
}

RaisedCapabilities::~RaisedCapabilities() {
  if (before_) static_cast<void>(write_capability_sets(*before_));
}

}  // namespace nvinject
