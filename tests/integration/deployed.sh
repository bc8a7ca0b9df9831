# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
#
# What tests of deploy/k8s and deploy/image share, beside lib.sh and containerd.sh, which a script sources first.
# (SC2154: those set what is not set here.)

# enter_gpu_node ENGINE: this script again on a node as the manifests expect it, beside this containerd, with the image
# that they name; sets archive, where that is.
enter_gpu_node() {
  # The driver is installed; and the runtime has its socket where the manifests look for it.
  enter_node --install-driver
  enter_containerd "$1" --image debian12 --nri-socket /var/run/nri/nri.sock
  # As systemd has it: what is mounted there later is seen by who has it mounted.
  mount --make-shared /run
  archive=$work/nvinject.tar
  [ -e "$archive" ] || "$repository/deploy/image/build" --bin "$NVINJECT_BIN" "$archive"
}

# import_image: for pods.
import_image() {
  capture ctr --namespace k8s.io images import "$archive"
  expect_status 0
}
