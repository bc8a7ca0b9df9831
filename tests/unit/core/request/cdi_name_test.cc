// SPDX-License-Identifier: Apache-2.0
#include "core/request/cdi_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace nvinject {
namespace {

TEST(CdiName, HasThreeParts) {
  EXPECT_EQ(parse_cdi_name("nvidia.com/gpu=0"), (CdiName{"nvidia.com", "gpu", "0"}));
  EXPECT_EQ(parse_cdi_name("a_b-c.d/e-f_g.h=0:1.x-y_z"),
            (CdiName{"a_b-c.d", "e-f_g.h", "0:1.x-y_z"}));
  EXPECT_EQ(parse_cdi_name("v/c=d"), (CdiName{"v", "c", "d"}));
}

TEST(CdiName, IsNothingElse) {
  const std::vector<std::string> texts = {"",
                                          "0",
                                          "=",
                                          "/=",
                                          "nvidia.com/gpu",
                                          "nvidia.com/gpu=",
                                          "/gpu=0",
                                          "v/=0",
                                          "v=0",
                                          "1v/c=d",
                                          "v/1c=d",
                                          "v-/c=d",
                                          "v/c-=d",
                                          "v/c=-d",
                                          "v/c=d-",
                                          "v/c/e=d",
                                          "v/c=d/e",
                                          "v/c=d=e",
                                          "v/c=d ",
                                          " v/c=d",
                                          "v/c=d\n",
                                          "v/c=d,v/c=e",
                                          "v/c=../../etc",
                                          "v/c=\xc3\xa4",
                                          std::string("v/c=d\0", 6)};
  for (const std::string& text : texts) EXPECT_EQ(parse_cdi_name(text), std::nullopt) << text;
}

TEST(NvidiaVendor, IsTheDomainOrBelowIt) {
  EXPECT_TRUE(is_nvidia_vendor("nvidia.com"));
  EXPECT_TRUE(is_nvidia_vendor("management.nvidia.com"));
  EXPECT_FALSE(is_nvidia_vendor("evilnvidia.com"));
  EXPECT_FALSE(is_nvidia_vendor("nvidia.com.example.org"));
  EXPECT_FALSE(is_nvidia_vendor("vendor.com"));
}

}  // namespace
}  // namespace nvinject
