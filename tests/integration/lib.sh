# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the integration tests share. A test script sources it, calls enter_node, defines functions named
# test_…, and ends with run_tests. It needs root, and several may run at once:
#
#   tests/integration/runc_test            the programs under test lie in build/bin, or in NVINJECT_BIN
#
# A test is a function in a subshell with errexit: the first expectation that does not hold ends it and
# says what was expected and what was found. Containers are real; everything they leave lies in the node's
# own /run and goes with it.

integration=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=${integration%/tests/*}
support=$repository/tests/support
# shellcheck source=../support/lib.sh
. "$support/lib.sh"

NVINJECT_BIN=${NVINJECT_BIN:-$repository/build/bin}
export NVINJECT_BIN
shim=$NVINJECT_BIN/nvidia-container-runtime

# The numbers of the GPUs in the simulated node (tests/support/mock_nvml.c).
gpu_uuid() { printf 'GPU-00000000-0000-4000-8000-%012x' "$1"; }
gpu_bus_id() { printf '00000000:%02X:00.0' $((0x10 + 8 * $1)); }
# The line that nvidia-smi -L has for GPU $2 when it is the $1th of those it sees.
gpu_line() { printf 'GPU %d: NVIDIA H100 80GB HBM3 (UUID: %s)' "$1" "$(gpu_uuid "$2")"; }

# --- the node --------------------------------------------------------------------------------

script_arguments=("$@")

# enter_node [OPTION...]: this script again inside tests/support/simulated-node OPTION..., once.
enter_node() {
  if [ -z "${NVINJECT_TEST_INSIDE:-}" ]; then
    need_root
    [ -x "$shim" ] || die "no program $shim: build first, or set NVINJECT_BIN"
    need_packages runc python3
    NVINJECT_TEST_INSIDE=1 exec "$support/simulated-node" "$@" -- "$0" "${script_arguments[@]}"
  fi
  work=/run/test
  mkdir -p "$work"/{bin,images,bundles,logs} "$work/etc/nvidia-container-runtime"
  config=$work/etc/nvidia-container-runtime/config.toml
  # Where the shim looks for config.toml: the machine's own /etc is never asked.
  export XDG_CONFIG_HOME=$work/etc
  low_level=${low_level:-/usr/sbin/runc}
  # Of one length: no name begins as another one, whose cgroups would be taken for ours.
  cgroup=nvinject-test-$(printf %05d%05d "$RANDOM" "$RANDOM")
  trap remove_cgroups EXIT
  # shellcheck disable=SC2119 # not this script's arguments.
  write_config
}

# shellcheck disable=SC2317 # a trap calls it.
remove_cgroups() {
  find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null || true
}

# write_config [LINE...]: config.toml with the node's driver root and the low-level runtime, and LINEs
# (whole keys, as 'nvinject.ld-cache = "off"').
# shellcheck disable=SC2120 # the tests give arguments.
write_config() {
  {
    # Dotted keys may stand in any order, but a key may not be named twice.
    [[ " $* " == *nvidia-container-cli.root* ]] || [ -z "$NVINJECT_TEST_DRIVER_ROOT" ] ||
      printf 'nvidia-container-cli.root = "%s"\n' "$NVINJECT_TEST_DRIVER_ROOT"
    [[ " $* " == *container-runtime.runtimes* ]] ||
      printf 'nvidia-container-runtime.runtimes = ["%s"]\n' "$low_level"
    [ $# = 0 ] || printf '%s\n' "$@"
  } >"$config"
}

# --- bundles and containers --------------------------------------------------------------------

spec() { /usr/bin/python3 "$integration/spec.py" "$@"; }

# image_root NAME: prints where the image lies unpacked; it is never written to.
image_root() {
  [ -d "$work/images/$1" ] || "$support/image" "$1" "$work/images/$1"
  printf '%s\n' "$work/images/$1"
}

# make_bundle IMAGE DIR [NAME=VALUE...]: a bundle with a private copy of the image and this env.
make_bundle() {
  local image=$1 directory=$2
  shift 2
  mkdir -p "$directory"/{rootfs,.upper,.work}
  mount -t overlay overlay -o "lowerdir=$(image_root "$image"),upperdir=$directory/.upper,\
workdir=$directory/.work" "$directory/rootfs"
  spec make "$directory" "${root_path:-rootfs}" "/$cgroup/${directory##*/}" "$@"
}

