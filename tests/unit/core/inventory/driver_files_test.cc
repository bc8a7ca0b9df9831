// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/driver_files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <utility>

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

FoundFiles scan_tree(const DriverRootTree& node, const WantedFiles& wanted,
                     const std::string& mps_pipes = "") {
  const auto root = DriverRoot::open(node.roots().driver);
  return scan_driver_files(*root, wanted, mps_pipes);
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

TEST(DriverFiles, OfMpsAreWhereTheHostHasThem) {
  const DriverRootTree node("d run/mps\nl var/run -> /run\nd tmp/nvidia-mps\n");
  for (const char* const place : {"/run/mps", "/run//mps/", "/var/run/./mps"}) {
    const auto found = scan_tree(node, wanted_files({Capability::kCompute}), place);
    ASSERT_EQ(found.sockets.size(), 1U) << place;
    EXPECT_EQ(found.sockets[0].host_path, node.tree().host("run/mps"));
    EXPECT_EQ(found.sockets[0].path, DriverPath("/run/mps")) << "without links, as the classic one";
  }
  EXPECT_THAT(scan_tree(node, wanted_files({Capability::kUtility}), "/run/mps").sockets, IsEmpty());
  EXPECT_THAT(scan_tree(node, wanted_files({Capability::kCompute}), "/run/other").sockets,
              IsEmpty());
}

TEST(DriverFiles, OfMpsAreNowhereWhereTheVariableIsNoPlainPath) {
  const DriverRootTree node("d run/mps\nd tmp/nvidia-mps\n");
  const std::pair<std::string, const char*> rows[] = {{"run/mps", "not absolute"},
                                                      {"/tmp/../run/mps", "'..'"},
                                                      {"/run/mps\n", "not plain text"},
                                                      {"/run/mps\xff", "not plain text"},
                                                      {std::string(5000, '/'), "longer"}};
  for (const auto& [place, why] : rows) {
    const auto found = scan_tree(node, wanted_files({Capability::kCompute}), place);
    EXPECT_THAT(found.sockets, IsEmpty()) << place.substr(0, 20);
    EXPECT_THAT(found.findings, Contains(Decides("CUDA_MPS_PIPE_DIRECTORY", "skipped", why)))
        << place.substr(0, 20);
  }
  WantedFiles pipes;
  pipes.sockets = {kMpsPipes};
  const auto found = scan_driver_files(*DriverRoot::open(HostPath("/")), pipes, "/.");
  EXPECT_THAT(found.sockets, IsEmpty());
  EXPECT_THAT(found.findings, ElementsAre(Decides("CUDA_MPS_PIPE_DIRECTORY", "skipped", "root")));
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
