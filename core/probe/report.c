// SPDX-License-Identifier: Apache-2.0
#include "core/probe/report.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// 256 GPUs with 8 MIG devices each make about 300 kB.
enum { kMaxReportSize = 1 << 20 };

static const char kNothingKnown[] =
    "{\"schema\":1,\"driver_version\":null,\"cuda_version\":null,\"gpus\":[";

static char report_bytes[kMaxReportSize];
static JsonWriter writer = {.bytes = report_bytes, .size = sizeof report_bytes};

// So many bytes of the report end after a whole GPU (or before the first); 0: not begun.
static volatile sig_atomic_t cut_length = 0;

static bool print_bytes(const char* bytes, size_t length) {
  while (length > 0) {
    const ssize_t written = write(STDOUT_FILENO, bytes, length);
    if (written < 0 && errno != EINTR) return false;
    if (written < 0) continue;
    bytes += written;
    length -= (size_t)written;
  }
  return true;
}

static void mark_cut(void) {
  if (!writer.overflowed) cut_length = (sig_atomic_t)writer.length;
}

void report_begin(const char* driver_version, JsonNumber cuda_version) {
  const JsonNumber schema = {.known = true, .value = 1};
  char cuda[32] = "";
  if (cuda_version.known) {
    (void)snprintf(cuda, sizeof cuda, "%u.%u", cuda_version.value / 1000,
                   cuda_version.value % 1000 / 10);
  }
  json_open(&writer, NULL, '{');
  json_number(&writer, "schema", schema);
  json_text(&writer, "driver_version", driver_version);
  json_text(&writer, "cuda_version", cuda);
  json_open(&writer, "gpus", '[');
  mark_cut();
}

void report_gpu(const GpuFacts* facts) {
  json_open(&writer, NULL, '{');
  json_text(&writer, "bus_id", facts->bus_id);
  json_text(&writer, "uuid", facts->uuid);
  json_number(&writer, "minor", facts->minor);
  json_text(&writer, "name", facts->name);
  json_text(&writer, "brand", facts->brand);
  json_text(&writer, "architecture", facts->architecture);
  json_bool(&writer, "mig_capable", facts->mig_capable);
  json_bool(&writer, "mig_enabled", facts->mig_enabled);
  json_open(&writer, "mig_devices", '[');
  for (size_t i = 0; i < facts->mig_device_count; ++i) {
    const MigFacts* const mig = &facts->mig_devices[i];
    const JsonNumber index = {.known = true, .value = mig->index};
    json_open(&writer, NULL, '{');
    json_text(&writer, "uuid", mig->uuid);
    json_number(&writer, "gpu_instance", mig->gpu_instance);
    json_number(&writer, "compute_instance", mig->compute_instance);
    json_number(&writer, "index", index);
    json_close(&writer, '}');
  }
  json_close(&writer, ']');
  json_text(&writer, "error", facts->error);
  json_close(&writer, '}');
  mark_cut();
}

bool report_end(const char* error) {
  if (cut_length == 0) report_begin(NULL, (JsonNumber){.known = false, .value = 0});
  json_close(&writer, ']');
  json_text(&writer, "error", error);
  json_close(&writer, '}');
  if (writer.overflowed) {
    report_cut_short("report", "too large");
    return false;
  }
  return print_bytes(writer.bytes, writer.length) && print_bytes("\n", 1);
}

void report_cut_short(const char* reason, const char* operand) {
  static const char kEnd[] = "\"}\n";
  static const char kError[] = "],\"error\":\"";
  const bool begun = cut_length > 0;
  (void)(print_bytes(begun ? report_bytes : kNothingKnown,
                     begun ? (size_t)cut_length : sizeof kNothingKnown - 1) &&
         print_bytes(kError, sizeof kError - 1) && print_bytes(reason, strlen(reason)) &&
         print_bytes(": ", 2) && print_bytes(operand, strlen(operand)) &&
         print_bytes(kEnd, sizeof kEnd - 1));
}
