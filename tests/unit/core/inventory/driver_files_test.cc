// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/driver_files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "core/plan/capability_table.h"
#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::testing::Contains;
using testing::Decides;
using testing::DriverRootTree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

FoundFiles scan_tree(const DriverRootTree& node, const WantedFiles& wanted) {
  const auto root = DriverRoot::open(node.roots().driver);
  return scan_driver_files(*root, wanted);
}

std::vector<std::string> names(const std::vector<DriverFile>& files) {
  std::vector<std::string> found;
  for (const DriverFile& file : files) found.push_back(file.name);
  return found;
}

TEST(DriverFiles, AreProgramsAndSocketsInTheOrderWanted) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const auto found = scan_tree(node, wanted_files(CapabilitySet::all()));
  EXPECT_THAT(names(found.programs),
              ElementsAre("nvidia-smi", "nvidia-persistenced", "nvidia-cuda-mps-control",
                          "nvidia-cuda-mps-server"));
  EXPECT_EQ(found.programs[0].host_path, node.tree().host("usr/lib/nvidia/current/nvidia-smi"))
      << "the alternative is resolved";
  struct stat facts{};
  ASSERT_EQ(::stat(found.programs[0].host_path.c_str(), &facts), 0);
  EXPECT_EQ(found.programs[0].identity,
            (FileIdentity{.device = facts.st_dev, .inode = facts.st_ino}));
  EXPECT_FALSE(found.sockets[0].identity) << "a daemon that starts again makes another one";
  EXPECT_THAT(names(found.sockets), ElementsAre("/run/nvidia-persistenced/socket"));
  EXPECT_THAT(found.findings,
              ElementsAre(Decides("programs", "missing", "nvidia-debugdump nv-fabricmanager")));
}

TEST(DriverFiles, OfMpsAreADirectoryOfSockets) {
  const auto node = DriverRootTree::from_fixture("rhel");
  const auto found = scan_tree(node, wanted_files({Capability::kCompute}));
  EXPECT_THAT(names(found.sockets), ElementsAre("/tmp/nvidia-mps"));
}

TEST(DriverFiles, ThatMayNotBeTrustedAreSkippedWithAReason) {
  const auto node = DriverRootTree::from_fixture("hostile");
  const auto found = scan_tree(node, wanted_files({Capability::kUtility}));
  EXPECT_THAT(found.programs, IsEmpty());
  EXPECT_THAT(found.sockets, IsEmpty());
  for (const auto& [file, reason] : std::vector<std::pair<const char*, const char*>>{
           {"/usr/bin/nvidia-smi", "writable by others"},
           {"/usr/bin/nvidia-debugdump", "not a file of the expected kind"},
           {"/usr/bin/nvidia-persistenced", "not a file of the expected kind"},
           {"/run/nvidia-persistenced/socket", "not a file of the expected kind"},
       }) {
    EXPECT_THAT(found.findings, Contains(Decides(file, "skipped", reason)));
  }
}

TEST(DriverFiles, InTheNextDirectoryCountWhenTheFirstMayNotBeTrusted) {
  const DriverRootTree node("x usr/bin/nvidia-smi mode=0777\nx usr/sbin/nvidia-smi\n");
  WantedFiles wanted;
  wanted.programs = {"nvidia-smi"};
  const auto found = scan_tree(node, wanted);
  ASSERT_EQ(found.programs.size(), 1U);
  EXPECT_EQ(found.programs[0].host_path, node.tree().host("usr/sbin/nvidia-smi"));
}

TEST(DriverFiles, ThatNobodyWantsAreNotLookedFor) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const auto found = scan_tree(node, WantedFiles{});
  EXPECT_THAT(found.programs, IsEmpty());
  EXPECT_THAT(found.sockets, IsEmpty());
  EXPECT_THAT(found.findings, IsEmpty());
}

}  // namespace
}  // namespace nvinject
