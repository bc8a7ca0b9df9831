// SPDX-License-Identifier: Apache-2.0
#include "core/engines/oci_hook.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>

#include "core/base/path.h"
#include "core/json/json.h"
#include "core/os/file.h"
#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::FailsWith;
using testing::Succeeds;

TEST(OciHook, IsTheFileThatIsShipped) {
  EXPECT_EQ(oci_hook_json("/usr/bin/nvidia-container-runtime-hook"),
            read_file(HostPath(NVINJECT_SOURCE_DIR "/deploy/crio/oci-nvidia-hook.json"),
                      kMaxOciHookBytes));
}

// What the classic package installs on RHEL.
constexpr const char* kClassic =
    R"({
    "version": "1.0.0",
    "hook": {
        "path": "/usr/bin/nvidia-container-toolkit",
        "args": ["nvidia-container-toolkit", "-debug", "prestart"],
        "env": ["PATH=/usr/bin:/bin"]
    },
    "when": {"always": true, "commands": [".*"]},
    "stages": ["prestart"]
}
)";

TEST(OciHook, KnowsItsOwnAndThoseOfTheClassicToolkit) {
  EXPECT_EQ(program_of_gpu_hook(oci_hook_json("/opt/nvidia-container-runtime-hook")),
            "/opt/nvidia-container-runtime-hook");
  EXPECT_EQ(program_of_gpu_hook(kClassic), "/usr/bin/nvidia-container-toolkit");
}

TEST(OciHook, KnowsThatOthersAreOthers) {
  for (const char* const text :
       {"", "{", "[]", "{}", R"({"hook":{}})", R"({"hook":"nvidia-container-toolkit"})",
        R"({"hook":{"path":7}})", R"({"hook":{"path":"/usr/bin/oci-systemd-hook"}})",
        R"({"hook":{"path":"/opt/nvidia-container-toolkit/other"}})"}) {
    EXPECT_EQ(program_of_gpu_hook(text), "") << text;
    EXPECT_THAT(set_oci_hook(text, "f.json", "/bin/nvidia-container-toolkit"),
                FailsWith(ErrorCode::kInvalidRequest, "f.json"))
        << text;
    EXPECT_EQ(removal_of_oci_hook(text, kClassic), HookRemoval::kLeave) << text;
  }
  EXPECT_EQ(program_of_gpu_hook(oci_hook_json("/nvidia-container-toolkit") +
                                std::string(kMaxOciHookBytes, '\n')),
            "");
}

TEST(OciHook, ChangesOnlyTheProgramOfAFileThatIsThere) {
  const std::string hook = "/opt/nvidia-container-runtime-hook";
  const auto changed = set_oci_hook(kClassic, "f", hook);
  ASSERT_THAT(changed, Succeeds());
  EXPECT_EQ(parse_json(*changed, "f"), parse_json(R"({"version":"1.0.0","hook":{
      "path":"/opt/nvidia-container-runtime-hook",
      "args":["nvidia-container-runtime-hook","-debug","prestart"],"env":["PATH=/usr/bin:/bin"]},
      "when":{"always":true,"commands":[".*"]},"stages":["prestart"]})",
                                                  "f"));
  EXPECT_THAT(*changed, ::testing::StartsWith("{\n    \"version\"")) << "indented as it was";
  EXPECT_EQ(set_oci_hook(*changed, "f", hook), *changed) << "twice is once";
  EXPECT_EQ(set_oci_hook(oci_hook_json("/a/nvidia-container-toolkit"), "f", hook),
            oci_hook_json(hook));
  const auto without_args =
      set_oci_hook(R"({"hook":{"path":"/usr/bin/nvidia-container-toolkit"}})", "f", hook);
  EXPECT_EQ(without_args, R"({"hook":{"path":"/opt/nvidia-container-runtime-hook",)"
                          R"("args":["nvidia-container-runtime-hook","prestart"]}})");
}

TEST(OciHook, GoesOnlyWhereItIsOurs) {
  const std::string hook = "/opt/nvidia-container-runtime-hook";
  const std::string changed = *set_oci_hook(kClassic, "f", hook);
  const struct {
    const char* name;
    std::string text;
    std::optional<std::string> kept;
    HookRemoval removal;
  } rows[] = {
      {"our whole file", oci_hook_json(hook), std::nullopt, HookRemoval::kDelete},
      {"our whole file beside an old one", oci_hook_json(hook), kClassic, HookRemoval::kDelete},
      {"the classic one", kClassic, std::nullopt, HookRemoval::kLeave},
      {"the classic one that came back", kClassic, kClassic, HookRemoval::kLeave},
      {"one that we changed", changed, kClassic, HookRemoval::kRestore},
      {"one that was kept by nobody", changed, std::nullopt, HookRemoval::kLeave},
      {"one that somebody edited since", changed + "\n", kClassic, HookRemoval::kLeave},
      {"what was kept is something else", changed, "{}", HookRemoval::kLeave},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(removal_of_oci_hook(row.text, row.kept), row.removal) << row.name;
  }
}

}  // namespace
}  // namespace nvinject
