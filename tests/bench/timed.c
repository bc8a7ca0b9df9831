// SPDX-License-Identifier: Apache-2.0
//
// timed [-i FILE] PROGRAM ARG...: runs it with FILE, else /dev/null, as its standard input and
// /dev/null as its other standard streams, and prints one line:
//
//   NANOSECONDS PEAK_KIB EXIT_STATUS CPU_NANOSECONDS
//
// From just before the spawn until the process is reaped; processor time is the program's and that
// of the kernel for it. Small and static, because a process
// starts with the peak memory of the one it was spawned from, and so that the clock measures only
// the program.
//
//   gcc -O2 -static -o timed timed.c

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char** environ;

static long long nanoseconds(struct timeval time) {
  return time.tv_sec * 1000000000LL + time.tv_usec * 1000LL;
}

int main(int argc, char** argv) {
  const char* input = "/dev/null";
  if (argc > 2 && strcmp(argv[1], "-i") == 0) {
    input = argv[2];
    argc -= 2;
    argv += 2;
  }
  if (argc < 2) return 2;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
  for (int fd = 1; fd < 3; ++fd) {
    posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
  }
  struct timespec start;
  struct timespec end;
  struct rusage usage;
  pid_t child;
  int status;
  clock_gettime(CLOCK_MONOTONIC, &start);
  if (posix_spawn(&child, argv[1], &actions, NULL, argv + 1, environ) != 0) return 3;
  if (wait4(child, &status, 0, &usage) != child) return 3;
  clock_gettime(CLOCK_MONOTONIC, &end);
  const long long ns = (end.tv_sec - start.tv_sec) * 1000000000LL + (end.tv_nsec - start.tv_nsec);
  printf("%lld %ld %d %lld\n", ns, usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 255,
         nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime));
  return 0;
}
