// SPDX-License-Identifier: Apache-2.0
#include "core/render/classic_hook.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::FailsWith;
using testing::Succeeds;

constexpr const char* kPath = "/usr/bin/nvidia-container-runtime-hook";

Json parse(const char* text) { return *parse_json(text, "spec"); }

TEST(AddClassicHook, AddsOneWithAnEnvironmentOfItsOwn) {
  const auto edited = add_classic_hook(parse(R"({"x":1})"), kPath, {"PATH=/bin"});
  ASSERT_THAT(edited, Succeeds());
  EXPECT_EQ(print_json(*edited),
            R"({"x":1,"hooks":{"prestart":[{"path":"/usr/bin/nvidia-container-runtime-hook",)"
            R"("args":["nvidia-container-runtime-hook","prestart"],"env":["PATH=/bin"]}]}})");
}

TEST(AddClassicHook, LeavesOtherHooksInTheirOrder) {
  const auto edited = add_classic_hook(
      parse(R"({"hooks":{"poststop":[{"path":"/a"}],"prestart":[{"path":"/b"}]}})"), kPath, {});
  ASSERT_THAT(edited, Succeeds());
  EXPECT_EQ(print_json(*edited),
            R"({"hooks":{"poststop":[{"path":"/a"}],"prestart":[{"path":"/b"},)"
            R"({"path":"/usr/bin/nvidia-container-runtime-hook",)"
            R"("args":["nvidia-container-runtime-hook","prestart"],"env":[]}]}})");
}

TEST(AddClassicHook, OneThatIsThereIsEnough) {
  for (const char* const name : {"nvidia-container-runtime-hook", "nvidia-container-toolkit"}) {
    const std::string text =
        std::string(R"({"hooks":{"prestart":[{"path":"/opt/)") + name + R"("}]}})";
    const auto edited = add_classic_hook(parse(text.c_str()), kPath, {});
    ASSERT_THAT(edited, Succeeds());
    EXPECT_EQ(print_json(*edited), text);
  }
}

TEST(AddClassicHook, RefusesMembersOfAnotherType) {
  EXPECT_THAT(add_classic_hook(parse(R"({"hooks":[]})"), kPath, {}),
              FailsWith(ErrorCode::kInvalidRequest, "hooks"));
  EXPECT_THAT(add_classic_hook(parse(R"({"hooks":{"prestart":{}}})"), kPath, {}),
              FailsWith(ErrorCode::kInvalidRequest, "hooks.prestart"));
}

TEST(RemoveClassicHooks, RemovesEveryOneAndNothingElse) {
  Json spec =
      parse(R"({"hooks":{"prestart":[{"path":"/a/nvidia-container-runtime-hook"},{"path":"/b"},)"
            R"({"path":"/usr/bin/nvidia-container-toolkit"},{"path":1},{}]}})");
  remove_classic_hooks(spec);
  EXPECT_EQ(print_json(spec), R"({"hooks":{"prestart":[{"path":"/b"},{"path":1},{}]}})");
}

}  // namespace
}  // namespace nvinject
