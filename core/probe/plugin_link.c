// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L

#include "core/probe/plugin_link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int link_fd = -1;

static void hang_up(void) {
  (void)close(link_fd);
  link_fd = -1;
}

bool link_open(const char* path) {
  static bool complained;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const size_t length = strlen(path);
  if (length >= sizeof address.sun_path) return false;
  memcpy(address.sun_path, path, length);
  link_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (link_fd < 0) return false;
  if (connect(link_fd, (const struct sockaddr*)&address, sizeof address) == 0) {
    complained = false;
    return true;
  }
  if (!complained) {
    (void)fprintf(stderr, "nvinject-xid: connect to '%s': %s\n", path, strerror(errno));
  }
  complained = true;
  hang_up();
  return false;
}

bool link_is_open(void) {
  if (link_fd < 0) return false;
  char nothing = 0;
  const ssize_t got = recv(link_fd, &nothing, 1, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  hang_up();
  return false;
}

// A line that does not fit is as good as a connection that is gone: the next one hears all.
void link_say(const char* line) {
  if (link_fd < 0) return;
  const size_t length = strlen(line);
  const ssize_t sent = send(link_fd, line, length, MSG_NOSIGNAL);
  if (sent < 0 || (size_t)sent != length) hang_up();
}
