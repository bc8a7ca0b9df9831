// SPDX-License-Identifier: Apache-2.0
#include "core/engines/oci_hook.h"

#include <gmock/gmock.h>

#include "core/base/path.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

TEST(OciHook, IsTheFileThatIsShipped) {
  EXPECT_EQ(oci_hook_json("/usr/bin/nvidia-container-runtime-hook"),
            read_file(HostPath(NVINJECT_SOURCE_DIR "/deploy/crio/oci-nvidia-hook.json"),
                      kMaxOciHookBytes));
}

TEST(OciHook, KnowsItsOwnAndThoseOfTheClassicToolkit) {
  EXPECT_TRUE(is_gpu_hook(oci_hook_json("/opt/nvidia-container-runtime-hook")));
  EXPECT_TRUE(is_gpu_hook(R"({"version":"1.0.0","hook":{"path":"/usr/bin/nvidia-container-toolkit"},
      "when":{"always":true,"commands":[".*"]},"stages":["prestart"]})"));
}

TEST(OciHook, KnowsThatOthersAreOthers) {
  for (const char* const text :
       {"", "{", "[]", "{}", R"({"hook":{}})", R"({"hook":"nvidia-container-toolkit"})",
        R"({"hook":{"path":7}})", R"({"hook":{"path":"/usr/bin/oci-systemd-hook"}})",
        R"({"hook":{"path":"/opt/nvidia-container-toolkit/other"}})"}) {
    EXPECT_FALSE(is_gpu_hook(text)) << text;
  }
  EXPECT_FALSE(is_gpu_hook(oci_hook_json("/nvidia-container-toolkit") +
                           std::string(kMaxOciHookBytes, '\n')));
}

}  // namespace
}  // namespace nvinject
