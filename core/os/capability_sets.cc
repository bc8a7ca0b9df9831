// SPDX-License-Identifier: Apache-2.0
#include "core/os/capability_sets.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace nvinject {
namespace {

constexpr unsigned kWordBits = 32;
constexpr int kMaxCapabilities = 64;

__user_cap_header_struct header() { return {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0}; }

std::uint64_t join(std::uint32_t low, std::uint32_t high) {
  return std::uint64_t{high} << kWordBits | low;
}

}  // namespace

bool read_capability_sets(CapabilitySets& sets) noexcept {
  __user_cap_header_struct head = header();
  __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &head, words) != 0) return false;
  sets = {.effective = join(words[0].effective, words[1].effective),
          .permitted = join(words[0].permitted, words[1].permitted),
          .inheritable = join(words[0].inheritable, words[1].inheritable)};
  return true;
}

bool write_capability_sets(const CapabilitySets& sets) noexcept {
  __user_cap_header_struct head = header();
  const auto low = [](std::uint64_t set) { return static_cast<std::uint32_t>(set); };
  const auto high = [](std::uint64_t set) { return static_cast<std::uint32_t>(set >> kWordBits); };
  const __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3] = {
      {.effective = low(sets.effective),
       .permitted = low(sets.permitted),
       .inheritable = low(sets.inheritable)},
      {.effective = high(sets.effective),
       .permitted = high(sets.permitted),
       .inheritable = high(sets.inheritable)}};
  return ::syscall(SYS_capset, &head, words) == 0;
}

void bound_capabilities_to_permitted() noexcept {
  CapabilitySets before;
  if (!read_capability_sets(before)) return;
  CapabilitySets raised = before;
  raised.effective |= before.permitted & capability_bit(CAP_SETPCAP);
  if (raised != before && !write_capability_sets(raised)) return;
  for (int capability = 0; capability < kMaxCapabilities; ++capability) {
    if ((before.permitted & capability_bit(capability)) != 0) continue;
    // EINVAL: the kernel knows no more of them.
    if (::prctl(PR_CAPBSET_DROP, static_cast<unsigned long>(capability), 0UL, 0UL, 0UL) != 0) break;
  }
  if (raised != before) static_cast<void>(write_capability_sets(before));
}

}  // namespace nvinject
