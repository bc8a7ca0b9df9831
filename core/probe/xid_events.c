// SPDX-License-Identifier: Apache-2.0
#include "core/probe/xid_events.h"

#include <stddef.h>
#include <stdio.h>

enum { kPatienceMilliseconds = 1000 };

static char problem[320];

static const char* failed(const XidEvents* events, const char* function, NvmlStatus status) {
  nvml_format_failure(&events->library, function, status, problem, sizeof problem);
  return problem;
}

// A GPU that cannot tell of Xid errors, or does not answer, keeps none of the others from it.
static void watch_gpu(XidEvents* events, unsigned index) {
  NvmlDevice device = NULL;
  unsigned long long types = 0;
  if (nvml_device_at(&events->library, index, &device) != kNvmlSuccess ||
      nvml_event_types_of(&events->library, device, &types) != kNvmlSuccess ||
      (types & kNvmlEventXid) == 0) {
    return;
  }
  if (nvml_event_set_add(&events->library, events->set, device, kNvmlEventXid) == kNvmlSuccess) {
    ++events->watched;
  }
}

const char* xid_take(XidEvents* events) {
  events->watched = 0;
  if (!events->loaded) {
    const char* const load_error = nvml_open(&events->library);
    if (load_error != NULL) return load_error;
    events->loaded = true;
  }
  NvmlStatus status = nvml_call(&events->library, "nvmlInit_v2");
  if (status != kNvmlSuccess) return failed(events, "nvmlInit_v2", status);
  status = nvml_event_set_make(&events->library, &events->set);
  if (status != kNvmlSuccess) return failed(events, "nvmlEventSetCreate", status);
  unsigned count = 0;
  status = nvml_system_number(&events->library, "nvmlDeviceGetCount_v2", &count);
  if (status != kNvmlSuccess) return failed(events, "nvmlDeviceGetCount_v2", status);
  for (unsigned index = 0; index < count && index < kMaxWatchedGpus; ++index) {
    watch_gpu(events, index);
  }
  return events->watched > 0 ? NULL : "no GPU that is seen here tells of Xid errors";
}

const char* xid_release(XidEvents* events) {
  NvmlStatus status = nvml_event_set_free(&events->library, events->set);
  if (status != kNvmlSuccess) return failed(events, "nvmlEventSetFree", status);
  status = nvml_call(&events->library, "nvmlShutdown");
  return status == kNvmlSuccess ? NULL : failed(events, "nvmlShutdown", status);
}

const char* xid_wait(const XidEvents* events, Xid* xid, bool* found) {
  *found = false;
  NvmlEvent event;
  NvmlStatus status =
      nvml_event_set_wait(&events->library, events->set, kPatienceMilliseconds, &event);
  if (status == kNvmlTimeout) return NULL;
  if (status != kNvmlSuccess) return failed(events, "nvmlEventSetWait", status);
  if ((event.type & kNvmlEventXid) == 0) return NULL;
  static const char kFunction[] = "nvmlDeviceGetUUID";
  status = nvml_device_text(&events->library, kFunction, event.device, xid->uuid, sizeof xid->uuid);
  if (status != kNvmlSuccess) return failed(events, kFunction, status);
  xid->number = event.data;
  *found = true;
  return NULL;
}
