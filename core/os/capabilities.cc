// SPDX-License-Identifier: Apache-2.0
#include "core/os/capabilities.h"

#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

namespace nvinject {
namespace {

struct FreeCapabilities {
  void operator()(cap_t set) const { ::cap_free(set); }
};
using CapabilityState = std::unique_ptr<std::remove_pointer_t<cap_t>, FreeCapabilities>;

bool has(const CapabilityState& state, cap_value_t capability, cap_flag_t flag) {
  cap_flag_value_t value = CAP_CLEAR;
  return ::cap_get_flag(state.get(), capability, flag, &value) == 0 && value == CAP_SET;
}

void set(const CapabilityState& state, cap_flag_t flag, cap_value_t capability) {
  ::cap_set_flag(state.get(), flag, 1, &capability, CAP_SET);
}

}  // namespace

Result<void> cut_capabilities(Capabilities kept, Kept how) {
  const CapabilityState now(::cap_get_proc());
  const CapabilityState cut(::cap_init());
  if (now == nullptr || cut == nullptr) return fail_errno("read", "capabilities", errno);
  for (const cap_value_t capability : kept) {
    if (!has(now, capability, CAP_PERMITTED)) continue;
    set(cut, CAP_PERMITTED, capability);
    if (how == Kept::kEffective) set(cut, CAP_EFFECTIVE, capability);
  }
  // Ambient ones go with the inheritable ones.
  if (::cap_set_proc(cut.get()) != 0) return fail_errno("cut", "capabilities", errno);
  return {};
}

Result<void> refuse_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) != 0) {
    return fail_errno("refuse", "new privileges", errno);
  }
  return {};
}

Result<void> drop_capabilities() { return cut_capabilities({}); }

bool may_raise(Capabilities wanted) {
  const CapabilityState now(::cap_get_proc());
  return now != nullptr && std::all_of(wanted.begin(), wanted.end(), [&](cap_value_t capability) {
           return has(now, capability, CAP_PERMITTED);
         });
}

RaisedCapabilities::RaisedCapabilities(Capabilities raised) : state_(nullptr) {
  CapabilityState now(::cap_get_proc());
  if (now == nullptr) return;
  for (const cap_value_t capability : raised) {
    if (!has(now, capability, CAP_PERMITTED) || has(now, capability, CAP_EFFECTIVE)) continue;
    set(now, CAP_EFFECTIVE, capability);
    raised_.push_back(capability);
  }
  if (!raised_.empty() && ::cap_set_proc(now.get()) == 0) state_ = now.release();
}

RaisedCapabilities::~RaisedCapabilities() {
  if (state_ == nullptr) return;
  ::cap_set_flag(state_, CAP_EFFECTIVE, static_cast<int>(raised_.size()), raised_.data(),
                 CAP_CLEAR);
  ::cap_set_proc(state_);
  ::cap_free(state_);
}

}  // namespace nvinject
