// SPDX-License-Identifier: Apache-2.0
#pragma once

// NRI messages of the size and the content that a kubelet causes.

#include <string>

#include "proto/nri.pb.h"

namespace nvinject::testing {

inline void add_annotation(nri::api::PodSandbox& pod, std::string key, std::string value) {
  auto& annotation = *pod.add_annotations();
  annotation.set_key(std::move(key));
  annotation.set_value(std::move(value));
}

// Of the pod "sample" in the namespace "default".
inline nri::api::PodSandbox sample_pod() {
  nri::api::PodSandbox pod;
  pod.set_id(std::string(64, 'a'));
  pod.set_name("sample");
  pod.set_uid("9c5f1d2e-3b1a-4a55-8a3e-0c7b6f0d4e21");
  pod.set_namespace_("default");
  pod.set_runtime_handler("runc");
  add_annotation(pod, "kubernetes.io/config.seen", "2025-01-02T03:04:05.678901234Z");
  add_annotation(pod, "kubernetes.io/config.source", "api");
  return pod;
}

// With as many variables of services and mounts as asked for. 200 and 27 make a message of about
// 14 kB, which a namespace with fifty services gives; 14 and 10 are an ordinary pod's.
inline nri::api::Container sample_container(int variables = 14, int mounts = 10) {
  nri::api::Container container;
  container.set_id(std::string(64, 'b'));
  container.set_pod_sandbox_id(std::string(64, 'a'));
  container.set_name("main");
  container.set_state(nri::api::CONTAINER_CREATED);
  container.add_env("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  container.add_env("HOSTNAME=sample");
  for (int i = container.env_size(); i < variables; ++i) {
    container.add_env("SERVICE_NUMBER_" + std::to_string(i) + "_PORT_8080_TCP_ADDR=10.96.0.17");
  }
  for (int i = 0; i < mounts; ++i) {
    auto& mount = *container.add_mounts();
    mount.set_destination("/var/lib/sample/volume-" + std::to_string(i));
    mount.set_type("bind");
    mount.set_source("/var/lib/kubelet/pods/9c5f1d2e-3b1a-4a55-8a3e-0c7b6f0d4e21/volumes/volume-" +
                     std::to_string(i));
    for (const char* option : {"rbind", "rprivate", "rw"}) mount.add_options(option);
  }
  for (const char* type : {"pid", "ipc", "uts", "mount", "network", "cgroup"}) {
    container.mutable_linux()->add_namespaces()->set_type(type);
  }
  return container;
}

inline nri::api::CreateContainerRequest sample_create_request(int variables = 14, int mounts = 10) {
  nri::api::CreateContainerRequest request;
  *request.mutable_pod() = sample_pod();
  *request.mutable_container() = sample_container(variables, mounts);
  return request;
}

// A node with that many containers, each with a pod of its own.
inline nri::api::SynchronizeRequest sample_synchronize_request(int containers, int variables = 60) {
  nri::api::SynchronizeRequest request;
  for (int i = 0; i < containers; ++i) {
    const std::string number = std::to_string(i);
    auto& pod = *request.add_pods() = sample_pod();
    pod.set_id("pod-" + number);
    auto& container = *request.add_containers() = sample_container(variables);
    container.set_id("container-" + number);
    container.set_pod_sandbox_id("pod-" + number);
    container.set_state(nri::api::CONTAINER_RUNNING);
  }
  return request;
}

}  // namespace nvinject::testing
