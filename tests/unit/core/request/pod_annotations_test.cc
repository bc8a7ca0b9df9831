// SPDX-License-Identifier: Apache-2.0
#include "core/request/pod_annotations.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::Decides;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::Succeeds;

using Annotations = std::vector<std::pair<std::string, std::string>>;

const std::string kNvidia = "nvidia.cdi.k8s.io";
const std::string kShared = "cdi-devices.noderesource.dev";
const std::string kOld = "cdi-devices.nri.io";

std::vector<PodAnnotation> find(const ContainerFacts& facts, std::vector<std::string> keys) {
  return find_pod_annotations(facts, keys);
}

// Each row has the annotations of those before it: the narrowest counts, and within a scope the new
// spelling.
TEST(FindPodAnnotations, TakesTheNarrowestScope) {
  ContainerFacts facts{.container_name = "main"};
  for (const std::string& key : {kNvidia, kNvidia + "/pod", kNvidia + "/container.main"}) {
    facts.pod_annotations.insert(facts.pod_annotations.begin(), {key, "value"});
    const auto found = find(facts, {kNvidia});
    ASSERT_EQ(found.size(), 1U) << key;
    EXPECT_EQ(found[0].key, key);
  }
  facts.pod_annotations.clear();
  for (const std::string& key : {kOld, kShared, kOld + "/pod", kShared + "/pod",
                                 kOld + "/container.main", kShared + "/container.main"}) {
    facts.pod_annotations.emplace_back(key, "value");
    const auto found = find(facts, {kShared});
    ASSERT_EQ(found.size(), 1U) << key;
    EXPECT_EQ(found[0].key, key);
  }
}

TEST(FindPodAnnotations, IsForThisContainerAndTheseKeysOnly) {
  const Annotations annotations = {{kNvidia + "/container.other", "v"},
                                   {kNvidia + "/container.", "v"},
                                   {kNvidia + "/container", "v"},
                                   {kNvidia + "/Pod", "v"},
                                   {kNvidia + "x", "v"},
                                   {kOld, "v"}};
  EXPECT_THAT(find({.pod_annotations = annotations, .container_name = "main"}, {kNvidia}),
              IsEmpty());
  EXPECT_THAT(find({.pod_annotations = annotations}, {kNvidia}), IsEmpty())
      << "a container without a name has no annotation of its own";
  EXPECT_THAT(find({.pod_annotations = {{kNvidia, "v"}}}, {}), IsEmpty()) << "off";
  EXPECT_THAT(find({.pod_annotations = {{kShared, "v"}}}, {kNvidia}), IsEmpty());
}

TEST(FindPodAnnotations, GoesByTheOrderOfTheKeysAndTheLastOfEqualOnes) {
  const ContainerFacts facts{.pod_annotations = {{kNvidia, "1"}, {kShared, "2"}, {kNvidia, "3"}}};
  EXPECT_THAT(find(facts, {kShared, kNvidia}),
              ElementsAre(PodAnnotation{kShared, "2"}, PodAnnotation{kNvidia, "3"}));
}

TEST(ParsePodAnnotation, GivesTheDevicesOfNvidia) {
  const auto commas = parse_pod_annotation({kNvidia, "nvidia.com/gpu=0,nvidia.com/gpu=all"});
  ASSERT_THAT(commas, Succeeds());
  EXPECT_THAT(commas->devices, ElementsAre("nvidia.com/gpu=0", "nvidia.com/gpu=all"));
  EXPECT_THAT(commas->decisions, IsEmpty());
  for (const std::string& key : {kShared, kOld + "/pod"}) {
    for (const char* const value : {R"(["nvidia.com/gpu=0"])", "- nvidia.com/gpu=0"}) {
      const auto list = parse_pod_annotation({key, value});
      ASSERT_THAT(list, Succeeds()) << value;
      EXPECT_THAT(list->devices, ElementsAre("nvidia.com/gpu=0"));
    }
  }
}

TEST(ParsePodAnnotation, LeavesOtherVendorsToTheirTools) {
  const auto mixed = parse_pod_annotation({kNvidia, "vendor.com/nic=0,nvidia.com/gpu=0"});
  ASSERT_THAT(mixed, Succeeds());
  EXPECT_THAT(mixed->devices, ElementsAre("nvidia.com/gpu=0"));
  EXPECT_THAT(mixed->decisions, ElementsAre(Decides(kNvidia, "left", "'vendor.com/nic=0'")));
  for (const char* const value : {"[vendor.com/nic=0]", "no list", "[[[", "all", "\"void\""}) {
    const auto others = parse_pod_annotation({kShared, value});
    ASSERT_THAT(others, Succeeds()) << value;
    EXPECT_THAT(others->devices, IsEmpty());
    EXPECT_THAT(others->decisions, ElementsAre(Decides(kShared, "left", "names no device")));
  }
}

TEST(ParsePodAnnotation, OfNoTextAsksForNothing) {
  for (const std::string& key : {kNvidia, kShared}) {
    for (const char* const value : {"", " \n"}) {
      EXPECT_EQ(parse_pod_annotation({key, value}), PodAnnotationRequest{});
    }
  }
}

TEST(ParsePodAnnotation, RefusesWhatIsNoListOfCdiNames) {
  for (const char* const value :
       {"all", "none", "void", "0", "nvidia.com/gpu", "nvidia.com/gpu=0,", ",nvidia.com/gpu=0",
        "nvidia.com/gpu=0, nvidia.com/gpu=1", "nvidia.com/gpu=0\n", R"(["nvidia.com/gpu=0"])",
        "nvidia.com/gpu=../0"}) {
    EXPECT_THAT(parse_pod_annotation({kNvidia, value}),
                FailsWith(ErrorCode::kInvalidRequest, "nvidia.cdi.k8s.io='"))
        << value;
  }
  for (const char* const value : {"nvidia.com/gpu=0", "[nvidia.com/gpu=0, all]",
                                  "[nvidia.com/gpu=0, 'void']", "- nvidia.com/gpu=0\n- none",
                                  "devices: [nvidia.com/gpu=0]", R"(["nvidia.com/gpu=0", 1])"}) {
    EXPECT_THAT(parse_pod_annotation({kShared, value}),
                FailsWith(ErrorCode::kInvalidRequest, "cdi-devices.noderesource.dev='"))
        << value;
  }
}

TEST(ParsePodAnnotation, HasBounds) {
  std::string many = "nvidia.com/gpu=0";
  for (int i = 1; i < 512; ++i) many.append(",nvidia.com/gpu=0");
  EXPECT_THAT(parse_pod_annotation({kNvidia, many}), Succeeds());
  EXPECT_THAT(parse_pod_annotation({kNvidia, many + ",nvidia.com/gpu=0"}),
              FailsWith(ErrorCode::kInvalidRequest, "more than 512 devices"));
  const std::string long_value = "nvidia.com/gpu=" + std::string(std::size_t{64} * 1024, '1');
  EXPECT_THAT(parse_pod_annotation({kNvidia, long_value}),
              FailsWith(ErrorCode::kInvalidRequest, "longer than"));
}

TEST(ParsePodAnnotation, EscapesWhatAPodWrote) {
  const auto refused = parse_pod_annotation({kNvidia + "/container.\n", "\x1b[31m"});
  EXPECT_THAT(refused, FailsWith(ErrorCode::kInvalidRequest, "container.\\x0a='\\x1b[31m'"));
}

}  // namespace
}  // namespace nvinject
