// SPDX-License-Identifier: Apache-2.0
#include "core/render/additions.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/sample_plan.h"

namespace nvinject {
namespace {

using ::testing::Contains;
using testing::Decides;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::sample_plan;

ContainerFacts with_env(std::vector<std::string> env) {
  ContainerFacts facts;
  facts.env = std::move(env);
  return facts;
}

TEST(Additions, ToAnEmptyContainerAreTheWholePlan) {
  const InjectionPlan plan = sample_plan();
  const Additions additions = find_additions(plan, ContainerFacts{});
  EXPECT_EQ(additions.devices, plan.devices);
  EXPECT_EQ(additions.mounts, plan.mounts);
  EXPECT_THAT(additions.env, ElementsAre(EnvValue{"LD_LIBRARY_PATH", "/usr/local/nvidia/lib64"}));
  EXPECT_THAT(additions.decisions, IsEmpty());
}

TEST(Additions, LeaveADeviceThatIsTheSame) {
  ContainerFacts facts;
  facts.devices = {{"/dev/nvidia0", 195, 0}};
  const Additions additions = find_additions(sample_plan(), facts);
  ASSERT_EQ(additions.devices.size(), 1U);
  EXPECT_EQ(additions.devices[0].path, ContainerPath("/dev/nvidiactl"));
  EXPECT_THAT(additions.decisions, ElementsAre(Decides("/dev/nvidia0", "left", "already")));
}

TEST(Additions, ReplaceADeviceOfAnotherNumber) {
  ContainerFacts facts;
  facts.devices = {{"/dev/nvidia0", 195, 1}, {"/dev/nvidiactl", 1, 255}, {"/dev/null", 195, 0}};
  EXPECT_EQ(find_additions(sample_plan(), facts).devices.size(), 2U);
}

TEST(Additions, LeaveAMountThatIsThereHoweverItsPathIsWritten) {
  for (const char* const destination :
       {"/usr/lib/libcuda.so.1", "//usr//lib/libcuda.so.1", "/usr/lib/./libcuda.so.1",
        "/usr/lib/libcuda.so.1/", "usr/lib/libcuda.so.1"}) {
    ContainerFacts facts;
    facts.mounts = {{"/somewhere", destination}};
    const Additions additions = find_additions(sample_plan(), facts);
    EXPECT_EQ(additions.mounts.size(), 1U) << destination;
    EXPECT_THAT(additions.decisions, Contains(Decides("/usr/lib/libcuda.so.1", "left", "already")))
        << destination;
  }
}

TEST(Additions, TakeAMountAboveForAnotherPlace) {
  ContainerFacts facts;
  facts.mounts = {{"/somewhere", "/usr/lib"}, {"/elsewhere", "/"}};
  EXPECT_EQ(find_additions(sample_plan(), facts).mounts.size(), 2U);
}

TEST(Additions, KeepTheFirstOfWhatThePlanRepeats) {
  InjectionPlan plan = sample_plan();
  plan.mounts.push_back(plan.mounts[0]);
  plan.mounts.back().source = HostPath("/elsewhere");
  plan.devices.push_back(plan.devices[0]);
  const Additions additions = find_additions(plan, ContainerFacts{});
  EXPECT_EQ(additions.mounts, sample_plan().mounts);
  EXPECT_EQ(additions.devices, sample_plan().devices);
  EXPECT_THAT(additions.decisions,
              ElementsAre(Decides("/dev/nvidiactl", "left", "the plan has"),
                          Decides("/usr/lib/libcuda.so.1", "left", "the plan has")));
}

TEST(HasDriverFiles, LooksForTheLibrariesThatEverybodyMounts) {
  struct Row {
    const char* destination;
    bool found;
  };
  const Row rows[] = {
      {"/usr/lib/x86_64-linux-gnu/libcuda.so.550.163.01", true},
      {"/usr/lib64/libcuda.so.1", true},
      {"/usr/local/nvidia/lib64//libnvidia-ml.so.1/", true},
      {"libcuda.so.1", true},
      {"/usr/lib64/libcuda.so", false},
      {"/usr/lib64/libcudart.so.12", false},
      {"/usr/lib64/libcuda.so.1/more", false},
      {"/usr/lib64/libnvidia-ml.a", false},
      {"/", false},
      {"", false},
  };
  for (const Row& row : rows) {
    const ContainerFacts facts{.mounts = {{"/a", "/etc/hosts"}, {"/b", row.destination}}};
    EXPECT_EQ(has_driver_files(facts), row.found) << row.destination;
  }
  const ContainerFacts source_only{.mounts = {{"/usr/lib64/libcuda.so.1", "/data"}}};
  EXPECT_FALSE(has_driver_files(source_only));
}

TEST(Additions, AppendToASearchPathWithoutAnEmptyElement) {
  struct Row {
    const char* name;
    std::vector<std::string> env;
    std::vector<EnvValue> added;
  };
  const std::string ours = "/usr/local/nvidia/lib64";
  const Row rows[] = {
      {"no such variable", {"PATH=/bin"}, {{"LD_LIBRARY_PATH", ours}}},
      {"an empty variable", {"LD_LIBRARY_PATH="}, {{"LD_LIBRARY_PATH", ours, true}}},
      {"another directory", {"LD_LIBRARY_PATH=/a"}, {{"LD_LIBRARY_PATH", "/a:" + ours, true}}},
      {"a colon at the end", {"LD_LIBRARY_PATH=/a:"}, {{"LD_LIBRARY_PATH", "/a:" + ours, true}}},
      {"colons everywhere",
       {"LD_LIBRARY_PATH=:/a::/b:"},
       {{"LD_LIBRARY_PATH", "/a:/b:" + ours, true}}},
      {"colons only", {"LD_LIBRARY_PATH=::"}, {{"LD_LIBRARY_PATH", ours, true}}},
      {"it is there", {"LD_LIBRARY_PATH=/a:" + ours}, {}},
      {"it is there, among empty elements",
       {"LD_LIBRARY_PATH=:" + ours},
       {{"LD_LIBRARY_PATH", ours, true}}},
      {"of equal names the last counts",
       {"LD_LIBRARY_PATH=/a", "LD_LIBRARY_PATH=/b"},
       {{"LD_LIBRARY_PATH", "/b:" + ours, true}}},
      {"a longer name is another one", {"LD_LIBRARY_PATHS=/a"}, {{"LD_LIBRARY_PATH", ours}}},
      {"no equals sign", {"LD_LIBRARY_PATH"}, {{"LD_LIBRARY_PATH", ours}}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(find_additions(sample_plan(), with_env(row.env)).env, row.added) << row.name;
  }
}

}  // namespace
}  // namespace nvinject
