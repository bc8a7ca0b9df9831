// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/os/capabilities.h"

namespace nvinject::compat {

// All that a program that serves live containers ever raises: for namespaces, mounts and device
// rules (core/apply), for a probe that is somebody else's process, for modules and nodes that are
// missing after boot. It keeps no others, and what it starts gets no others either: modprobe is why
// the right to load modules is among them, and CAP_SETPCAP sees to it (core/os/capability_sets.h).
inline constexpr Capabilities kDoorCapabilities = {
    CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE,
    CAP_CHOWN,     CAP_FOWNER,     CAP_SETUID,     CAP_SETGID,          CAP_NET_ADMIN,
    CAP_BPF,       CAP_KILL,       CAP_MKNOD,      CAP_SYS_MODULE,      CAP_SETPCAP};

// Without it nothing can be mounted anywhere.
inline constexpr Capabilities kNeededForMounts = {CAP_SYS_ADMIN};

}  // namespace nvinject::compat
