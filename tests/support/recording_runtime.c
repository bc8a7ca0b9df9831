// SPDX-License-Identifier: Apache-2.0
//
// A low-level runtime that does nothing, for tests and benchmarks. When NVINJECT_TEST_RECORD names
// a folder it writes there what it was given: args and env (each string ended by a zero byte), fds
// (one open descriptor and what it is per line, "cwd" and signal state too). Exits with
// NVINJECT_TEST_STATUS, or is killed by that signal when the number is negative.
//
//   gcc -O2 -static -o recording_runtime recording_runtime.c

#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char** environ;

static FILE* open_record(const char* folder, const char* name) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE* const file = fopen(path, "we");
  if (file == NULL) exit(99);
  return file;
}

static void record_strings(const char* folder, const char* name, char** strings) {
  FILE* const file = open_record(folder, name);
  for (; *strings != NULL; ++strings) fwrite(*strings, 1, strlen(*strings) + 1, file);
  fclose(file);
}

// First of all, so that none of ours is among them except the folder's own.
static void record_descriptors(const char* folder) {
  DIR* const directory = opendir("/proc/self/fd");
  if (directory == NULL) exit(99);
  FILE* const file = open_record(folder, "fds");
  for (const struct dirent* entry; (entry = readdir(directory)) != NULL;) {
    const int fd = atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == dirfd(directory) || fd == fileno(file)) continue;
    char target[PATH_MAX];
    const ssize_t length = readlinkat(dirfd(directory), entry->d_name, target, sizeof target);
    fprintf(file, "%d %.*s\n", fd, length < 0 ? 0 : (int)length, target);
  }
  fclose(file);
  closedir(directory);
}

static void record_state(const char* folder) {
  FILE* const file = open_record(folder, "state");
  char* const cwd = getcwd(NULL, 0);
  fprintf(file, "cwd %s\n", cwd == NULL ? "?" : cwd);
  free(cwd);
  sigset_t blocked;
  sigprocmask(SIG_BLOCK, NULL, &blocked);
  for (int number = 1; number < 32; ++number) {
    struct sigaction action;
    if (sigismember(&blocked, number) == 1) fprintf(file, "blocked %d\n", number);
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) {
      fprintf(file, "ignored %d\n", number);
    }
  }
  fclose(file);
}

int main(int argc, char** argv) {
  (void)argc;
  const char* const folder = getenv("NVINJECT_TEST_RECORD");
  if (folder != NULL) {
    record_descriptors(folder);
    record_strings(folder, "args", argv);
    record_strings(folder, "env", environ);
    record_state(folder);
  }
  const char* const status = getenv("NVINJECT_TEST_STATUS");
  const int number = status == NULL ? 0 : atoi(status);
  if (number < 0) kill(getpid(), -number);
  return number;
}
