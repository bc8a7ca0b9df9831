// SPDX-License-Identifier: Apache-2.0
#include "core/request/cdi_annotations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

using Annotations = std::vector<std::pair<std::string, std::string>>;

const std::vector<std::string> kPrefixes = {"cdi.k8s.io/", "example.org/"};

TEST(CdiAnnotations, AreReadInTheOrderOfTheirKeys) {
  const Annotations annotations = {{"cdi.k8s.io/b", "nvidia.com/gpu=1,nvidia.com/gpu=0"},
                                   {"example.org/x", "k8s.device-plugin.nvidia.com/gpu=3"},
                                   {"cdi.k8s.io/a", "nvidia.com/gpu=2"}};
  EXPECT_THAT(parse_cdi_annotations(annotations, kPrefixes).devices,
              ElementsAre("nvidia.com/gpu=2", "nvidia.com/gpu=1", "nvidia.com/gpu=0",
                          "k8s.device-plugin.nvidia.com/gpu=3"));
}

TEST(CdiAnnotations, OfOtherVendorsAreNoneOfOurBusiness) {
  const Annotations annotations = {{"cdi.k8s.io/nic", "vendor.com/nic=eth0"},
                                   {"cdi.k8s.io/gpu", "nvidia.com/gpu=0"},
                                   {"cdi.k8s.io/junk", "0"},
                                   {"cdi.k8s.io/empty", ""}};
  const CdiAnnotationRequests requests = parse_cdi_annotations(annotations, kPrefixes);
  EXPECT_THAT(requests.devices, ElementsAre("nvidia.com/gpu=0"));
  EXPECT_THAT(requests.decisions, IsEmpty());
}

TEST(CdiAnnotations, ThatMixVendorsAreIgnoredWithADecision) {
  for (const std::string value : {"nvidia.com/gpu=0,vendor.com/nic=eth0", "nvidia.com/gpu=0,0",
                                  "nvidia.com/gpu=0, nvidia.com/gpu=1", "nvidia.com/gpu=0,"}) {
    const CdiAnnotationRequests requests =
        parse_cdi_annotations({{"cdi.k8s.io/x", value}}, kPrefixes);
    EXPECT_THAT(requests.devices, IsEmpty()) << value;
    EXPECT_THAT(requests.decisions, ElementsAre(Field(&Decision::subject, "cdi.k8s.io/x")))
        << value;
  }
}

TEST(CdiAnnotations, NeedOneOfThePrefixes) {
  const Annotations annotations = {{"other/cdi.k8s.io/", "nvidia.com/gpu=0"}};
  EXPECT_THAT(parse_cdi_annotations(annotations, kPrefixes).devices, IsEmpty());
  EXPECT_THAT(parse_cdi_annotations({{"cdi.k8s.io/x", "nvidia.com/gpu=0"}}, {}).devices, IsEmpty());
}

}  // namespace
}  // namespace nvinject
