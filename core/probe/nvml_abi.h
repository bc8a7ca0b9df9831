// SPDX-License-Identifier: Apache-2.0
//
// The part of NVML's binary interface that these programs use: status numbers, brand numbers, two
// structs. NVML promises that these never change within libnvidia-ml.so.1. Nothing here is NVIDIA's
// header.
#pragma once

typedef struct NvmlDeviceHandle* NvmlDevice;

// NVML returns a C enum; newer drivers add values, so it is kept as a number.
typedef unsigned NvmlStatus;

enum {
  kNvmlSuccess = 0,
  kNvmlNotSupported = 3,
  kNvmlNotFound = 6,
  kNvmlTimeout = 10,
  kNvmlFunctionNotFound = 13,
};

enum { kNvmlMigEnabled = 1 };

// Buffer sizes that NVML documents as always large enough (its "V2" sizes).
enum {
  kNvmlDriverVersionSize = 80,
  kNvmlUuidSize = 96,
  kNvmlNameSize = 96,
};

// All three versions of nvmlDeviceGetPciInfo share the first fields; v3 is the longest (68 bytes):
//
//   offset 0        16     20   24      28      32         36
//          bus_id   domain bus  device  pci_id  subsystem  bus_id (v3, 32 bytes) or reserved
//
// `rest` is larger than any of them, so that whichever version answers stays inside the struct.
typedef struct NvmlPciInfo {
  char legacy_bus_id[16];
  unsigned domain;
  unsigned bus;
  unsigned device;
  unsigned pci_device_id;
  unsigned pci_subsystem_id;
  char rest[92];
} NvmlPciInfo;

typedef struct NvmlEventSetHandle* NvmlEventSet;

enum { kNvmlEventXid = 8 };  // a bit: the driver has reported an Xid error

// What an event set gives. Drivers before MIG know the first three members only.
typedef struct NvmlEvent {
  NvmlDevice device;
  unsigned long long type;
  unsigned long long data;  // of kNvmlEventXid: its number
  unsigned gpu_instance;
  unsigned compute_instance;
} NvmlEvent;
