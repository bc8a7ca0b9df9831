# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# What tests on a real containerd or CRI-O share, beside lib.sh, which a script sources first. It calls enter_containerd
# in place of enter_node. (SC2154: lib.sh sets what is not set here.)

# enter_containerd ENGINE [OPTION...]: this script again in a simulated node, beside a containerd of
# tests/support/engines that is started with these options of tests/support/with-containerd, once; or, where ENGINE is
# crio, beside the CRI-O in PATH, with those of tests/support/with-crio.
enter_containerd() {
  local beside status=0
  # shellcheck disable=SC2119 # no option.
  enter_node
  if [ -z "${NVINJECT_TEST_RUNTIME_LOG:-}" ]; then
    # The first shell, process 1 of the node, waits here.
    beside=("$support/with-crio")
    [ "$1" = crio ] || beside=("$support/with-containerd" "$("$support/engines" "$1" 2>/dev/null)")
    "${beside[@]}" "${@:2}" -- "$0" "${script_arguments[@]}" || status=$?
    exit "$status"
  fi
  PATH=$NVINJECT_BIN:$support:$PATH
  plugin=
}

# restart_runtime: killed, and started again on what it left.
restart_runtime() { "with-$NVINJECT_TEST_RUNTIME" --restart; }

# new_pod [OPTION...]: sets pod; with the test go all pods, and the plugin.
new_pod() {
  trap end_pods EXIT
  pod=$(cri run-pod web "$@")
}

# shellcheck disable=SC2317 # a trap calls it.
end_pods() {
  cri rm-pod --all
  stop_plugin TERM
}

# sleeping_container IMAGE [OPTION...]: in the pod, running; sets container.
sleeping_container() {
  container=$(cri create "$pod" main "$@" -- sleep 600)
  cri start "$container"
}

# own_cdi_spec KIND NAME=MINOR...: these GPUs as CDI devices, as another tool writes them: nodes, and a libcuda in a place
# of its own.
own_cdi_spec() {
  local library=$NVINJECT_TEST_DRIVER_ROOT/usr/lib/x86_64-linux-gnu/nvidia/current/libcuda.so.550.163.01
  jq -n --arg library "$(realpath "$library")" --arg kind "$1" '
    {cdiVersion: "0.5.0", kind: $kind,
     containerEdits: {deviceNodes: [{path: "/dev/nvidiactl"}],
       mounts: [{hostPath: $library, containerPath: "/opt/cdi/libcuda.so.1", options: ["ro", "bind"]}]},
     devices: [$ARGS.positional[] | split("=") |
       {name: .[0], containerEdits: {deviceNodes: [{path: "/dev/nvidia\(.[1])"}]}}]}' \
    --args "${@:2}" >"$NVINJECT_TEST_CDI_DIR/own.json"
}

# --- the NRI plugin ------------------------------------------------------------------------------

plugin_log=/run/test/plugin.log

# start_plugin COMMAND [OPTION...]: nvinject-nri, which has met the runtime when this returns; sets plugin.
start_plugin() {
  : >"$plugin_log"
  "$@" --socket "${nri_socket:-$NVINJECT_TEST_NRI_SOCKET}" 2>"$plugin_log" &
  plugin=$!
  await_plugin 1
}

# await_plugin N: until it has met the runtime N times.
await_plugin() {
  comes_true plugin_said synchronised "$1" || fail "the plugin did not meet $NVINJECT_TEST_RUNTIME" \
    "$(tail -n 5 "$plugin_log")" "$(tail -n 5 "$NVINJECT_TEST_RUNTIME_LOG")"
}

# plugin_said MESSAGE N: at least so often.
plugin_said() { [ "$(grep -c "msg=$1" "$plugin_log")" -ge "$2" ]; }

# who EXPRESSION: of what `nvinject who` says, as JSON; who_says EXPRESSION: whether it is true.
who() { nvinject who --json | jq -rc "$1"; }
who_says() { [ "$(who "$1")" = true ]; }

# stop_plugin SIGNAL
stop_plugin() {
  [ -n "$plugin" ] || return 0
  kill "-$1" "$plugin" 2>/dev/null || true
  wait "$plugin" 2>/dev/null || true
  plugin=
}
