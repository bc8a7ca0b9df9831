// SPDX-License-Identifier: Apache-2.0
#include "core/cli/cdi_check.h"

#include <gmock/gmock.h>

#include "tests/support/temp_tree.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::TempTree;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CdiDevice device(std::string name, const std::string& node) {
  CdiDevice made{.name = std::move(name), .annotations = {}, .edits = {}};
  // Complete, so that it need not be there.
  made.edits.device_nodes = {
      {.path = node, .host_path = {}, .type = "c", .major = 195, .minor = 0}};
  return made;
}

CdiSpec spec_of(std::vector<CdiDevice> devices) {
  CdiSpec spec;
  spec.kind = "nvidia.com/gpu";
  spec.devices = std::move(devices);
  return spec;
}

TEST(CompareCdi, IsContentWithTheSame) {
  CdiSpec file = spec_of({device("0", "/dev/nvidia0")});
  const CdiSpec fresh = file;
  file.version = "0.5.0";
  EXPECT_THAT(compare_cdi(file, fresh), IsEmpty());
}

TEST(CompareCdi, NamesGpusThatCameAndWent) {
  const auto found =
      compare_cdi(spec_of({device("0", "/dev/nvidia0"), device("1", "/dev/nvidia1")}),
                  spec_of({device("0", "/dev/nvidia0"), device("2", "/dev/nvidia2")}));
  EXPECT_THAT(found, ElementsAre(HasSubstr("'1' is not on this machine"),
                                 HasSubstr("'2' of this machine is not in the file")));
}

TEST(CompareCdi, NamesADeviceThatIsAnotherGpuNow) {
  EXPECT_THAT(
      compare_cdi(spec_of({device("0", "/dev/nvidia0")}), spec_of({device("0", "/dev/nvidia3")})),
      ElementsAre(AllOf(HasSubstr("'0' is /dev/nvidia3 now"), HasSubstr("says /dev/nvidia0"))));
}

TEST(CompareCdi, NamesAMigDeviceThatIsAnotherOneNow) {
  const auto mig = [](const char* capability) {
    CdiDevice made = device("1:0", "/dev/nvidia1");
    made.edits.device_nodes.push_back({.path = std::string("/dev/nvidia-caps/") + capability,
                                       .host_path = {},
                                       .type = "c",
                                       .major = 236,
                                       .minor = 0});
    return spec_of({made});
  };
  EXPECT_THAT(compare_cdi(mig("nvidia-cap12"), mig("nvidia-cap21")),
              ElementsAre(AllOf(HasSubstr("/dev/nvidia-caps/nvidia-cap21, /dev/nvidia1 now"),
                                HasSubstr("says /dev/nvidia-caps/nvidia-cap12, /dev/nvidia1"))));
}

TEST(CompareCdi, NamesFilesThatAreGone) {
  const TempTree tree;
  tree.file("libcuda.so.2", "");
  CdiSpec file = spec_of({device("0", "/dev/nvidia0")});
  const auto mount = [&](const char* name) {
    return CdiMount{
        .host_path = tree.path(name), .container_path = "/lib", .options = {}, .type = {}};
  };
  file.edits.mounts = {mount("libcuda.so.1"), mount("libcuda.so.2")};
  file.edits.hooks = {{.hook_name = "createContainer", .path = "/absent", .args = {}, .env = {}}};
  EXPECT_THAT(compare_cdi(file, spec_of({device("0", "/dev/nvidia0")})),
              ElementsAre(HasSubstr("'/absent'"), HasSubstr("libcuda.so.1")));
}

TEST(CompareCdi, LetsAnotherToolNameOtherFiles) {
  const TempTree tree;
  tree.file("nvinject-hook", "");
  ASSERT_EQ(::chmod(tree.path("nvinject-hook").c_str(), 0755), 0);
  CdiSpec file = spec_of({device("0", "/dev/nvidia0")});
  file.edits.env = {"A=b"};
  EXPECT_THAT(compare_cdi(file, spec_of({device("0", "/dev/nvidia0")})), IsEmpty());
  file.edits.hooks = {
      {.hook_name = "createContainer", .path = tree.path("nvinject-hook"), .args = {}, .env = {}}};
  EXPECT_EQ(hook_program_of(file), tree.path("nvinject-hook"));
  EXPECT_THAT(compare_cdi(file, spec_of({device("0", "/dev/nvidia0")})),
              ElementsAre(HasSubstr("other files")));
}

}  // namespace
}  // namespace nvinject::cli
