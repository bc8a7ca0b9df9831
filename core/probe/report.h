// SPDX-License-Identifier: Apache-2.0
//
// The one JSON document of the probe:
//
//   {"schema":1, "driver_version":T, "cuda_version":T, "gpus":[GPU...], "error":T}
//   GPU = {"bus_id":T, "uuid":T, "minor":N, "name":T, "brand":T, "architecture":T,
//          "mig_capable":B, "mig_enabled":B, "mig_devices":[MIG...], "error":T}
//   MIG = {"uuid":T, "gpu_instance":N, "compute_instance":N, "index":N}
//
// T and N are null where unknown; GPUs come in NVML's order. The document's own error is null
// exactly when the probe exits with 0.
//
// It grows GPU by GPU in memory and is printed at the end, in one piece: a driver that crashes
// leaves no half document behind. After each GPU it can be cut off there, which is what the
// deadline does.
#pragma once

#include <stdbool.h>

#include "core/probe/gpu_facts.h"

// `cuda_version` as NVML gives it: 12040 is 12.4; not known: null.
void report_begin(const char* driver_version, JsonNumber cuda_version);
void report_gpu(const GpuFacts* facts);

// Ends the document (begins it, too, if nothing else has) and prints it; true if it was printed
// whole.
bool report_end(const char* error);

// Prints the GPUs known so far with an error made of two plain texts of ours. Async-signal-safe.
void report_cut_short(const char* reason, const char* operand);
