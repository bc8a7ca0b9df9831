// SPDX-License-Identifier: Apache-2.0
#include "core/probe/nvml_library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "core/probe/glibc_baseline.h"

NVINJECT_BIND_TO_BASELINE(dlopen);
NVINJECT_BIND_TO_BASELINE(dlsym);
NVINJECT_BIND_TO_BASELINE(dlerror);

enum { kMaxErrorTextSize = 200 };

// ISO C has no cast from the object pointer that dlsym returns to a function pointer. NVML passes
// int* where this says unsigned* in two calls (CUDA version, compute capability): same size, and
// neither is ever negative.
typedef union NvmlFunction {
  void* address;
  NvmlStatus (*call)(void);
  const char* (*error_text)(NvmlStatus);
  NvmlStatus (*system_text)(char*, unsigned);
  NvmlStatus (*system_number)(unsigned*);
  NvmlStatus (*device_at)(unsigned, NvmlDevice*);
  NvmlStatus (*mig_device_at)(NvmlDevice, unsigned, NvmlDevice*);
  NvmlStatus (*device_text)(NvmlDevice, char*, unsigned);
  NvmlStatus (*device_number)(NvmlDevice, unsigned*);
  NvmlStatus (*device_pair)(NvmlDevice, unsigned*, unsigned*);
  NvmlStatus (*device_pci)(NvmlDevice, NvmlPciInfo*);
  NvmlStatus (*event_set_make)(NvmlEventSet*);
  NvmlStatus (*event_types)(NvmlDevice, unsigned long long*);
  NvmlStatus (*event_set_add)(NvmlDevice, unsigned long long, NvmlEventSet);
  NvmlStatus (*event_set_wait)(NvmlEventSet, NvmlEvent*, unsigned);
  NvmlStatus (*event_set_free)(NvmlEventSet);
} NvmlFunction;

static const char* volatile running_function = "dlopen";

static NvmlFunction find_function(const NvmlLibrary* library, const char* name) {
  running_function = name;
  const NvmlFunction found = {.address = dlsym(library->handle, name)};
  return found;
}

const char* nvml_open(NvmlLibrary* library) {
  library->handle = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  return library->handle != NULL ? NULL : dlerror();
}

const char* nvml_running_function(void) { return running_function; }

void nvml_format_failure(const NvmlLibrary* library, const char* function, NvmlStatus status,
                         char* text, size_t size) {
  const NvmlFunction describe = find_function(library, "nvmlErrorString");
  const char* reason = describe.error_text != NULL ? describe.error_text(status) : NULL;
  if (reason != NULL) {
    (void)snprintf(text, size, "%s: %.*s", function, kMaxErrorTextSize, reason);
  } else {
    (void)snprintf(text, size, "%s: NVML status %u", function, status);
  }
}

NvmlStatus nvml_call(const NvmlLibrary* library, const char* function) {
  const NvmlFunction found = find_function(library, function);
  return found.call != NULL ? found.call() : kNvmlFunctionNotFound;
}

NvmlStatus nvml_system_text(const NvmlLibrary* library, const char* function, char* text,
                            unsigned size) {
  memset(text, 0, size);
  const NvmlFunction found = find_function(library, function);
  const NvmlStatus status =
      found.system_text != NULL ? found.system_text(text, size) : kNvmlFunctionNotFound;
  text[status == kNvmlSuccess ? size - 1 : 0] = '\0';
  return status;
}

NvmlStatus nvml_system_number(const NvmlLibrary* library, const char* function, unsigned* number) {
  const NvmlFunction found = find_function(library, function);
  return found.system_number != NULL ? found.system_number(number) : kNvmlFunctionNotFound;
}

NvmlStatus nvml_device_at(const NvmlLibrary* library, unsigned index, NvmlDevice* device) {
  const NvmlFunction found = find_function(library, "nvmlDeviceGetHandleByIndex_v2");
  return found.device_at != NULL ? found.device_at(index, device) : kNvmlFunctionNotFound;
}

