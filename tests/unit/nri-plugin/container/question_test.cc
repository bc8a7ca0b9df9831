// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/question.h"

#include <gmock/gmock.h>

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

Question question_of(api::Container container) {
  return question_from_nri({}, std::move(container));
}

TEST(Question, SaysWhatNriSaid) {
  api::PodSandbox pod;
  pod.set_name("pod");
  pod.set_namespace_("team");
  pod.set_runtime_handler("kata");
  api::KeyValue& annotation = *pod.add_annotations();
  annotation.set_key("a");
  annotation.set_value("b");
  api::Container container;
  container.set_id("c1");
  container.set_pod_sandbox_id("p1");
  container.set_name("train");
  container.add_env("A=\xff");  // wrong UTF-8 is no reason to lose a container
  container.add_mounts()->set_destination("/data");
  api::LinuxDevice& device = *container.mutable_linux()->add_devices();
  device.set_path("/dev/nvidia0");
  device.set_major(195);

  const Question question = question_from_nri(std::move(pod), std::move(container));
  EXPECT_EQ(question.who, (ContainerIdentity{.id = "c1",
                                             .name = "train",
                                             .pod_id = "p1",
                                             .pod = "pod",
                                             .name_space = "team",
                                             .runtime_handler = "kata"}));
  EXPECT_THAT(question.facts.env, ElementsAre("A=\xff"));
  EXPECT_THAT(question.facts.mounts, ElementsAre(MountFact{.source = "", .destination = "/data"}));
  EXPECT_THAT(question.facts.devices, ElementsAre(DeviceFact{"/dev/nvidia0", 195, 0}));
  EXPECT_THAT(question.facts.pod_annotations, ElementsAre(Pair("a", "b")));
  EXPECT_EQ(question.facts.container_name, "train");
  EXPECT_FALSE(question.facts.privileged);
  EXPECT_FALSE(question.facts.user_namespace);
}

TEST(Question, AnAnnotationOfThePodIsNotTheContainers) {
  api::PodSandbox pod;
  api::Container container;
  for (auto* const annotations : {pod.mutable_annotations(), container.mutable_annotations()}) {
    api::KeyValue& annotation = *annotations->Add();
    annotation.set_key("cdi.k8s.io/a");
    annotation.set_value("nvidia.com/gpu=all");
  }
  api::KeyValue& own = *container.add_annotations();
  own.set_key("cdi.k8s.io/b");
  own.set_value("nvidia.com/gpu=1");
  const Question question = question_from_nri(std::move(pod), std::move(container));
  EXPECT_THAT(question.facts.annotations, ElementsAre(Pair("cdi.k8s.io/b", "nvidia.com/gpu=1")));
}

void annotate(google::protobuf::RepeatedPtrField<api::KeyValue>& annotations, std::string key,
              std::string value) {
  api::KeyValue& annotation = *annotations.Add();
  annotation.set_key(std::move(key));
  annotation.set_value(std::move(value));
}

// A container as CRI-O shows it: labels, all annotations of the pod and CRI-O's own among its
// annotations.
api::Container crio_container(std::string of_the_cri) {
  api::Container container;
  auto& annotations = *container.mutable_annotations();
  annotate(annotations, "io.kubernetes.cri-o.ContainerType", "container");
  annotate(annotations, "io.kubernetes.cri-o.Metadata", R"({"name":"train"})");
  annotate(annotations, "io.kubernetes.cri-o.MountPoint", "/var/lib/containers/storage/merged");
  annotate(annotations, "io.kubernetes.cri-o.Annotations", std::move(of_the_cri));
  annotate(annotations, "cdi.k8s.io/of-the-cri", "nvidia.com/gpu=1");
  annotate(annotations, "cdi.k8s.io/of-the-pod", "nvidia.com/gpu=all");
  return container;
}

TEST(Question, OnCrioOnlyWhatTheCriSaidIsTheContainers) {
  // The pod's list does without one, as CRI-O filters it: that does not make it the container's.
  const Question question = question_from_nri(
      {}, crio_container(R"({"cdi.k8s.io/of-the-cri":"nvidia.com/gpu=1","other":"x"})"));
  EXPECT_THAT(question.facts.annotations,
              ElementsAre(Pair("cdi.k8s.io/of-the-cri", "nvidia.com/gpu=1")));
}

TEST(Question, OnCrioAnotherValueIsNotWhatTheCriSaid) {
  EXPECT_THAT(question_of(crio_container(R"({"cdi.k8s.io/of-the-cri":"nvidia.com/gpu=2"})"))
                  .facts.annotations,
              IsEmpty());
  EXPECT_THAT(question_of(crio_container("{")).facts.annotations, IsEmpty());
}

TEST(Question, AKeyOfThePodIsNotTheContainersWhateverItsValue) {
  api::PodSandbox pod;
  annotate(*pod.mutable_annotations(), "cdi.k8s.io/of-the-cri", "nvidia.com/gpu=2");
  EXPECT_THAT(question_from_nri(std::move(pod),
                                crio_container(R"({"cdi.k8s.io/of-the-cri":"nvidia.com/gpu=1"})"))
                  .facts.annotations,
              IsEmpty());
}

// Only the kubelet sets the label from which CRI-O takes the name.
TEST(Question, ANameThatCrioDoesNotPassOnIsTakenFromItsMetadata) {
  const Question question = question_of(crio_container("{}"));
  EXPECT_EQ(question.who.name, "train");
  EXPECT_EQ(question.facts.container_name, "train");
  api::Container named = crio_container("{}");
  named.set_name("main");
  EXPECT_EQ(question_of(named).who.name, "main");
}

TEST(Question, ARuleForEveryDeviceMeansPrivileged) {
  api::Container container;
  api::LinuxDeviceCgroup& rule = *container.mutable_linux()->mutable_resources()->add_devices();
  rule.set_allow(true);
  rule.set_access("rwm");
  EXPECT_TRUE(question_of(container).facts.privileged);
  rule.mutable_major()->set_value(0);
  EXPECT_FALSE(question_of(container).facts.privileged);
  rule.clear_major();
  rule.set_allow(false);
  EXPECT_FALSE(question_of(container).facts.privileged);
}

TEST(Question, KnowsAUserNamespace) {
  api::Container container;
  container.mutable_linux()->add_namespaces()->set_type("pid");
  EXPECT_FALSE(question_of(container).facts.user_namespace);
  container.mutable_linux()->add_namespaces()->set_type("user");
  EXPECT_TRUE(question_of(container).facts.user_namespace);
}

}  // namespace
}  // namespace nvinject::nri
