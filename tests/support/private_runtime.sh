# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# What with-containerd and with-crio share, beside lib.sh: a container runtime in a mount namespace of its own, a
# command beside it, and nothing left of either. (SC2034, SC2154: the script and this file use each other's
# variables.) The script sets, before it sources this,
#
#   runtime           the runtime's program
#   packages          of Debian, that are installed first
#   private_folders   places that the runtime cannot be told of; each gets a tmpfs of its own, and all that it is
#                     told of lies in $place, a folder of the first of them
#
# and defines
#
#   daemon            becomes the runtime
#   own_option NAME [VALUE]   takes an option that only this script has; sets taken to 1 where there is no VALUE
#   import_images     for the running runtime

cri=${NVINJECT_BIN:-${here%/tests/*}/build/bin}/cri
# Short: names of sockets are limited to 107 characters.
place=/run/$runtime/test

# --- the runtime itself ------------------------------------------------------------------------

runtime_pid() { cat "$NVINJECT_TEST_RUNTIME_PID_FILE" 2>/dev/null; }

# is_alive PID: and no zombie.
is_alive() { [ -e "/proc/$1/exe" ] && readlink "/proc/$1/exe" >/dev/null 2>&1; }

# stop_runtime SIGNAL: and waits for its end.
stop_runtime() {
  local pid try
  pid=$(runtime_pid) || return 0
  kill "-$1" "$pid" 2>/dev/null || true
  for ((try = 0; try < 200; try++)); do
    is_alive "$pid" || break
    sleep 0.05
  done
  ! is_alive "$pid" || kill -KILL "$pid" 2>/dev/null || true
  rm -f "$NVINJECT_TEST_RUNTIME_PID_FILE"
}

start_runtime() {
  ! is_alive "$(runtime_pid || echo none)" || die "$runtime is running"
  daemon >>"$NVINJECT_TEST_RUNTIME_LOG" 2>&1 </dev/null &
  echo $! >"$NVINJECT_TEST_RUNTIME_PID_FILE"
  disown # or this shell would tell how it died
  "$cri" ready --timeout 30 >/dev/null || {
    tail -n 50 "$NVINJECT_TEST_RUNTIME_LOG" >&2
    die "$runtime did not start"
  }
}

# control [ARGUMENT...]: does what COMMAND asks for, and exits; comes back when this is no such call.
control() {
  case ${1:-} in
    --kill | --stop | --start | --restart) ;;
    *) return 0 ;;
  esac
  [ "${NVINJECT_TEST_RUNTIME:-}" = "$runtime" ] || die "$1 works only within ${0##*/}"
  case $1 in
    --stop) stop_runtime TERM ;;
    --kill | --restart) stop_runtime KILL ;;
  esac
  case $1 in --start | --restart) start_runtime ;; esac
  exit 0
}

# --- cleaning up -------------------------------------------------------------------------------

# shellcheck disable=SC2317 # a trap calls it, as the next.
# left_processes MOUNT_NAMESPACE: those in the cgroups of the pods, and those in the namespace but this shell.
left_processes() {
  local process processes
  mapfile -t processes < <(
    find /sys/fs/cgroup -path "*/$cgroup*" -name cgroup.procs -exec cat {} + 2>/dev/null
    find /proc/[0-9]*/ns/mnt -maxdepth 0 -lname "${1//[\[\]]/?}" 2>/dev/null | cut -d / -f 3)
  for process in "${processes[@]}"; do
    # Those that looked are gone by now.
    case $process in "$$" | "$BASHPID") continue ;; esac
    [ ! -e "/proc/$process" ] || echo "$process"
  done
}

# shellcheck disable=SC2317
# kill_all MOUNT_NAMESPACE: until nobody is left; then the pods' cgroups.
kill_all() {
  local try left
  for ((try = 0; try < 100; try++)); do
    left=$(left_processes "$1")
    [ -n "$left" ] || break
    # shellcheck disable=SC2086 # one word per process.
    kill -KILL $left 2>/dev/null || true
    sleep 0.05
  done
  find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null || true
}

# --- namespaces --------------------------------------------------------------------------------

# shellcheck disable=SC2317 # the trap calls it.
clean_outside() {
  # Where the one inside could not do it itself.
  ! [ -s "$notes/namespace" ] || kill_all "$(cat "$notes/namespace")"
  rm -rf "$notes"
}