NvmlStatus nvml_mig_device_at(const NvmlLibrary* library, NvmlDevice gpu, unsigned index,
                              NvmlDevice* device) {
  const NvmlFunction found = find_function(library, "nvmlDeviceGetMigDeviceHandleByIndex");
  return found.mig_device_at != NULL ? found.mig_device_at(gpu, index, device)
                                     : kNvmlFunctionNotFound;
}

NvmlStatus nvml_device_text(const NvmlLibrary* library, const char* function, NvmlDevice device,
                            char* text, unsigned size) {
  memset(text, 0, size);
  const NvmlFunction found = find_function(library, function);
  const NvmlStatus status =
      found.device_text != NULL ? found.device_text(device, text, size) : kNvmlFunctionNotFound;
  text[status == kNvmlSuccess ? size - 1 : 0] = '\0';
  return status;
}

NvmlStatus nvml_device_number(const NvmlLibrary* library, const char* function, NvmlDevice device,
                              unsigned* number) {
  const NvmlFunction found = find_function(library, function);
  return found.device_number != NULL ? found.device_number(device, number) : kNvmlFunctionNotFound;
}

NvmlStatus nvml_device_pair(const NvmlLibrary* library, const char* function, NvmlDevice device,
                            unsigned* first, unsigned* second) {
  const NvmlFunction found = find_function(library, function);
  return found.device_pair != NULL ? found.device_pair(device, first, second)
                                   : kNvmlFunctionNotFound;
}

NvmlStatus nvml_device_pci(const NvmlLibrary* library, NvmlDevice device, NvmlPciInfo* pci) {
  // Newest first; which versions exist depends on the driver's age, the fields used are in all.
  static const char* const kVersions[] = {"nvmlDeviceGetPciInfo_v3", "nvmlDeviceGetPciInfo_v2",
                                          "nvmlDeviceGetPciInfo"};
  for (size_t i = 0; i < sizeof kVersions / sizeof kVersions[0]; ++i) {
    const NvmlFunction found = find_function(library, kVersions[i]);
    if (found.device_pci != NULL) return found.device_pci(device, pci);
  }
  return kNvmlFunctionNotFound;
}

NvmlStatus nvml_event_set_make(const NvmlLibrary* library, NvmlEventSet* set) {
  const NvmlFunction found = find_function(library, "nvmlEventSetCreate");
  return found.event_set_make != NULL ? found.event_set_make(set) : kNvmlFunctionNotFound;
}

NvmlStatus nvml_event_types_of(const NvmlLibrary* library, NvmlDevice device,
                               unsigned long long* types) {
  const NvmlFunction found = find_function(library, "nvmlDeviceGetSupportedEventTypes");
  return found.event_types != NULL ? found.event_types(device, types) : kNvmlFunctionNotFound;
}

NvmlStatus nvml_event_set_add(const NvmlLibrary* library, NvmlEventSet set, NvmlDevice device,
                              unsigned long long types) {
  const NvmlFunction found = find_function(library, "nvmlDeviceRegisterEvents");
  return found.event_set_add != NULL ? found.event_set_add(device, types, set)
                                     : kNvmlFunctionNotFound;
}

NvmlStatus nvml_event_set_wait(const NvmlLibrary* library, NvmlEventSet set, unsigned milliseconds,
                               NvmlEvent* event) {
  // The second version says which MIG device is meant, too; the first writes less of the struct.
  static const char* const kVersions[] = {"nvmlEventSetWait_v2", "nvmlEventSetWait"};
  memset(event, 0, sizeof *event);
  for (size_t i = 0; i < sizeof kVersions / sizeof kVersions[0]; ++i) {
    const NvmlFunction found = find_function(library, kVersions[i]);
    if (found.event_set_wait != NULL) return found.event_set_wait(set, event, milliseconds);
  }
  return kNvmlFunctionNotFound;
}

NvmlStatus nvml_event_set_free(const NvmlLibrary* library, NvmlEventSet set) {
  const NvmlFunction found = find_function(library, "nvmlEventSetFree");
  return found.event_set_free != NULL ? found.event_set_free(set) : kNvmlFunctionNotFound;
}
