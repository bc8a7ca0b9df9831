// SPDX-License-Identifier: Apache-2.0
//
// timed PROGRAM ARG...: runs it with /dev/null as its standard streams and prints one line:
//
//   NANOSECONDS PEAK_KIB EXIT_STATUS
//
// From just before the spawn until the process is reaped. Small and static, because a process
// starts with the peak memory of the one it was spawned from, and so that the clock measures only
// the program.
//
//   gcc -O2 -static -o timed timed.c

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char** environ;

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int fd = 0; fd < 3; ++fd) {
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
  printf("%lld %ld %d\n", ns, usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 255);
  return 0;
}
