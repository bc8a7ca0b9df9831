// SPDX-License-Identifier: Apache-2.0
#include "core/engines/runtime_configs.h"

#include <gmock/gmock.h>

namespace nvinject {
namespace {

TEST(CrioDropIn, NamesTheRuntime) {
  EXPECT_EQ(crio_drop_in("nvidia", "/usr/bin/nvidia-container-runtime", DefaultRuntime::kLeave),
            "# Written by nvinject configure crio.\n"
            "[crio.runtime.runtimes.\"nvidia\"]\n"
            "runtime_path = \"/usr/bin/nvidia-container-runtime\"\n"
            "runtime_type = \"oci\"\n");
}

TEST(CrioDropIn, MakesItTheDefaultWhenAsked) {
  EXPECT_EQ(crio_drop_in("gpu", "/r", DefaultRuntime::kOurs),
            "# Written by nvinject configure crio.\n"
            "[crio.runtime]\ndefault_runtime = \"gpu\"\n\n"
            "[crio.runtime.runtimes.\"gpu\"]\nruntime_path = \"/r\"\nruntime_type = \"oci\"\n");
}

TEST(CrioDropIn, EscapesWhatItIsGiven) {
  const std::string text = crio_drop_in("a\"]\nb", "/r\n", DefaultRuntime::kLeave);
  EXPECT_THAT(text, ::testing::HasSubstr("[crio.runtime.runtimes.\"a\\\"]\\nb\"]\n"));
  EXPECT_THAT(text, ::testing::HasSubstr("runtime_path = \"/r\\n\"\n"));
}

TEST(CrioDropIn, IsKnownByItsFirstLine) {
  EXPECT_TRUE(is_crio_drop_in(crio_drop_in("a", "/b", DefaultRuntime::kLeave)));
  EXPECT_FALSE(is_crio_drop_in("[crio.runtime]\n"));
  EXPECT_FALSE(is_crio_drop_in(""));
}

TEST(ContainerdSnippet, SwitchesNriOn) {
  EXPECT_THAT(std::string(containerd_nri_snippet()), ::testing::HasSubstr("disable = false"));
}

}  // namespace
}  // namespace nvinject
