# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# What tests on a real dockerd share, beside lib.sh, which a script sources first. (SC2154: with-dockerd sets it.)

# On a busy machine dockerd now and then loses what a container prints that ends at once, and says so in its log.
lost_outputs() { grep -c 'reading from a closed fifo' "$NVINJECT_TEST_DOCKERD_LOG" || true; }

# docker_capture COMMAND...: as capture; again, when dockerd has lost what was printed.
docker_capture() {
  local try before
  for ((try = 0; try < 5; try++)); do
    before=$(lost_outputs)
    capture "$@"
    [ "$(lost_outputs)" != "$before" ] || return 0
  done
}

# gpu_run [FLAG...] IMAGE COMMAND...: docker run, removed afterwards; sets status, output and errors.
gpu_run() { docker_capture docker run --rm --network none "$@"; }
