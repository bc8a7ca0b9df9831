// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/session/sync_collector.h"

#include <gmock/gmock.h>

namespace nvinject::nri {
namespace {

void add_pod(api::SynchronizeRequest& request, const std::string& id, const std::string& name) {
  api::PodSandbox& pod = *request.add_pods();
  pod.set_id(id);
  pod.set_name(name);
  pod.set_namespace_("team");
  pod.set_uid("uid of " + id);
  pod.set_runtime_handler("runc");
}

void add_container(api::SynchronizeRequest& request, const std::string& id, const std::string& pod,
                   const std::string& env) {
  api::Container& container = *request.add_containers();
  container.set_id(id);
  container.set_pod_sandbox_id(pod);
  container.add_env(env);
}

TEST(SyncCollector, KeepsOnlyWhatConcernsUs) {
  api::SynchronizeRequest request;
  add_pod(request, "p1", "one");
  add_container(request, "c1", "p1", "A=b");
  add_container(request, "c2", "p1", "NVIDIA_VISIBLE_DEVICES=all");
  SyncCollector collector({});
  const auto more = collector.add(request.SerializeAsString());
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
  const auto questions = collector.take();
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].who.id, "c2");
  EXPECT_EQ(questions[0].who.pod, "one");
  EXPECT_EQ(questions[0].who.name_space, "team");
  EXPECT_EQ(questions[0].who.pod_uid, "uid of p1");
  EXPECT_EQ(questions[0].who.runtime_handler, "runc");
  EXPECT_TRUE(collector.take().empty());
}

TEST(SyncCollector, APodMayComeAfterItsContainer) {
  api::SynchronizeRequest first;
  add_container(first, "c1", "p1", "NVIDIA_VISIBLE_DEVICES=0");
  first.set_more(true);
  api::SynchronizeRequest last;
  add_pod(last, "p1", "late");
  SyncCollector collector({});
  EXPECT_THAT(collector.add(first.SerializeAsString()), ::testing::Optional(true));
  EXPECT_THAT(collector.add(last.SerializeAsString()), ::testing::Optional(false));
  const auto questions = collector.take();
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].who.pod, "late");
}

TEST(SyncCollector, AnAnnotationOfThePodAsksForItsContainers) {
  api::SynchronizeRequest request;
  add_pod(request, "p1", "one");
  add_pod(request, "p2", "two");
  api::KeyValue& annotation = *request.mutable_pods(0)->add_annotations();
  annotation.set_key("nvidia.cdi.k8s.io");
  annotation.set_value("nvidia.com/gpu=0");
  add_container(request, "c1", "p1", "A=b");
  add_container(request, "c2", "p2", "A=b");
  SyncCollector collector({.pod_annotation_keys = {"nvidia.cdi.k8s.io"}});
  ASSERT_TRUE(collector.add(request.SerializeAsString()));
  const auto questions = collector.take();
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].who.id, "c1");
  EXPECT_EQ(questions[0].facts.pod_annotations.size(), 1U);
}

TEST(SyncCollector, AMessageWithoutAnythingIsTheEnd) {
  SyncCollector collector({});
  EXPECT_THAT(collector.add(""), ::testing::Optional(false));
}

// Found by fuzzing: field 2 as a number of four bytes is no container, and field 3 as text no
// `more`.
TEST(SyncCollector, AFieldOfAnotherKindIsNone) {
  SyncCollector collector({.pod_annotation_keys = {"nvidia.cdi.k8s.io"}});
  EXPECT_THAT(collector.add(std::string("\x15\x00\x20\x00\x84", 5)), ::testing::Optional(false));
  EXPECT_THAT(collector.add("\x18\x01\x1a\x01\x01"), ::testing::Optional(true));
  EXPECT_TRUE(collector.take().empty());
}

TEST(SyncCollector, RefusesWhatIsNoMessage) {
  SyncCollector collector({});
  EXPECT_FALSE(collector.add("\xff\xff\xff\xff\xff"));
  // A container of a GPU that ends in the middle.
  api::SynchronizeRequest request;
  add_container(request, "c1", "p1", "NVIDIA_VISIBLE_DEVICES=0");
  std::string bytes = request.SerializeAsString();
  bytes.resize(bytes.size() - 1);
  EXPECT_FALSE(collector.add(bytes));
}

}  // namespace
}  // namespace nvinject::nri
