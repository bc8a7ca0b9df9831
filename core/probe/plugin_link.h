// SPDX-License-Identifier: Apache-2.0
//
// The way to the NRI plugin: a local socket on which it hears of failed GPUs, one line each.
//
//   watching            Xid errors are waited for
//   released            they are not: nothing is held of the driver
//   failed UUID XID     the driver has reported this error of the GPU
//   recovered           whoever had the GPUs released has done with them: of all that had failed
//
// Nothing comes back. The plugin may be gone for a while: what it has missed is the caller's to
// say again.
#pragma once

#include <stdbool.h>

// False, with a reason on standard error once in a row, when there is no such socket.
bool link_open(const char* path);
// False where there was a connection and it is gone, or never was one.
bool link_is_open(void);
void link_say(const char* line);
