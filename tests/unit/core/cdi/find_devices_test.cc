// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/find_devices.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::nvinject::testing::Decides;
using ::nvinject::testing::FailsWith;
using ::testing::Contains;
using ::testing::ElementsAre;

CdiDevice device(std::string name, std::string env) {
  CdiDevice made{.name = std::move(name), .annotations = {}, .edits = {}};
  made.edits.env = {std::move(env)};
  return made;
}

CdiFile file(std::string path, std::size_t directory, std::vector<CdiDevice> devices) {
  CdiFile made{.path = HostPath(std::move(path)), .directory = directory, .spec = {}};
  made.spec.kind = "nvidia.com/gpu";
  made.spec.devices = std::move(devices);
  made.spec.edits.env = {"COMMON=" + std::string(made.path.file_name())};
  return made;
}

CdiRegistry registry_of(std::vector<CdiFile> files) {
  return {.directories = {"/etc/cdi", "/var/run/cdi"}, .files = std::move(files), .problems = {}};
}

TEST(FindCdiDevices, TakesTheCommonEditsOfAFileOnce) {
  const auto registry =
      registry_of({file("/etc/cdi/a", 0, {device("0", "N=0"), device("1", "N=1")}),
                   file("/etc/cdi/b", 0, {device("2", "N=2")})});
  const auto choice = find_cdi_devices(
      registry, {"nvidia.com/gpu=1", "nvidia.com/gpu=2", "nvidia.com/gpu=0", "nvidia.com/gpu=1"});
  ASSERT_TRUE(choice) << choice.error().message;
  EXPECT_THAT(choice->edits.env, ElementsAre("COMMON=a", "N=1", "COMMON=b", "N=2", "N=0"));
  EXPECT_THAT(choice->decisions, ElementsAre(Decides("nvidia.com/gpu=1", "found", "/etc/cdi/a"),
                                             Decides("nvidia.com/gpu=2", "found", "/etc/cdi/b"),
                                             Decides("nvidia.com/gpu=0", "found", "/etc/cdi/a")));
}

TEST(FindCdiDevices, LetsTheLaterDirectoryWin) {
  const auto registry = registry_of({file("/etc/cdi/a", 0, {device("0", "N=etc")}),
                                     file("/etc/cdi/b", 0, {device("0", "N=etc too")}),
                                     file("/var/run/cdi/a", 1, {device("0", "N=run")})});
  const auto choice = find_cdi_devices(registry, {"nvidia.com/gpu=0"});
  ASSERT_TRUE(choice) << choice.error().message;
  EXPECT_THAT(choice->edits.env, ElementsAre("COMMON=a", "N=run"));
}

TEST(FindCdiDevices, RefusesANameThatMeansTwoDevices) {
  const auto registry =
      registry_of({file("/etc/cdi/a", 0, {device("0", "N=0")}),
                   file("/etc/cdi/b", 0, {device("0", "N=0"), device("1", "N=1")})});
  EXPECT_THAT(find_cdi_devices(registry, {"nvidia.com/gpu=0"}),
              FailsWith(ErrorCode::kInvalidRequest, "'/etc/cdi/b'"));
  EXPECT_TRUE(find_cdi_devices(registry, {"nvidia.com/gpu=1"}));
}

TEST(FindCdiDevices, NamesWhatIsMissingAndWhy) {
  auto registry = registry_of({file("/etc/cdi/a", 0, {device("0", "N=0")})});
  registry.problems = {{"/etc/cdi/broken.yaml", "left out", "malformed"}};
  const auto choice =
      find_cdi_devices(registry, {"nvidia.com/gpu=0", "nvidia.com/gpu=8", "vendor.com/net=eth0"});
  EXPECT_THAT(choice, FailsWith(ErrorCode::kNotFound, "'nvidia.com/gpu=8', 'vendor.com/net=eth0'"));
  EXPECT_THAT(choice, FailsWith(ErrorCode::kNotFound, "/etc/cdi/broken.yaml"));
  EXPECT_THAT(find_cdi_devices(registry, {"8"}), FailsWith(ErrorCode::kInvalidRequest, "'8'"));
}

TEST(FindCdiDevices, GathersInterfacesAndTakesTheLastClassOfService) {
  auto registry = registry_of({file("/etc/cdi/a", 0, {device("0", "N=0"), device("1", "N=1")})});
  CdiSpec& spec = registry.files[0].spec;
  spec.devices[0].edits.net_devices = {{"eth7", "net0"}};
  spec.devices[0].edits.intel_rdt = CdiIntelRdt{.class_of_service = "gold", .schemata = {}};
  spec.devices[1].edits.net_devices = {{"eth8", "net1"}};
  spec.edits.intel_rdt = CdiIntelRdt{.class_of_service = "silver", .schemata = {}};
  const auto choice = find_cdi_devices(registry, {"nvidia.com/gpu=0", "nvidia.com/gpu=1"});
  ASSERT_TRUE(choice) << choice.error().message;
  EXPECT_THAT(choice->edits.net_devices,
              ElementsAre(CdiNetDevice{"eth7", "net0"}, CdiNetDevice{"eth8", "net1"}));
  ASSERT_TRUE(choice->edits.intel_rdt);
  EXPECT_EQ(choice->edits.intel_rdt->class_of_service, "gold");
  EXPECT_THAT(choice->decisions, Contains(Decides("linux.intelRdt", "set", "resctrl")));
  EXPECT_THAT(choice->decisions, Contains(Decides("interface eth8", "moves to net1", "1.3.0")));
}

TEST(CdiRegistryNames, AreQualifiedAndSorted) {
  const auto registry =
      registry_of({file("/etc/cdi/a", 0, {device("1", "N=1"), device("0", "N=0")}),
                   file("/var/run/cdi/a", 1, {device("0", "N=0")})});
  EXPECT_THAT(cdi_device_names(registry), ElementsAre("nvidia.com/gpu=0", "nvidia.com/gpu=1"));
  EXPECT_TRUE(has_cdi_kind(registry, "nvidia.com/gpu"));
  EXPECT_FALSE(has_cdi_kind(registry, "nvidia.com/mig"));
}

}  // namespace
}  // namespace nvinject
