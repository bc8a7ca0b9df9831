// SPDX-License-Identifier: Apache-2.0

// The first process of a pod: it waits, reaps the orphans of a shared PID namespace, and ends when
// told.

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int signal_number) {
  (void)signal_number;
  _exit(0);
}

static void reap(int signal_number) {
  (void)signal_number;
  while (waitpid(-1, 0, WNOHANG) > 0) {
  }
}

int main(void) {
  // No SA_RESTART: pause returns, and the loop goes on.
  struct sigaction ending = {.sa_handler = end};
  struct sigaction reaping = {.sa_handler = reap, .sa_flags = SA_NOCLDSTOP};
  if (sigaction(SIGTERM, &ending, 0) != 0 || sigaction(SIGINT, &ending, 0) != 0 ||
      sigaction(SIGCHLD, &reaping, 0) != 0) {
    return 1;
  }
  for (;;) {
    pause();
  }
}
