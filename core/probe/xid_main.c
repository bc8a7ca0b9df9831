// SPDX-License-Identifier: Apache-2.0
//
// nvinject-xid: tells the NRI plugin, which is the kubelet's device plugin, of GPUs that the driver
// reports to have failed. It runs in a container of its own, which is given its GPUs like any
// other: it loads driver code and holds every GPU open, and the plugin does neither.
//
//   SIGUSR1   lets go of all GPUs, so that somebody can reset one, change its MIG mode or unload
//             the driver; `nvinject-xid release` sends it
//   SIGUSR2   takes them again, and says of those that had failed that they have recovered;
//             `nvinject-xid take` sends it
//
// Exit status: 0 told to end, 1 the driver does not answer (start it again: a container gets what
// is there then), 2 wrong usage.
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/probe/confinement.h"
#include "core/probe/plugin_link.h"
#include "core/probe/xid_events.h"

#ifndef NVINJECT_VERSION
#define NVINJECT_VERSION "unknown"
#endif

enum { kExitOk = 0, kExitFailed = 1, kExitUsage = 2 };

static const char kName[] = "nvinject-xid";
static const char kDefaultSocket[] = "/run/nvinject/gpu-health.sock";

static const char kUsage[] =
    "usage: nvinject-xid [--socket PATH]   tells the NRI plugin of GPUs that have failed\n"
    "       nvinject-xid release [PID]     has process PID (1) let go of the GPUs\n"
    "       nvinject-xid take [PID]        and take them again\n"
    "       nvinject-xid --help | --version\n";

// More kinds of errors than a machine survives.
enum { kMaxFailures = 1024 };

// What the plugin has to hear whenever it is there again.
typedef struct Failure {
  char uuid[kNvmlUuidSize];
  unsigned long long xid;
} Failure;

typedef struct Watch {
  const char* socket;
  XidEvents events;
  bool released;
  Failure failures[kMaxFailures];
  unsigned failure_count;
} Watch;

static void say_failure(const Failure* failure) {
  char line[kNvmlUuidSize + 40];
  (void)snprintf(line, sizeof line, "failed %s %llu\n", failure->uuid, failure->xid);
  link_say(line);
}

static void say_everything(const Watch* watch) {
  link_say(watch->released ? "released\n" : "watching\n");
  for (unsigned i = 0; i < watch->failure_count; ++i) say_failure(&watch->failures[i]);
}

static bool is_known(const Watch* watch, const Failure* failure) {
  for (unsigned i = 0; i < watch->failure_count; ++i) {
    const Failure* const known = &watch->failures[i];
    if (known->xid == failure->xid && strcmp(known->uuid, failure->uuid) == 0) return true;
  }
  return false;
}

// All are told, and each remembered once: which of them matter is the plugin's to say.
static void tell(Watch* watch, const Xid* xid) {
  (void)fprintf(stderr, "%s: Xid %llu of %s\n", kName, xid->number, xid->uuid);
  Failure failure = {.xid = xid->number};
  (void)snprintf(failure.uuid, sizeof failure.uuid, "%s", xid->uuid);
  say_failure(&failure);
  if (watch->failure_count < kMaxFailures && !is_known(watch, &failure)) {
    watch->failures[watch->failure_count++] = failure;
  }
}

static const char* take(Watch* watch) {
  const char* const problem = xid_take(&watch->events);
  if (problem != NULL) return problem;
  (void)fprintf(stderr, "%s: watching %u GPUs\n", kName, watch->events.watched);
  watch->released = false;
  link_say("watching\n");
  return NULL;
}

// Also of what an instance before this one has told.
static const char* take_again(Watch* watch) {
  const char* const problem = take(watch);
  if (problem != NULL) return problem;
  watch->failure_count = 0;
  link_say("recovered\n");
  return NULL;
}

