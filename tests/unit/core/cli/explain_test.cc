// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "core/cli/commands.h"
#include "core/json/json.h"
#include "tests/support/driver_root.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::DriverRootTree;
using nvinject::testing::TempTree;
using ::testing::HasSubstr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStdout;

class Explain : public ::testing::Test {
 protected:
  Explain() { config_.roots = node_.roots(); }

  // The exit status; what was printed is in printed_.
  int run(const ExplainOptions& options) {
    CaptureStdout();
    const int status = explain(config_, options);
    printed_ = GetCapturedStdout();
    return status;
  }

  DriverRootTree node_ = DriverRootTree::from_fixture("rhel");
  TempTree tree_;
  Config config_;
  std::string printed_;
};

TEST_F(Explain, NeedsNoContainerAtAll) {
  EXPECT_EQ(run({.env = {"NVIDIA_VISIBLE_DEVICES=1"}}), kExitOk);
  EXPECT_THAT(printed_, HasSubstr("GPU 1  NVIDIA L40S"));
  EXPECT_THAT(printed_, HasSubstr("/dev/nvidia1"));
}

TEST_F(Explain, ExitsWith3WhenNothingIsAsked) {
  EXPECT_EQ(run({}), kExitNothingAsked);
  EXPECT_EQ(run({.env = {"NVIDIA_VISIBLE_DEVICES=void"}}), kExitNothingAsked);
  EXPECT_THAT(printed_, HasSubstr("devices  nothing"));
}

TEST_F(Explain, ExitsWith1WhenItIsImpossible) {
  EXPECT_EQ(run({.env = {"NVIDIA_VISIBLE_DEVICES=7"}, .output = Output::kJson}), kExitFailed);
  const auto json = parse_json(printed_, "output");
  ASSERT_TRUE(json);
  EXPECT_THAT((*json)["error"].get<std::string>(), HasSubstr("'7'"));
}

TEST_F(Explain, SaysWhatCdiFilesGive) {
  config_.runtime.cdi.directories = {tree_.path("cdi")};
  tree_.file("cdi/v.yaml",
             "cdiVersion: 0.5.0\nkind: vendor.com/net\ndevices:\n- name: a\n  containerEdits:\n"
             "    env: [NET=a]\n    deviceNodes: [{path: /dev/net, hostPath: /dev/null}]\n");
  EXPECT_EQ(run({.env = {"NVIDIA_VISIBLE_DEVICES=vendor.com/net=a,nvidia.com/gpu=1"}}), kExitOk);
  EXPECT_THAT(printed_, HasSubstr("/dev/nvidia1"));
  EXPECT_THAT(printed_, HasSubstr("/dev/net"));
  EXPECT_THAT(printed_, HasSubstr("NET=a"));
  EXPECT_THAT(printed_, HasSubstr("cdi/v.yaml"));
  config_.runtime.mode = RuntimeMode::kCdi;
  EXPECT_EQ(run({.env = {"NVIDIA_VISIBLE_DEVICES=all"}}), kExitFailed);
  EXPECT_THAT(printed_, HasSubstr("nvidia.com/gpu=all"));
}

TEST_F(Explain, ReadsASpecAndAddsToItsVariables) {
  tree_.file("config.json", R"({"process": {"env": ["NVIDIA_VISIBLE_DEVICES=0"]}})");
  EXPECT_EQ(run({.spec = tree_.path("config.json")}), kExitOk);
  EXPECT_THAT(printed_, HasSubstr("GPU 0"));
  EXPECT_EQ(run({.spec = tree_.path("config.json"), .env = {"NVIDIA_VISIBLE_DEVICES=1"}}), kExitOk);
  EXPECT_THAT(printed_, HasSubstr("GPU 1")) << "the last one counts";
  EXPECT_THAT(printed_, HasSubstr("the image was not looked at"));
}

TEST_F(Explain, LooksIntoTheRootOfABundle) {
  tree_.file("b/config.json",
             R"({"process": {"env": ["NVIDIA_VISIBLE_DEVICES=0"]}, "root": {"path": "rootfs"}})");
  tree_.directory("b/rootfs/etc");
  EXPECT_EQ(run({.bundle = tree_.path("b")}), kExitOk);
  EXPECT_THAT(printed_, HasSubstr("no glibc for this machine in the image"));
}

TEST_F(Explain, SaysWhatAUserNamespaceLacks) {
  tree_.file("config.json", R"({"process": {"env": ["NVIDIA_VISIBLE_DEVICES=0"]},
                                "linux": {"namespaces": [{"type": "user"}]}})");
  EXPECT_EQ(run({.spec = tree_.path("config.json")}), kExitFailed);
  EXPECT_THAT(printed_, HasSubstr("user namespace of its own"));
}

TEST_F(Explain, SaysWhatIsWrongWithTheInput) {
  EXPECT_EQ(run({.spec = tree_.path("absent.json")}), kExitFailed);
  EXPECT_THAT(printed_, HasSubstr("absent.json"));
  tree_.file("b/config.json", R"({"root": {}})");
  EXPECT_EQ(run({.bundle = tree_.path("b")}), kExitFailed);
  EXPECT_THAT(printed_, HasSubstr("root.path"));
}

TEST_F(Explain, NeedsAConfigOnlyForWhoAsks) {
  const Result<Config> broken = fail(ErrorCode::kInvalidRequest, "read config: line 1");
  CaptureStdout();
  EXPECT_EQ(explain(broken, {.env = {"NVIDIA_VISIBLE_DEVICES=all"}}), kExitFailed);
  EXPECT_THAT(GetCapturedStdout(), HasSubstr("read config: line 1"));
  CaptureStdout();
  EXPECT_EQ(explain(broken, {.env = {"NVIDIA_VISIBLE_DEVICES=void"}}), kExitNothingAsked);
  static_cast<void>(GetCapturedStdout());
}

TEST_F(Explain, ShowsWhatWasAskedEvenWhenItIsMalformed) {
  EXPECT_EQ(run({.env = {"NVIDIA_VISIBLE_DEVICES=no\x1b[31msense"}}), kExitFailed);
  EXPECT_THAT(printed_, HasSubstr("devices       no\\x1b[31msense"));
  EXPECT_EQ(printed_.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace nvinject::cli
