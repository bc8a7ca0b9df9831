// SPDX-License-Identifier: Apache-2.0
//
// nvinject-probe: asks NVML what only the driver knows and prints it as JSON (see report.h).
// Exit status: 0 asked, 1 the report carries an error, 2 wrong usage.
//
// It leaves by _exit and without nvmlShutdown: the kernel releases what the driver holds, and the
// driver's tear-down code (up to a second, destructors, buffered output) cannot spoil a good
// report.
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/probe/confinement.h"
#include "core/probe/gpu_facts.h"
#include "core/probe/nvml_library.h"
#include "core/probe/report.h"

#ifndef NVINJECT_VERSION
#define NVINJECT_VERSION "unknown"
#endif

enum { kExitOk = 0, kExitFailed = 1, kExitUsage = 2 };

// The largest machines have 16; a greater count than this is a broken answer, not a machine.
enum { kMaxGpus = 256 };

static const char kUsage[] =
    "usage: nvinject-probe [--help | --version]\n"
    "Prints what NVML (libnvidia-ml.so.1) knows about the GPUs as one JSON document.\n";

static void on_deadline(int signal_number) {
  (void)signal_number;
  report_cut_short("deadline passed", nvml_running_function());
  _exit(kExitFailed);
}

static int finish(const char* error) {
  make_deadline_silent();
  return report_end(error) && error == NULL ? kExitOk : kExitFailed;
}

static int finish_after(const NvmlLibrary* library, const char* function, NvmlStatus status) {
  char error[320];
  nvml_format_failure(library, function, status, error, sizeof error);
  return finish(error);
}

static void begin_report(const NvmlLibrary* library) {
  // Neither is worth failing for: the driver's version is also in /proc, and one unknown value must
  // not hide the GPUs.
  char driver_version[kNvmlDriverVersionSize];
  (void)nvml_system_text(library, "nvmlSystemGetDriverVersion", driver_version,
                         sizeof driver_version);
  JsonNumber cuda_version = {.known = false, .value = 0};
  cuda_version.known = nvml_system_number(library, "nvmlSystemGetCudaDriverVersion",
                                          &cuda_version.value) == kNvmlSuccess;
  report_begin(driver_version, cuda_version);
}

static int probe(void) {
  set_deadline(on_deadline);
  if (!confine_self()) return finish(errno == EINVAL ? "prctl: kernel too old" : "prctl: refused");

  NvmlLibrary library;
  const char* const load_error = nvml_open(&library);
  if (load_error != NULL) return finish(load_error);

  NvmlStatus status = nvml_call(&library, "nvmlInit_v2");
  if (status != kNvmlSuccess) return finish_after(&library, "nvmlInit_v2", status);
  begin_report(&library);

  unsigned count = 0;
  status = nvml_system_number(&library, "nvmlDeviceGetCount_v2", &count);
  if (status != kNvmlSuccess) return finish_after(&library, "nvmlDeviceGetCount_v2", status);
  if (count > kMaxGpus) return finish("nvmlDeviceGetCount_v2: more than 256 GPUs");

  for (unsigned index = 0; index < count; ++index) {
    GpuFacts facts;
    read_gpu_facts(&library, index, &facts);
    report_gpu(&facts);
  }
  return finish(NULL);
}

int main(int argc, char** argv) {
  if (argc == 1) _exit(probe());
  if (argc == 2 && strcmp(argv[1], "--help") == 0) {
    return fputs(kUsage, stdout) < 0 ? kExitFailed : kExitOk;
  }
  if (argc == 2 && strcmp(argv[1], "--version") == 0) {
    return puts("nvinject-probe " NVINJECT_VERSION) < 0 ? kExitFailed : kExitOk;
  }
  (void)fputs(kUsage, stderr);
  return kExitUsage;
}
