# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# A cluster of one node, with a real API server, scheduler and kubelet (tests/support/kubernetes) in place of the fake
# kubelet; beside lib.sh, containerd.sh and deployed.sh, which a script sources first. (SC2154: those set what is not
# set here.)

cluster=/run/test/cluster
kubeconfig=$cluster/kubeconfig
kubernetes=

# enter_cluster ENGINE: this script again in a simulated node, beside this containerd and the rest of a cluster. All
# ends with the node.
enter_cluster() {
  need_packages etcd-server openssl python3-grpcio python3-yaml binutils skopeo
  # Before the node is entered: it is built there only where it is not yet.
  kubernetes=$("$support/kubernetes")
  enter_gpu_node "$1"
  import_image
  mkdir -p "$cluster"/{certificates,etcd} /var/lib/kubelet
  mount -t tmpfs kubelet /var/lib/kubelet
  mount --make-shared /var/lib/kubelet
  start_control_plane
  start_kubelet
  comes_true node_says '{.status.conditions[?(@.type=="Ready")].status}' True ||
    die "the node does not become ready: $(tail -n 5 "$cluster/kubelet.log")"
}

# k ARGUMENT...: kubectl of this cluster.
k() { "$support/kubectl" --kubeconfig "$kubeconfig" "$@"; }

# node_says JSONPATH TEXT: whether the API server has exactly this of the node.
node_says() { [ "$(k get node node --output "jsonpath=$1" 2>/dev/null)" = "$2" ]; }

# run_part PROGRAM [OPTION...]: in the background, with a log of its own.
run_part() {
  "$@" >>"$cluster/${1##*/}.log" 2>&1 </dev/null &
  disown # or this shell would tell how it died
}

start_control_plane() {
  local key=$cluster/service-accounts.pem server=https://127.0.0.1:16443
  openssl genrsa -out "$key" 2048 2>/dev/null
  echo 'cluster-token,admin,1,system:masters' >"$cluster/tokens"
  cat >"$kubeconfig" <<END
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "$server", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: cluster-token}}]
contexts: [{name: test, context: {cluster: test, user: admin}}]
current-context: test
END
  # The API server asks the kubelet for logs by the node's name.
  echo '127.0.0.1 node' >>/etc/hosts
  run_part etcd --data-dir "$cluster/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:12379 \
    --advertise-client-urls http://127.0.0.1:12379 --listen-peer-urls http://127.0.0.1:12380
  run_part "$kubernetes/kube-apiserver" --etcd-servers http://127.0.0.1:12379 --bind-address 127.0.0.1 \
    --secure-port 16443 --cert-dir "$cluster/certificates" --token-auth-file "$cluster/tokens" \
    --authorization-mode RBAC --service-cluster-ip-range 198.51.100.0/24 --service-account-key-file "$key" \
    --service-account-signing-key-file "$key" --service-account-issuer "$server"
  comes_true k get --raw /readyz || die "no API server: $(tail -n 5 "$cluster/kube-apiserver.log")"
  run_part "$kubernetes/kube-controller-manager" --kubeconfig "$kubeconfig" --leader-elect=false --port 0 \
    --secure-port 0 --service-account-private-key-file "$key"
  run_part "$kubernetes/kube-scheduler" --kubeconfig "$kubeconfig" --leader-elect=false --port 0 --secure-port 0
}

# The kubelet of 1.20 speaks an older CRI than containerd 2 has. It needs no rights that a container lacks: no cgroups
# for quality of service, no OOM score of its own.
start_kubelet() {
  local endpoint=unix://$cluster/cri.sock
  [ -S "$cluster/cri.sock" ] || run_part "$support/older-cri" "$cluster/cri.sock" "$CONTAINER_RUNTIME_ENDPOINT"
  run_part "$kubernetes/kubelet" --kubeconfig "$kubeconfig" --hostname-override node --container-runtime remote \
    --container-runtime-endpoint "$endpoint" --cgroup-driver cgroupfs --cgroup-root "$NVINJECT_TEST_CGROUP_PARENT" \
    --cgroups-per-qos=false --enforce-node-allocatable= --eviction-hard= --image-gc-high-threshold 100 \
    --fail-swap-on=false --oom-score-adj 0 --authorization-mode AlwaysAllow --anonymous-auth --address 127.0.0.1 \
    --port 20250 --healthz-port 20248
  # Each test is a shell of its own.
  echo $! >"$cluster/kubelet.pid"
}

kill_kubelet() {
  local pid
  pid=$(cat "$cluster/kubelet.pid")
  kill -KILL "$pid"
  while [ -e "/proc/$pid/exe" ]; do sleep 0.05; done
}

# deploy OVERLAY: applied, from the image of this build. What the manifests have that Kubernetes 1.20 lacks is taken out:
# gRPC probes (1.24), maxSurge of a DaemonSet (1.22). And what stands for the driver's kernel module is a mount in the
# node's /proc, which no other /proc shows.
deploy() {
  local folder=$cluster/deploy
  mkdir -p "$folder"
  cat >"$folder/kustomization.yaml" <<END
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [$(realpath --relative-to "$folder" "$repository/deploy/k8s/overlays/$1")]
patches:
  - target: {kind: DaemonSet}
    patch: |
      - {op: remove, path: /spec/updateStrategy/rollingUpdate/maxSurge}
      - {op: remove, path: /spec/template/spec/containers/0/readinessProbe}
      - {op: remove, path: /spec/template/spec/containers/0/livenessProbe}
      - {op: add, path: /spec/template/spec/volumes/-, value: {name: proc, hostPath: {path: /proc}}}
      - {op: add, path: /spec/template/spec/containers/0/volumeMounts/-, value: {name: proc, mountPath: /proc}}
END
  k apply -k "$folder"
}

# pod NAME GPUS SCRIPT [FILTER]: a pod that has so many GPUs as its limit and asks for all; FILTER is jq's, and
# changes it.
pod() {
  jq -n --arg name "$1" --arg gpus "$2" --arg script "$3" --arg uuid "$(gpu_uuid 3)" '
    {apiVersion: "v1", kind: "Pod", metadata: {name: $name},
     spec: {hostNetwork: true, restartPolicy: "Never", automountServiceAccountToken: false,
       terminationGracePeriodSeconds: 0,
       containers: [{name: "main", image: "nvinject.test/debian12:latest", imagePullPolicy: "Never",
         command: ["sh", "-c", $script], env: [{name: "NVIDIA_VISIBLE_DEVICES", value: "all"}],
         resources: {limits: (if $gpus == "0" then {} else {"nvidia.com/gpu": $gpus} end)}}]}} |
    '"${4:-.}" |
    k apply -f -
}

# pod_is NAME PHASE
pod_is() { [ "$(k get pod "$1" --output 'jsonpath={.status.phase}')" = "$2" ]; }

# await_pod NAME PHASE
await_pod() {
  comes_true pod_is "$1" "$2" || fail "pod $1 does not come to be $2" "$(k describe pod "$1" | tail -n 12)" \
    "$(k --namespace nvinject logs daemonset/nvinject --tail 5 2>&1)"
}

# await_allocatable COUNT: GPUs that the node offers.
await_allocatable() {
  comes_true node_says '{.status.allocatable.nvidia\.com/gpu}' "$1" ||
    fail 'GPUs of the node' "$(k get node node --output 'jsonpath={.status.allocatable}')" \
      "$(k --namespace nvinject logs daemonset/nvinject --tail 5 2>&1)"
}