# stay_outside [ARGUMENT...]: this script with these in namespaces of its own; exits as it does.
stay_outside() {
  local status=0
  need_root
  need_packages "${packages[@]}"
  [ -x "$cri" ] || die "no program $cri: build the target cri first, or set NVINJECT_BIN"
  notes=$(mktemp -d "${TMPDIR:-/tmp}/${0##*/}.XXXXXX")
  cgroup=nvinject-${notes##*.}
  # They stay, empty: another one's mount may be on them, and would go with them.
  mkdir -p "${private_folders[@]}"
  trap clean_outside EXIT
  # When this shell is killed the one inside is told.
  NVINJECT_RUNTIME_NOTES=$notes setpriv --pdeathsig TERM \
    unshare --mount --uts --propagation private -- "$0" "$@" || status=$?
  exit "$status"
}

# enter_namespaces [ARGUMENT...]: comes back inside, where it sets notes and cgroup, and tells COMMAND of the runtime.
enter_namespaces() {
  local folder
  [ -n "${NVINJECT_RUNTIME_NOTES:-}" ] || stay_outside "$@"
  notes=$NVINJECT_RUNTIME_NOTES
  unset NVINJECT_RUNTIME_NOTES
  readlink /proc/self/ns/mnt >"$notes/namespace"
  cgroup=nvinject-${notes##*.}
  echo node >/proc/sys/kernel/hostname
  for folder in "${private_folders[@]}"; do
    mount -t tmpfs -o mode=711 tmpfs "$folder"
  done
  export NVINJECT_TEST_RUNTIME=$runtime NVINJECT_TEST_RUNTIME_STATE=$place
  export NVINJECT_TEST_RUNTIME_LOG=$place/log NVINJECT_TEST_RUNTIME_PID_FILE=$place/pid
  export NVINJECT_TEST_CDI_DIR=$place/cdi NVINJECT_TEST_CGROUP_PARENT=/$cgroup
  export CONTAINER_RUNTIME_ENDPOINT=unix://$place/$runtime.sock
}

# --- what it is told ---------------------------------------------------------------------------

# parse_options [OPTION...] -- COMMAND [ARG...]: sets command and the options' variables, and makes their folders.
parse_options() {
  images=(pause static) runtimes=() nri=true plugin_dir=$place/plugins plugin_config_dir=$place/plugin-config
  nri_socket=$place/nri.sock request_timeout=2s registration_timeout=5s runc=/usr/sbin/runc
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    taken=2
    case $1 in
      --no-nri) nri=false taken=1 ;;
      --image) images+=("${2:?$1 needs a value}") ;;
      --nri-socket) nri_socket=${2:?$1 needs a value} ;;
      --plugin-dir) plugin_dir=${2:?$1 needs a value} ;;
      --plugin-config-dir) plugin_config_dir=${2:?$1 needs a value} ;;
      --request-timeout) request_timeout=${2:?$1 needs a value} ;;
      --registration-timeout) registration_timeout=${2:?$1 needs a value} ;;
      --runtime) runtimes+=("${2:?$1 needs a value}") ;;
      --runc) runc=${2:?$1 needs a value} ;;
      *) own_option "$@" ;;
    esac
    shift "$taken"
  done
  command=("${@:2}")
  [ ${#command[@]} -gt 0 ] || die 'no command'
  mkdir -p "$place"/{cdi,cni/bin} "$plugin_dir" "$plugin_config_dir" "${nri_socket%/*}"
  export NVINJECT_TEST_NRI_SOCKET=$nri_socket
}

# write_no_network: CNI's files for a pod network that is none: its answers only look like one.
write_no_network() {
  cat >"$place/cni/10-none.conflist" <<'END'
{"cniVersion": "0.4.0", "name": "none", "plugins": [{"type": "none"}]}
END
  cat >"$place/cni/bin/none" <<'END'
#!/bin/bash
version=$(grep -o '"cniVersion" *: *"[0-9.]*"')
[ "$CNI_COMMAND" != ADD ] ||
  echo "{$version, \"interfaces\": [{\"name\": \"$CNI_IFNAME\", \"sandbox\": \"$CNI_NETNS\"}],
    \"ips\": [{\"version\": \"4\", \"address\": \"192.0.2.2/24\", \"interface\": 0}]}"
END
  chmod +x "$place/cni/bin/none"
  ln -s none "$place/cni/bin/loopback"
}

# --- running -----------------------------------------------------------------------------------

# shellcheck disable=SC2317 # the trap calls it.
clean_inside() {
  trap '' TERM INT
  kill_all "$(readlink /proc/self/ns/mnt)"
  # Only where the one outside was killed with SIGKILL is this not done there.
  rm -rf "$notes"
}

image_names() { printf '%s\n' "${images[@]}" | sed 's/[=,].*//'; }

# run_command: beside the runtime, once that has the images; exits as it does.
run_command() {
  local names status=0
  trap clean_inside EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  start_runtime
  import_images >"$place/import.log" 2>&1 || {
    cat "$place/import.log" >&2
    die 'cannot import the images'
  }
  mapfile -t names < <(image_names)
  "$cri" ready --timeout 30 "${names[@]}" >/dev/null || die 'the CRI does not see the images'
  # In the background, so that a signal to this shell acts at once.
  "${command[@]}" <&0 &
  wait $! || status=$?
  exit "$status"
}
