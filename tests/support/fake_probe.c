// SPDX-License-Identifier: Apache-2.0
//
// Stands in for nvinject-probe in tests. How it behaves is its own name, because a probe gets no
// arguments; each start adds a line to the file NAME.runs, if there is one.
//
//   json      prints the file NAME.json          slow    the same after 300 ms
//   junk      prints what is no JSON             flood   prints for ever
//   hang      prints nothing and ignores alarms  crash   dies by SIGSEGV
//   complain  says why on standard error         half    prints NAME.json when the deadline comes
//   tell      writes who and where it is, and its environment, to NAME.out
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

extern char** environ;
static char json_name[4096];

static int print_json(void) {
  char buffer[4096];
  const int fd = open(json_name, O_RDONLY);
  ssize_t got = 0;
  while ((got = read(fd, buffer, sizeof buffer)) > 0) {
    if (write(STDOUT_FILENO, buffer, (size_t)got) != got) return 1;
  }
  return got == 0 ? 0 : 1;
}

static void on_alarm(int number) {
  (void)number;
  print_json();
  _exit(1);
}

static int hang(void (*action)(int)) {
  signal(SIGALRM, action);
  for (;;) pause();
}

static int flood(void) {
  static char line[4096];
  memset(line, 'x', sizeof line);
  while (write(STDOUT_FILENO, line, sizeof line) > 0) {
  }
  return 0;
}

static int tell(const char* program) {
  char name[4096];
  char loader[4096] = "";
  char map[8192];
  snprintf(name, sizeof name, "%s.out", program);
  FILE* const out = fopen(name, "w");
  FILE* const maps = fopen("/proc/self/maps", "r");
  if (out == NULL || maps == NULL || readlink("/proc/self/exe", loader, sizeof loader - 1) < 0) {
    return 1;
  }
  fprintf(out, "uid=%d gid=%d\nexe=%s\n", (int)getuid(), (int)getgid(), loader);
  for (char** variable = environ; *variable != NULL; ++variable) {
    fprintf(out, "env=%s\n", *variable);
  }
  while (fgets(map, sizeof map, maps) != NULL) {
    if (strchr(map, '/') != NULL) fprintf(out, "map=%s", strchr(map, '/'));
  }
  return fclose(out);
}

int main(int argc, char** argv) {
  (void)argc;
  const char* const slash = strrchr(argv[0], '/');
  const char* const name = slash != NULL ? slash + 1 : argv[0];
  char runs[4096];
  snprintf(runs, sizeof runs, "%s.runs", argv[0]);
  snprintf(json_name, sizeof json_name, "%s.json", argv[0]);
  const int fd = open(runs, O_WRONLY | O_APPEND);
  if (fd >= 0 && write(fd, "run\n", 4) != 4) return 1;

  if (strcmp(name, "slow") == 0) usleep(300000);
  if (strcmp(name, "slow") == 0 || strcmp(name, "json") == 0) return print_json();
  if (strcmp(name, "hang") == 0) return hang(SIG_IGN);
  if (strcmp(name, "half") == 0) return hang(on_alarm);
  if (strcmp(name, "flood") == 0) return flood();
  if (strcmp(name, "crash") == 0) return raise(SIGSEGV);
  if (strcmp(name, "tell") == 0) return tell(argv[0]);
  if (strcmp(name, "junk") == 0) return puts("this is no JSON") < 0;
  if (strcmp(name, "complain") == 0) return fputs("the driver is broken\n", stderr) < 0 ? 1 : 3;
  return 1;
}
