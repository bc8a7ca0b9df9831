// SPDX-License-Identifier: Apache-2.0
//
// What NVML says about one GPU and its MIG devices. A call that fails leaves its field unknown and
// is remembered in `error` (the first one); the calls after it are still made. Knows no JSON.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "core/probe/json_writer.h"
#include "core/probe/nvml_library.h"

// 7 or 8 exist on today's GPUs; the limit only keeps a broken driver's answer from running away.
enum { kMaxMigDevices = 64 };

typedef struct MigFacts {
  unsigned index;  // NVML's own, with holes: what "0:2" and nvidia-smi mean
  char uuid[kNvmlUuidSize];
  JsonNumber gpu_instance;
  JsonNumber compute_instance;
} MigFacts;

// Empty text means unknown.
typedef struct GpuFacts {
  char bus_id[32];
  char uuid[kNvmlUuidSize];
  char name[kNvmlNameSize];
  char architecture[24];
  const char* brand;
  JsonNumber minor;
  bool mig_capable;
  bool mig_enabled;
  size_t mig_device_count;
  MigFacts mig_devices[kMaxMigDevices];
  char error[320];
} GpuFacts;

void read_gpu_facts(const NvmlLibrary* library, unsigned index, GpuFacts* facts);
