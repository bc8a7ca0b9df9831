// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/concerns_us.h"

#include <gmock/gmock.h>

#include <string>

#include "proto/nri.pb.h"

namespace nvinject::nri {
namespace {

api::CreateContainerRequest plain_request() {
  api::CreateContainerRequest request;
  request.mutable_pod()->set_name("p");
  api::KeyValue& annotation = *request.mutable_pod()->add_annotations();
  annotation.set_key("nvidia.cdi.k8s.io/pod");
  annotation.set_value("nvidia.com/gpu=0");
  api::Container& container = *request.mutable_container();
  container.add_env("PATH=/bin");
  container.add_env("MY_NVIDIA_VISIBLE_DEVICES=all");
  container.add_env("NVIDIA_VISIBLE_DEVICES");
  container.add_mounts()->set_destination("/var/run/nvidia-container-devices/all");
  container.mutable_linux()->add_devices()->set_path("/dev/null");
  return request;
}

bool concerns_us(const api::CreateContainerRequest& request, const AcceptRules& rules = {}) {
  return create_request_concerns_us(request.SerializeAsString(), rules);
}

TEST(ConcernsUs, APlainContainerDoesNot) { EXPECT_FALSE(concerns_us(plain_request())); }

TEST(ConcernsUs, AVariableMay) {
  for (const char* const env :
       {"NVIDIA_VISIBLE_DEVICES=all", "NVIDIA_VISIBLE_DEVICES=", "CUDA_VERSION=9.0"}) {
    api::CreateContainerRequest request = plain_request();
    request.mutable_container()->add_env(env);
    EXPECT_TRUE(concerns_us(request)) << env;
  }
}

TEST(ConcernsUs, ASwarmResourceMay) {
  api::CreateContainerRequest request = plain_request();
  request.mutable_container()->add_env("DOCKER_RESOURCE_GPU=GPU-1");
  EXPECT_FALSE(concerns_us(request));
  EXPECT_TRUE(concerns_us(request, {.swarm_resources = {"DOCKER_RESOURCE_GPU"}}));
}

TEST(ConcernsUs, AnAnnotationOfTheContainerMay) {
  api::CreateContainerRequest request = plain_request();
  request.mutable_container()->add_annotations()->set_key("cdi.k8s.io/x");
  EXPECT_TRUE(concerns_us(request));
}

TEST(ConcernsUs, OneOfThePodOnlyWhereTheConfigSaysSo) {
  EXPECT_TRUE(concerns_us(plain_request(), {.pod_annotation_keys = {"nvidia.cdi.k8s.io"}}));
  EXPECT_FALSE(
      concerns_us(plain_request(), {.pod_annotation_keys = {"cdi-devices.noderesource.dev"}}));
}

TEST(ConcernsUs, AnOldSpellingOfAnEnabledKeyToo) {
  api::CreateContainerRequest request = plain_request();
  request.mutable_pod()->mutable_annotations(0)->set_key("cdi-devices.nri.io/pod");
  EXPECT_TRUE(concerns_us(request, {.pod_annotation_keys = {"cdi-devices.noderesource.dev"}}));
  EXPECT_FALSE(concerns_us(request, {.pod_annotation_keys = {"nvidia.cdi.k8s.io"}}));
  request.mutable_pod()->mutable_annotations(0)->set_key("cdi-devices.nri.iomega");
  EXPECT_FALSE(concerns_us(request, {.pod_annotation_keys = {"cdi-devices.noderesource.dev"}}));
}

TEST(ConcernsUs, TheGateAlways) {
  api::CreateContainerRequest request;
  request.mutable_container()->add_mounts()->set_destination("/proc/nvinject-gate");
  EXPECT_TRUE(concerns_us(request));
}

TEST(ConcernsUs, AMountOnlyWhereTheConfigSaysSo) {
  EXPECT_TRUE(concerns_us(plain_request(), {.volume_mounts = true}));
}

TEST(ConcernsUs, AGpuNodeMay) {
  api::CreateContainerRequest request = plain_request();
  request.mutable_container()->mutable_linux()->add_devices()->set_path("/dev/nvidia0");
  EXPECT_TRUE(concerns_us(request));
}

TEST(ConcernsUs, WhatCannotBeReadDoesSoThatTheParserSaysWhy) {
  std::string bytes = plain_request().SerializeAsString();
  bytes.resize(bytes.size() - 3);
  EXPECT_TRUE(create_request_concerns_us(bytes, {}));
  EXPECT_TRUE(create_request_concerns_us("\xff\xff\xff\xff", {}));
  EXPECT_FALSE(create_request_concerns_us("", {}));
}

}  // namespace
}  // namespace nvinject::nri
