# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# What tests with a kubelet (tests/support/fake_kubelet) share, beside lib.sh and containerd.sh, which a script sources
# first. (SC2154: those set what is not set here.)

kubelet_root=/run/test/kubelet
kubelet_process=
uid=11111111-0000-4000-8000-000000000001

# configure_kubelet: nvinject for that kubelet; lines of its configuration are in policy.
policy=()
configure_kubelet() {
  write_config "nvinject.kubelet.root = \"$kubelet_root\"" \
    "nvinject.kubelet.device-plugins = \"$kubelet_root/device-plugins\"" "${policy[@]}"
}

# start_node: kubelet, configuration, plugin and a pod; with the test they go.
start_node() {
  configure_kubelet
  start_kubelet
  start_device_plugin
  new_pod --uid "$uid"
  trap end_node EXIT
}

start_kubelet() {
  trap end_node EXIT
  rm -rf "$kubelet_root"
  coproc KUBELET { exec fake_kubelet "$kubelet_root"; }
  kubelet_process=$KUBELET_PID
}

# start_device_plugin: the kubelet knows it when this returns.
start_device_plugin() {
  start_plugin nvinject-nri --device-plugin
  await_known 1
}

# The kubelet's sockets have the next one's names: it must be gone before that comes.
# shellcheck disable=SC2317 # a trap calls it.
end_node() {
  cri rm-pod --all
  # Told to end it would wait for a container that the test has just let start.
  stop_plugin KILL
  [ -n "$kubelet_process" ] || return 0
  kill -KILL "$kubelet_process" 2>/dev/null || true
  wait "$kubelet_process" 2>/dev/null || true
}

# await_known N: until the kubelet has come to know the plugin's GPUs N times.
await_known() {
  comes_true plugin_said '"known to the kubelet"' "$1" || fail 'the kubelet does not know the plugin' "$(tail -n 5 "$plugin_log")"
}

# kubelet WORD...: sets answer, a list of words, of which the first is "ok" or "error".
kubelet() {
  printf '%s\n' "$*" >&"${KUBELET[1]}"
  read -r -t 60 -a answer <&"${KUBELET[0]}"
}

# allocate CONTAINER COUNT [init]: sets options, what the kubelet adds to the container.
allocate() {
  kubelet admit default web "$uid" "$@"
  expect_equal 'admission' ok "${answer[0]}"
  options=("${answer[@]:1}")
}

has_gate() { [[ " ${options[*]} " == *nvinject-gate* ]]; }

# run_once: the container "once", with what was allocated to it, tells what it has; in an image that has a shell.
run_once() {
  capture cri run "$pod" once debian12 "${options[@]}" -- sh -c 'nvidia-smi -L; ls /dev | grep -c "nvidia[0-9]"'
}

# expect_its_gpu: GPU 0, which a kubelet allocates first, and nothing else.
expect_its_gpu() { expect_output "$(gpu_line 0 0)"$'\n1'; }
