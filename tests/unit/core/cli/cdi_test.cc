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

class Cdi : public ::testing::Test {
 protected:
  Cdi() {
    config_.roots = node_.roots();
    config_.load_kernel_modules = false;
    options_.no_hook = true;
    options_.output_file = tree_.path("run/cdi/nvidia.yaml");
  }

  // The exit status; what was printed is in printed_ and errors_.
  int run(int (*command)(const Config&, const CdiOptions&)) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int status = command(config_, options_);
    printed_ = ::testing::internal::GetCapturedStdout();
    errors_ = ::testing::internal::GetCapturedStderr();
    return status;
  }

  DriverRootTree node_ = DriverRootTree::from_fixture("rhel");
  TempTree tree_;
  Config config_;
  CdiOptions options_;
  std::string printed_;
  std::string errors_;
};

TEST_F(Cdi, WritesListsAndChecksAFile) {
  EXPECT_EQ(run(cdi_generate), kExitOk) << errors_;
  EXPECT_THAT(printed_, HasSubstr("wrote " + options_.output_file));
  EXPECT_EQ(run(cdi_generate), kExitOk);
  EXPECT_THAT(printed_, HasSubstr("unchanged " + options_.output_file));
  options_.directories = {tree_.path("run/cdi")};
  EXPECT_EQ(run(cdi_list), kExitOk);
  EXPECT_THAT(printed_, HasSubstr("nvidia.com/gpu=0\n"));
  EXPECT_THAT(printed_, HasSubstr("nvidia.com/gpu=all\n"));
}

TEST_F(Cdi, PrintsJson) {
  options_.output_file = "-";
  options_.format = "json";
  EXPECT_EQ(run(cdi_generate), kExitOk) << errors_;
  const auto json = parse_json(printed_, "output");
  ASSERT_TRUE(json) << printed_;
  EXPECT_EQ((*json)["kind"], "nvidia.com/gpu");
}

TEST_F(Cdi, RefusesANameThatNoReaderWouldTake) {
  options_.output_file = tree_.path("nvidia.conf");
  EXPECT_EQ(run(cdi_generate), kExitFailed);
  EXPECT_THAT(errors_, HasSubstr(".yaml"));
  options_.output_file = tree_.path("nvidia.yaml");
  options_.format = "json";
  EXPECT_EQ(run(cdi_generate), kExitFailed);
  EXPECT_THAT(errors_, HasSubstr(".json"));
  options_.format = "toml";
  EXPECT_EQ(run(cdi_generate), kExitFailed);
  EXPECT_THAT(errors_, HasSubstr("'toml'"));
}

TEST_F(Cdi, RefusesAHookThatIsNotThere) {
  options_.no_hook = false;
  options_.hook_path = "/absent";
  EXPECT_EQ(run(cdi_generate), kExitFailed);
  EXPECT_THAT(errors_, HasSubstr("'/absent'"));
}

TEST_F(Cdi, ChecksOnlyWhatIsAboutGpus) {
  EXPECT_EQ(run(cdi_check), kExitFailed) << "no file";
  tree_.file("run/cdi/nvidia.yaml",
             "cdiVersion: 0.5.0\nkind: vendor.com/net\n"
             "devices: [{name: a, containerEdits: {env: [A=b]}}]\n");
  EXPECT_EQ(run(cdi_check), kExitFailed);
  EXPECT_THAT(errors_, HasSubstr("vendor.com/net"));
  tree_.file("run/cdi/nvidia.yaml",
             "cdiVersion: 0.5.0\nkind: nvidia.com/gpu\n"
             "devices: [{name: 77, containerEdits: {deviceNodes: [{path: /dev/nvidia77}]}}]\n");
  EXPECT_EQ(run(cdi_check), kExitFailed);
  EXPECT_THAT(printed_, HasSubstr("device '77' is not on this machine"));
  EXPECT_THAT(errors_, HasSubstr("does not match"));
}

TEST_F(Cdi, ListsWhatItCanRead) {
  tree_.file("cdi/a.yaml", ":");
  options_.directories = {tree_.path("cdi")};
  EXPECT_EQ(run(cdi_list), kExitOk);
  EXPECT_EQ(printed_, "");
  EXPECT_THAT(errors_, HasSubstr("a.yaml"));
}

}  // namespace
}  // namespace nvinject::cli
