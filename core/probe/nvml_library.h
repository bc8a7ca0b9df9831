// SPDX-License-Identifier: Apache-2.0
//
// libnvidia-ml.so.1, loaded at run time. A function is looked up when it is called: drivers lack
// some of them, and a missing one answers kNvmlFunctionNotFound like NVML itself does. There is one
// C function per *shape* of an NVML call; which call it is, is said by its symbol name. Knows
// nothing of what the answers mean.
#pragma once

#include <stddef.h>

#include "core/probe/nvml_abi.h"

typedef struct NvmlLibrary {
  void* handle;
} NvmlLibrary;

// Null on success, else the loader's reason (valid until the next call to the loader).
const char* nvml_open(NvmlLibrary* library);

// The symbol name of the call now running, or of the last one; a signal handler may call it.
const char* nvml_running_function(void);

// "FUNCTION: what NVML calls this status", cut to `size`.
void nvml_format_failure(const NvmlLibrary* library, const char* function, NvmlStatus status,
                         char* text, size_t size);

NvmlStatus nvml_call(const NvmlLibrary* library, const char* function);
NvmlStatus nvml_system_text(const NvmlLibrary* library, const char* function, char* text,
                            unsigned size);
NvmlStatus nvml_system_number(const NvmlLibrary* library, const char* function, unsigned* number);
NvmlStatus nvml_device_at(const NvmlLibrary* library, unsigned index, NvmlDevice* device);
NvmlStatus nvml_mig_device_at(const NvmlLibrary* library, NvmlDevice gpu, unsigned index,
                              NvmlDevice* device);
NvmlStatus nvml_device_text(const NvmlLibrary* library, const char* function, NvmlDevice device,
                            char* text, unsigned size);
NvmlStatus nvml_device_number(const NvmlLibrary* library, const char* function, NvmlDevice device,
                              unsigned* number);
NvmlStatus nvml_device_pair(const NvmlLibrary* library, const char* function, NvmlDevice device,
                            unsigned* first, unsigned* second);
NvmlStatus nvml_device_pci(const NvmlLibrary* library, NvmlDevice device, NvmlPciInfo* pci);

// Events of several GPUs, waited for together.
NvmlStatus nvml_event_set_make(const NvmlLibrary* library, NvmlEventSet* set);
NvmlStatus nvml_event_types_of(const NvmlLibrary* library, NvmlDevice device,
                               unsigned long long* types);
NvmlStatus nvml_event_set_add(const NvmlLibrary* library, NvmlEventSet set, NvmlDevice device,
                              unsigned long long types);
// kNvmlTimeout when nothing has happened.
NvmlStatus nvml_event_set_wait(const NvmlLibrary* library, NvmlEventSet set, unsigned milliseconds,
                               NvmlEvent* event);
NvmlStatus nvml_event_set_free(const NvmlLibrary* library, NvmlEventSet set);