static const char* release(Watch* watch) {
  const char* const problem = xid_release(&watch->events);
  if (problem != NULL) return problem;
  (void)fprintf(stderr, "%s: the GPUs are released\n", kName);
  watch->released = true;
  link_say("released\n");
  return NULL;
}

// All that is waited for while nothing is held is a signal; else they are looked at in between.
static int next_signal(const sigset_t* signals, bool waits) {
  const struct timespec patience = {.tv_sec = waits ? 1 : 0, .tv_nsec = 0};
  return sigtimedwait(signals, NULL, &patience);
}

static const char* step(Watch* watch) {
  if (!link_is_open() && link_open(watch->socket)) say_everything(watch);
  if (watch->released) return NULL;
  Xid xid;
  bool found = false;
  const char* const problem = xid_wait(&watch->events, &xid, &found);
  if (problem == NULL && found) tell(watch, &xid);
  return problem;
}

static int complain(const char* problem) {
  (void)fprintf(stderr, "%s: %s\n", kName, problem);
  return kExitFailed;
}

// Signals are blocked: what NVML makes of a wait that one interrupts is not known.
static int watch_gpus(const char* socket) {
  static Watch watch;
  watch.socket = socket;
  sigset_t signals;
  (void)sigemptyset(&signals);
  static const int kSignals[] = {SIGUSR1, SIGUSR2, SIGTERM, SIGINT};
  for (size_t i = 0; i < sizeof kSignals / sizeof kSignals[0]; ++i) {
    (void)sigaddset(&signals, kSignals[i]);
  }
  (void)sigprocmask(SIG_BLOCK, &signals, NULL);
  if (!confine_self()) return complain("prctl: refused");
  const char* problem = take(&watch);
  while (problem == NULL) {
    const int number = next_signal(&signals, watch.released);
    if (number == SIGTERM || number == SIGINT) return kExitOk;
    if (number == SIGUSR1 && !watch.released) problem = release(&watch);
    if (number == SIGUSR2 && watch.released) problem = take_again(&watch);
    if (problem == NULL) problem = step(&watch);
  }
  return complain(problem);
}

// A wrong number must not reach somebody to whom the signal means something else.
static bool is_one_of_us(long pid) {
  char path[64];
  (void)snprintf(path, sizeof path, "/proc/%ld/comm", pid);
  FILE* const file = fopen(path, "re");
  if (file == NULL) return false;
  char name[32] = "";
  const bool read = fgets(name, sizeof name, file) != NULL;
  (void)fclose(file);
  return read && strncmp(name, kName, sizeof kName - 1) == 0 && name[sizeof kName - 1] == '\n';
}

static int send_signal(int number, const char* process) {
  char* end = NULL;
  const long pid = process != NULL ? strtol(process, &end, 10) : 1;
  if (pid <= 0 || (process != NULL && *end != '\0') || !is_one_of_us(pid)) {
    (void)fprintf(stderr, "%s: process '%s' is no nvinject-xid\n", kName,
                  process != NULL ? process : "1");
    return kExitFailed;
  }
  return kill((pid_t)pid, number) == 0 ? kExitOk : complain(strerror(errno));
}

int main(int argc, char** argv) {
  if (argc == 1) _exit(watch_gpus(kDefaultSocket));
  if (argc == 3 && strcmp(argv[1], "--socket") == 0) _exit(watch_gpus(argv[2]));
  if (argc <= 3 && strcmp(argv[1], "release") == 0) return send_signal(SIGUSR1, argv[2]);
  if (argc <= 3 && strcmp(argv[1], "take") == 0) return send_signal(SIGUSR2, argv[2]);
  if (argc == 2 && strcmp(argv[1], "--help") == 0) {
    return fputs(kUsage, stdout) < 0 ? kExitFailed : kExitOk;
  }
  if (argc == 2 && strcmp(argv[1], "--version") == 0) {
    return puts("nvinject-xid " NVINJECT_VERSION) < 0 ? kExitFailed : kExitOk;
  }
  (void)fputs(kUsage, stderr);
  return kExitUsage;
}
