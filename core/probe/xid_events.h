// SPDX-License-Identifier: Apache-2.0
//
// Xid errors as NVML tells of them. Holds every GPU of the node from xid_take to xid_release: in
// between nobody can reset one, unload the driver or change its MIG mode. Knows nobody whom it
// would tell.
#pragma once

#include <stdbool.h>

#include "core/probe/nvml_library.h"

// The largest machines have 16.
enum { kMaxWatchedGpus = 256 };

typedef struct XidEvents {
  NvmlLibrary library;
  bool loaded;  // the library stays: only what it holds is given back
  NvmlEventSet set;
  unsigned watched;  // GPUs; others tell of no Xid errors
} XidEvents;

typedef struct Xid {
  char uuid[kNvmlUuidSize];
  unsigned long long number;
} Xid;

// Each of these is null, or says what went wrong (until the next call).
const char* xid_take(XidEvents* events);
const char* xid_release(XidEvents* events);

// Waits for a second at most. `*found`: whether there was one.
const char* xid_wait(const XidEvents* events, Xid* xid, bool* found);
