// SPDX-License-Identifier: Apache-2.0
#include "core/probe/gpu_facts.h"

#include <stdio.h>
#include <string.h>

// One GPU that is being asked.
typedef struct Question {
  const NvmlLibrary* library;
  NvmlDevice device;
  GpuFacts* facts;
} Question;

// The names nvidia-container-cli has always used in brand requirements, by NVML's number.
static const char* const kBrandNames[] = {
    NULL,        "Quadro",    "Tesla",  "NVS",        "GRID",    "GeForce",
    "TITAN",     "VApps",     "VPC",    "VCS",        "VWS",     "CloudGaming",
    "QuadroRTX", "NvidiaRTX", "Nvidia", "GeForceRTX", "TitanRTX"};

// True if the call succeeded; otherwise remembers why it did not, unless an earlier call failed.
static bool check(const Question* question, const char* function, NvmlStatus status) {
  if (status == kNvmlSuccess) return true;
  GpuFacts* const facts = question->facts;
  if (facts->error[0] == '\0') {
    nvml_format_failure(question->library, function, status, facts->error, sizeof facts->error);
  }
  return false;
}

// Like check(), but an old driver or a GPU that has no such thing is no error.
static bool check_optional(const Question* question, const char* function, NvmlStatus status) {
  if (status == kNvmlNotSupported || status == kNvmlFunctionNotFound) return false;
  return check(question, function, status);
}

static JsonNumber read_number(const Question* question, const char* function, NvmlDevice device) {
  JsonNumber number = {.known = false, .value = 0};
  number.known = check(question, function,
                       nvml_device_number(question->library, function, device, &number.value));
  return number;
}

static void read_bus_id(const Question* question) {
  NvmlPciInfo pci = {.domain = 0};
  const NvmlStatus status = nvml_device_pci(question->library, question->device, &pci);
  if (!check(question, "nvmlDeviceGetPciInfo", status)) return;
  (void)snprintf(question->facts->bus_id, sizeof question->facts->bus_id, "%08x:%02x:%02x.0",
                 pci.domain, pci.bus, pci.device);
}

static void read_text(const Question* question, const char* function, NvmlDevice device, char* text,
                      unsigned size) {
  (void)check(question, function,
              nvml_device_text(question->library, function, device, text, size));
}

static void read_brand(const Question* question) {
  static const char kFunction[] = "nvmlDeviceGetBrand";
  unsigned brand = 0;
  const NvmlStatus status =
      nvml_device_number(question->library, kFunction, question->device, &brand);
  if (!check_optional(question, kFunction, status)) return;
  if (brand < sizeof kBrandNames / sizeof kBrandNames[0]) {
    question->facts->brand = kBrandNames[brand];
  }
}

static void read_architecture(const Question* question) {
  static const char kFunction[] = "nvmlDeviceGetCudaComputeCapability";
  unsigned major = 0;
  unsigned minor = 0;
  const NvmlStatus status =
      nvml_device_pair(question->library, kFunction, question->device, &major, &minor);
  if (!check_optional(question, kFunction, status)) return;
  (void)snprintf(question->facts->architecture, sizeof question->facts->architecture, "%u.%u",
                 major, minor);
}

static void read_mig_device(const Question* question, NvmlDevice device, unsigned index) {
  MigFacts* const mig = &question->facts->mig_devices[question->facts->mig_device_count++];
  mig->index = index;
  read_text(question, "nvmlDeviceGetUUID", device, mig->uuid, sizeof mig->uuid);
  mig->gpu_instance = read_number(question, "nvmlDeviceGetGpuInstanceId", device);
  mig->compute_instance = read_number(question, "nvmlDeviceGetComputeInstanceId", device);
}

// Destroying a MIG device leaves a hole in the numbering: NOT_FOUND is no end of the list.
static void read_mig_devices(const Question* question) {
  const JsonNumber slots =
      read_number(question, "nvmlDeviceGetMaxMigDeviceCount", question->device);
  for (unsigned index = 0; index < slots.value && index < kMaxMigDevices; ++index) {
    NvmlDevice device = NULL;
    const NvmlStatus status =
        nvml_mig_device_at(question->library, question->device, index, &device);
    if (status == kNvmlNotFound) continue;
    if (check(question, "nvmlDeviceGetMigDeviceHandleByIndex", status)) {
      read_mig_device(question, device, index);
    }
  }
}

static void read_mig(const Question* question) {
  static const char kFunction[] = "nvmlDeviceGetMigMode";
  unsigned current = 0;
  unsigned pending = 0;
  const NvmlStatus status =
      nvml_device_pair(question->library, kFunction, question->device, &current, &pending);
  if (!check_optional(question, kFunction, status)) return;
  question->facts->mig_capable = true;
  question->facts->mig_enabled = current == kNvmlMigEnabled;
  if (question->facts->mig_enabled) read_mig_devices(question);
}

void read_gpu_facts(const NvmlLibrary* library, unsigned index, GpuFacts* facts) {
  memset(facts, 0, sizeof *facts);
  Question question = {.library = library, .device = NULL, .facts = facts};
  const NvmlStatus status = nvml_device_at(library, index, &question.device);
  if (!check(&question, "nvmlDeviceGetHandleByIndex_v2", status)) return;
  read_bus_id(&question);
  read_text(&question, "nvmlDeviceGetUUID", question.device, facts->uuid, sizeof facts->uuid);
  facts->minor = read_number(&question, "nvmlDeviceGetMinorNumber", question.device);
  read_text(&question, "nvmlDeviceGetName", question.device, facts->name, sizeof facts->name);
  read_brand(&question);
  read_architecture(&question);
  read_mig(&question);
}