# new_bundle IMAGE [NAME=VALUE...]: sets bundle (a folder with a name of its own) and id.
new_bundle() {
  bundle=$(mktemp -d "$work/bundles/$1.XXXXXX")
  # runc's names of containers have no dot.
  id=${bundle##*/}
  id=${id//./-}
  make_bundle "$1" "$bundle" "${@:2}"
}

edit_spec() { spec edit "$bundle" "$1"; }

# shift_bundle: the container gets a user namespace of its own, in which its files belong to those whom they
# belong to: on the host to user and group 100000 and up.
shift_bundle() {
  local uid gid
  edit_spec '
spec["linux"]["namespaces"].append({"type": "user"})
for kind in ("uidMappings", "gidMappings"):
    spec["linux"][kind] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
spec["mounts"] = [one for one in spec["mounts"] if one["destination"] != "/sys"]'
  chmod 755 "$work" "$work/bundles" "$bundle"
  find "$bundle/rootfs" -xdev -printf '%U %G\n' | sort -u | while read -r uid gid; do
    find "$bundle/rootfs" -xdev -uid "$uid" -gid "$gid" \
      -exec chown -h "$((uid + 100000)):$((gid + 100000))" {} +
  done
}

# shell_args SCRIPT: what the container runs.
shell_args() {
  SCRIPT=$1 edit_spec 'spec["process"]["args"] = ["/bin/sh", "-c", os.environ["SCRIPT"]]'
}

# capture COMMAND...: sets status, output and errors.
capture() {
  status=0
  "$@" >"$work/logs/out" 2>"$work/logs/err" </dev/null || status=$?
  # Without a process each: this runs thousands of times. bash drops zero bytes, with a warning.
  { output=$(<"$work/logs/out") errors=$(<"$work/logs/err"); } 2>/dev/null
}

# run_in_container SCRIPT: the shim's `run` with the bundle; then status, output and errors are set.
run_in_container() {
  shell_args "$1"
  capture "$shim" run --bundle "$bundle" "$id"
}

# try_open PATH: shell text that tries to open a device for reading and writing, and prints "PATH: opens",
# "PATH: Operation not permitted" or "PATH: no device". Looking first: "<>" would make a file.
try_open() {
  # shellcheck disable=SC2016 # the container's shell expands it.
  printf 'if ! [ -c %s ]; then echo "%s: no device"
    elif why=$( { : <>%s; } 2>&1 ); then echo "%s: opens"
    else echo "%s: ${why##*: }"; fi\n' "$1" "$1" "$1" "$1" "$1"
}

# device_numbers PATH: "MAJOR MINOR", as mknod takes them.
device_numbers() { echo $((16#$(stat -c %t "$1"))) $((16#$(stat -c %T "$1"))); }

# record: from now on the low-level runtime is one that does nothing but write down what it was given,
# below $record.
record() {
  record=$work/record
  rm -rf "$record"
  mkdir "$record"
  low_level=$work/bin/recording_runtime
  if [ ! -e "$low_level" ]; then
    need_packages gcc libc6-dev
    gcc -O2 -static -Wall -Werror -o "$low_level" "$support/recording_runtime.c"
  fi
  export NVINJECT_TEST_RECORD=$record
  # shellcheck disable=SC2119
  write_config
}

# --- expectations ------------------------------------------------------------------------------

fail() {
  printf '    %s\n' "$@"
  exit 1
}

# expect_equal WHAT EXPECTED FOUND
expect_equal() {
  [ "$2" = "$3" ] || fail "$1" "expected: $2" "found:    $3"
}

# expect_match WHAT REGULAR-EXPRESSION FOUND
expect_match() {
  [[ $3 =~ $2 ]] || fail "$1" "expected to match: $2" "found: $3"
}

# expect_contains WHAT PART FOUND, expect_lacks WHAT PART FOUND
expect_contains() {
  [[ $3 == *"$2"* ]] || fail "$1" "expected part: $2" "found: $3"
}
expect_lacks() {
  [[ $3 != *"$2"* ]] || fail "$1" "not expected: $2" "found: $3"
}

# expect_status N: of the last capture.
expect_status() {
  [ "$status" = "$1" ] ||
    fail "exit status" "expected: $1" "found:    $status" "stdout: $output" "stderr: $errors"
}

expect_output() {
  [ "$status" = 0 ] || expect_status 0
  expect_equal 'what the container printed' "$1" "$output"
}

expect_same_file() {
  cmp -s "$1" "$2" || fail "$2 differs from $1:" "$(diff -u "$1" "$2" | head -n 20)"
}

# --- what an image must not reach --------------------------------------------------------------

# make_canary: sets canary to a folder of the host with files that an attack would like to change or show.
make_canary() {
  canary=$(mktemp -d "$work/canary.XXXXXX")
  chmod 755 "$canary"
  mkdir "$canary/sub"
  echo "secret of the host" >"$canary/secret"
  cp "$(image_root debian12)/etc/ld.so.cache" "$canary/ld.so.cache"
  cp "$canary/ld.so.cache" "$canary/sub/"
  sleep 0.01
  canary_before=$(describe_canary)
}
describe_canary() {
  find "$canary" -printf '%p %i %y %m %U:%G %s %T@ %C@ %l\n' | LC_ALL=C sort
  find "$canary" -type f -exec md5sum {} + | LC_ALL=C sort
}
expect_canary_untouched() { expect_equal 'the canary tree of the host' "$canary_before" "$(describe_canary)"; }

# watch_the_shim: from now on a description of the canary is taken when the shim has done its part, before the
# low-level runtime does its own; expect_canary_untouched_by_the_shim compares that.
watch_the_shim() {
  cat >"$work/bin/watched_runtime" <<END
#!/bin/bash
canary=$canary
$(declare -f describe_canary)
describe_canary >$work/after-the-shim
exec $low_level "\$@"
END
  chmod +x "$work/bin/watched_runtime"
  write_config "nvidia-container-runtime.runtimes = [\"$work/bin/watched_runtime\"]"
  rm -f "$work/after-the-shim"
}
expect_canary_untouched_by_the_shim() {
  # Without it the shim refused.
  [ -e "$work/after-the-shim" ] || describe_canary >"$work/after-the-shim"
  expect_equal 'the canary tree of the host' "$canary_before" "$(cat "$work/after-the-shim")"
  rm -f "$work/after-the-shim"
}

# expect_only_driver_sources: what the shim mounts are files of the driver root, resolved, and nothing else.
expect_only_driver_sources() {
  local source root
  root=$(realpath "$NVINJECT_TEST_DRIVER_ROOT")
  spec print "$bundle" '"\n".join(one["source"] for one in spec["mounts"] if one["type"] == "bind")' \
    >"$work/sources"
  # A refused container has none.
  sed -i '/^$/d' "$work/sources"
  xargs -r -d '\n' realpath <"$work/sources" >"$work/real-sources"
  expect_same_file "$work/sources" "$work/real-sources"
  while read -r source; do
    [[ $source == "$root"/* ]] || fail "mount source $source is not in the driver root $root"
  done <"$work/sources"
}

# --- running -----------------------------------------------------------------------------------

# shellcheck disable=SC2317 # a trap calls it.
clean_up_after_test() {
  local path name
  for path in /run/runc/* /run/crun/*; do
    [ -d "$path" ] || continue
    name=${path##*/}
    "$low_level" delete --force "$name" >/dev/null 2>&1 || true
  done
  awk -v top="$work/bundles/" 'index($5, top) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
    while read -r path; do umount -l "$path" || true; done
  rm -rf "$work/bundles"/*
}

# run_tests [PATTERN...]: every function test_… of the script (those that match a pattern), each in a
# subshell. Prints "ok NAME" or "FAIL NAME", at last "N passed, N failed", and fails if one did.
run_tests() {
  local name names passed=0 failed=0 skipped=0 result
  mapfile -t names < <(compgen -A function test_)
  [ -z "${NVINJECT_TEST_ONLY:-}" ] || mapfile -t names < <(printf '%s\n' "${names[@]}" |
    grep -E -- "$NVINJECT_TEST_ONLY")
  for name in "${names[@]}"; do
    set +e
    (
      set -euo pipefail
      trap clean_up_after_test EXIT
      "$name"
    ) >"$work/logs/test" 2>&1
    result=$?
    set -e
    case $result in
      0) echo "ok ${name#test_}"; passed=$((passed + 1)) ;;
      77) echo "skipped ${name#test_}: $(tail -n 1 "$work/logs/test")"; skipped=$((skipped + 1)) ;;
      *)
        echo "FAIL ${name#test_}"
        cat "$work/logs/test"
        failed=$((failed + 1))
        ;;
    esac
  done
  echo "${0##*/}${script_arguments[*]:+ ${script_arguments[*]}}: $passed passed, $failed failed$(
    [ "$skipped" = 0 ] || printf ', %s skipped' "$skipped")"
  [ "$failed" = 0 ]
}

# comes_true COMMAND...: waits until it succeeds; false after a minute, which only a test that fails takes.
comes_true() {
  local try
  for ((try = 0; try < 1200; try++)); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.05
  done
  return 1
}

# skip REASON: ends the test; the reason is shown.
skip() {
  echo "$*"
  exit 77
}
