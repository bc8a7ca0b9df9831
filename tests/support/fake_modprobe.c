// SPDX-License-Identifier: Apache-2.0
//
// Stands in for modprobe in tests: "loads" a module by making sys/module/NAME in the directory that
// the file <itself>.sys names (in its own root), and adds a line to <itself>.runs. It fails like
// modprobe for a module that <itself>.missing names.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void read_beside(const char* program, const char* suffix, char* text, size_t size) {
  char name[4096];
  snprintf(name, sizeof name, "%s%s", program, suffix);
  const int fd = open(name, O_RDONLY);
  const ssize_t got = fd >= 0 ? read(fd, text, size - 1) : -1;
  text[got > 0 ? got : 0] = '\0';
}

int main(int argc, char** argv) {
  char sys[4096];
  char missing[4096];
  char path[8300];
  if (argc != 2) return 2;
  snprintf(path, sizeof path, "%s.runs", argv[0]);
  const int runs = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (runs < 0 || dprintf(runs, "%s\n", argv[1]) < 0) return 2;
  read_beside(argv[0], ".sys", sys, sizeof sys);
  read_beside(argv[0], ".missing", missing, sizeof missing);
  if (strcmp(missing, argv[1]) == 0) {
    fprintf(stderr, "modprobe: FATAL: Module %s not found\n", argv[1]);
    return 1;
  }
  snprintf(path, sizeof path, "%s/module/%s", sys, argv[1]);
  for (char* c = strrchr(path, '/'); *c != '\0'; ++c) {
    if (*c == '-') *c = '_';
  }
  return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : 1;
}
