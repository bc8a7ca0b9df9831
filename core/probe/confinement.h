// SPDX-License-Identifier: Apache-2.0
//
// What the probe does to itself before it loads driver code. The parent has already given it an
// unprivileged user, an environment and a deadline of its own; this is the second line of defence.
#pragma once

#include <stdbool.h>

// No new privileges (a set-uid nvidia-modprobe that the driver starts gains nothing), no core dumps
// and no ptrace by others of the same user. False, with errno, if the kernel refuses.
bool confine_self(void);

// Calls `on_deadline` as a signal handler after kDeadlineSeconds; it must not return.
enum { kDeadlineSeconds = 30 };
void set_deadline(void (*on_deadline)(int));

// From here on the deadline kills silently: a report that is being printed is not printed twice.
void make_deadline_silent(void);
