// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L

#include "core/probe/confinement.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

bool confine_self(void) {
  return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) == 0 &&
         prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) == 0;
}

static void set_alarm_action(void (*action)(int)) {
  struct sigaction request = {.sa_flags = 0};
  request.sa_handler = action;
  (void)sigemptyset(&request.sa_mask);
  (void)sigaction(SIGALRM, &request, NULL);
}

void set_deadline(void (*on_deadline)(int)) {
  // A parent's blocked mask survives exec, and would silence the alarm.
  sigset_t alarm_only;
  (void)sigemptyset(&alarm_only);
  (void)sigaddset(&alarm_only, SIGALRM);
  set_alarm_action(on_deadline);
  (void)sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
  (void)alarm(kDeadlineSeconds);
}

void make_deadline_silent(void) { set_alarm_action(SIG_DFL); }
