// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline/cdi_devices.h"

#include <gmock/gmock.h>

#include "core/base/text.h"
#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using nvinject::testing::Decides;
using nvinject::testing::DriverRootTree;
using nvinject::testing::FailsWith;
using nvinject::testing::request_all;
using nvinject::testing::request_listed;
using nvinject::testing::TempTree;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

DeviceId named(const std::string& name) { return {.kind = DeviceIdKind::kCdiName, .text = name}; }

class TakeFromCdiFiles : public ::testing::Test {
 protected:
  TakeFromCdiFiles() {
    config_.runtime.cdi.directories = {tree_.path("cdi")};
    config_.roots = node_.roots();
  }

  void write_file(const std::string& kind, const std::string& device) const {
    std::string name = kind.substr(0, kind.find('/')) + ".json";
    tree_.file("cdi/" + name, R"({"cdiVersion":"0.5.0","kind":")" + kind +
                                  R"(","devices":[{"name":")" + device +
                                  R"(","containerEdits":{"env":["GOT=)" + kind + R"("]}}]})");
  }
  [[nodiscard]] Result<CdiShare> take(const GpuRequest& request) const {
    return take_from_cdi_files(request, config_);
  }
  static std::string env_of(const Result<CdiShare>& share) {
    if (!share) return share.error().message;
    return join(share->edits.env, " ");
  }

  TempTree tree_;
  DriverRootTree node_ = DriverRootTree::from_fixture("mig");
  Config config_;
};

TEST_F(TakeFromCdiFiles, ServesAnyVendor) {
  write_file("vendor.com/net", "eth0");
  const auto share = take(request_listed({named("vendor.com/net=eth0")}));
  EXPECT_EQ(env_of(share), "GOT=vendor.com/net");
  EXPECT_THAT(share->rest, IsEmpty());
  EXPECT_THAT(share->decisions, Contains(Decides("vendor.com/net=eth0", "found", "vendor.com")));
}

TEST_F(TakeFromCdiFiles, LeavesOurGpusToThePlanWithoutAFile) {
  write_file("vendor.com/net", "eth0");
  const auto share =
      take(request_listed({named("nvidia.com/gpu=0"), named("vendor.com/net=eth0")}));
  EXPECT_EQ(env_of(share), "GOT=vendor.com/net");
  EXPECT_THAT(share->rest, ElementsAre(Field(&DeviceId::text, "nvidia.com/gpu=0")));
}

TEST_F(TakeFromCdiFiles, TakesOurGpusFromAFileThatHasThemAll) {
  write_file("nvidia.com/gpu", "0");
  const auto share = take(request_listed({named("nvidia.com/gpu=0")}));
  EXPECT_EQ(env_of(share), "GOT=nvidia.com/gpu");
  EXPECT_THAT(share->rest, IsEmpty());
  EXPECT_THAT(share->decisions, Contains(Decides("nvidia.com/gpu", "doubtful", "give no GPU")));
  const auto more = take(request_listed({named("nvidia.com/gpu=0"), named("nvidia.com/gpu=1")}));
  EXPECT_EQ(env_of(more), "");
  EXPECT_EQ(more->rest.size(), 2U);
}

TEST_F(TakeFromCdiFiles, NeedsAFileForEachNameInModeCdi) {
  config_.runtime.mode = RuntimeMode::kCdi;
  EXPECT_THAT(take(request_listed({named("nvidia.com/gpu=0")})),
              FailsWith(ErrorCode::kNotFound, "'nvidia.com/gpu=0'"));
  write_file("nvidia.com/gpu", "all");
  EXPECT_EQ(env_of(take(request_all())), "GOT=nvidia.com/gpu");
  config_.runtime.cdi.default_kind = "vendor.com/net";
  EXPECT_THAT(take(request_all()), FailsWith(ErrorCode::kNotFound, "'vendor.com/net=all'"));
}

TEST_F(TakeFromCdiFiles, NamesTheFileThatCouldNotBeRead) {
  tree_.file("cdi/vendor.com.json", "{");
  EXPECT_THAT(take(request_listed({named("vendor.com/net=eth0")})),
              FailsWith(ErrorCode::kNotFound, "cdi/vendor.com.json"));
  const auto share = take(request_listed({named("nvidia.com/gpu=0")}));
  ASSERT_TRUE(share) << share.error().message;
  EXPECT_THAT(share->decisions,
              ElementsAre(Decides(tree_.path("cdi/vendor.com.json"), "left out", "malformed")));
}

TEST_F(TakeFromCdiFiles, FailsForANodeThatIsNotThere) {
  tree_.file("cdi/v.yaml",
             "cdiVersion: 0.5.0\nkind: vendor.com/x\n"
             "devices: [{name: a, containerEdits: {deviceNodes: [{path: /dev/absent}]}}]\n");
  EXPECT_THAT(take(request_listed({named("vendor.com/x=a")})),
              FailsWith(ErrorCode::kNotFound, "/dev/absent"));
}

}  // namespace
}  // namespace nvinject
