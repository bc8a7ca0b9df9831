// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/libraries.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>

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
using ::testing::Not;

constexpr const char* kDebian = "/usr/lib/x86_64-linux-gnu/";

struct Scan {
  FoundLibraries found;
  std::string version;
};

Scan scan_for(const DriverRootTree& node, const WantedFiles& wanted,
              std::string version = "999.88.77", std::string_view driver_below = "") {
  const Roots roots = node.roots(driver_below);
  const auto root = DriverRoot::open(roots.driver);
  Scan scan{{}, std::move(version)};
  scan.found = scan_libraries(roots, *root, wanted, scan.version);
  return scan;
}

WantedFiles want(std::vector<WantedLibrary> libraries) {
  WantedFiles wanted;
  wanted.libraries = std::move(libraries);
  return wanted;
}

std::vector<std::string> sonames(const FoundLibraries& found) {
  std::vector<std::string> names;
  for (const Library& library : found.libraries) names.push_back(library.soname);
  return names;
}

TEST(ScanLibraries, ResolvesDebiansAlternativesInsideTheDriverRoot) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const auto scan = scan_for(node, want({{"libcuda", {}}}));
  ASSERT_EQ(scan.found.libraries.size(), 1U);
  const Library& library = scan.found.libraries[0];
  EXPECT_EQ(library.name, "libcuda");
  EXPECT_EQ(library.soname, "libcuda.so.1");
  EXPECT_EQ(library.elf_class, ElfClass::k64);
  EXPECT_EQ(library.host_path,
            node.tree().host("usr/lib/x86_64-linux-gnu/nvidia/current/libcuda.so.999.88.77"));
  struct stat facts{};
  ASSERT_EQ(::stat(library.host_path.c_str(), &facts), 0);
  EXPECT_EQ(library.identity, (FileIdentity{.device = facts.st_dev, .inode = facts.st_ino}));
}

TEST(ScanLibraries, FindsEveryLibraryOfADebianDriver) {
  const auto node = DriverRootTree::from_fixture("debian-550");
  const auto scan = scan_for(node, wanted_files(CapabilitySet::all()));
  EXPECT_EQ(scan.found.libraries.size(), 20U);
  EXPECT_THAT(scan.found.findings,
              Contains(Decides("libraries", "missing", "libnvidia-nscq")).Times(1));
  EXPECT_THAT(scan.found.findings, ::testing::Each(::testing::Field(&Decision::choice, "missing")))
      << "nothing of a sound driver is skipped";
}

TEST(ScanLibraries, LooksIntoTheUsualDirectoriesWhereTheCacheListsNothing) {
  const auto node = DriverRootTree::from_fixture("rhel");
  const auto scan = scan_for(node, wanted_files(CapabilitySet::all()));
  EXPECT_THAT(sonames(scan.found), Contains("libcuda.so.1"));
  EXPECT_THAT(sonames(scan.found), Contains("libvdpau_nvidia.so.1")) << "in a plugin directory";
  EXPECT_THAT(sonames(scan.found), Contains("libnvidia-nvvm70.so.4"))
      << "a library with a version of its own";
  for (const Library& library : scan.found.libraries) {
    EXPECT_TRUE(library.host_path.string().starts_with(node.tree().path("usr/lib64")))
        << library.host_path.string();
  }
}

TEST(ScanLibraries, KeepsTheOrderInWhichTheyAreWanted) {
  const auto node = DriverRootTree::from_fixture("rhel");
  const auto scan =
      scan_for(node, want({{"libnvidia-ml", {}}, {"libcuda", {}}, {"libnvidia-cfg", {}}}));
  EXPECT_THAT(sonames(scan.found),
              ElementsAre("libnvidia-ml.so.1", "libcuda.so.1", "libnvidia-cfg.so.1"));
}

TEST(ScanLibraries, NeverMixesDriverVersions) {
  const auto node = DriverRootTree::from_fixture("mixed-versions");
  const auto scan = scan_for(node, wanted_files(CapabilitySet::all()));
  for (const Library& library : scan.found.libraries) {
    EXPECT_TRUE(library.host_path.string().ends_with(".999.88.77")) << library.host_path.string();
  }
  EXPECT_THAT(scan.found.findings, Contains(Decides(std::string(kDebian) + "libcuda.so.888.77.66",
                                                    "skipped", "not of driver version 999.88.77")));
  EXPECT_THAT(sonames(scan.found), Not(Contains("libnvidia-opencl.so.1")))
      << "only the old version has it";
}

TEST(ScanLibraries, WithoutAKernelModuleTheFirstLibraryOfTheCacheTellsTheVersion) {
  const auto node = DriverRootTree::from_fixture("mixed-versions");
  const auto scan = scan_for(node, want({{"libnvidia-ml", {}}, {"libcuda", {}}}), "");
  EXPECT_EQ(scan.version, "888.77.66");
  ASSERT_EQ(scan.found.libraries.size(), 2U);
  for (const Library& library : scan.found.libraries) {
    EXPECT_TRUE(library.host_path.string().ends_with(".888.77.66")) << library.host_path.string();
  }
}

TEST(ScanLibraries, AFileThatIsRefusedTellsNoVersion) {
  const DriverRootTree node(
      "t usr/lib/x86_64-linux-gnu/libnvidia-ml.so.888.1 \"garbage\"\n"
      "cache libnvidia-ml.so.1 => /usr/lib/x86_64-linux-gnu/libnvidia-ml.so.888.1\n"
      "f usr/lib/x86_64-linux-gnu/libcuda.so.999.88.77 soname=libcuda.so.1\n"
      "cache libcuda.so.1 => /usr/lib/x86_64-linux-gnu/libcuda.so.999.88.77\n");
  const auto scan = scan_for(node, want({{"libnvidia-ml", {}}, {"libcuda", {}}}), "");
  EXPECT_EQ(scan.version, "999.88.77");
  EXPECT_THAT(sonames(scan.found), ElementsAre("libcuda.so.1"));
}

TEST(ScanLibraries, BringsThe32BitBuildsOnlyWhenWanted) {
  const auto node = DriverRootTree::from_fixture("mixed-versions");
  WantedFiles wanted = want({{"libcuda", {}}});
  EXPECT_EQ(scan_for(node, wanted).found.libraries.size(), 1U);
  wanted.libraries_32 = true;
  const auto scan = scan_for(node, wanted);
  ASSERT_EQ(scan.found.libraries.size(), 2U);
  EXPECT_EQ(scan.found.libraries[0].elf_class, ElfClass::k64);
  EXPECT_EQ(scan.found.libraries[1].elf_class, ElfClass::k32);
  EXPECT_EQ(scan.found.libraries[1].host_path,
            node.tree().host("usr/lib/i386-linux-gnu/libcuda.so.999.88.77"));
}

TEST(ScanLibraries, BelievesNoFileOfAHostileRoot) {
  const auto node = DriverRootTree::from_fixture("hostile");
  const auto scan = scan_for(node, wanted_files(CapabilitySet::all()));
  const bool root = ::geteuid() == 0;
  std::vector<std::string> believed = {"libcuda.so.1"};
  if (!root) believed.emplace_back("libnvcuvid.so.1");  // then it is our own file
  EXPECT_EQ(sonames(scan.found), believed);
  struct Row {
    const char* file;
    const char* reason;
  };
  std::vector<Row> rows = {
      {"libnvidia-ml", "ELF"},
      {"libnvidia-cfg", "ELF"},
      {"libnvidia-ptxjitcompiler", "another machine (ELF machine 243)"},
      {"libnvidia-opencl", "another machine"},
      {"libnvidia-nvvm", "SONAME is 'libc.so.6'"},
      {"libnvidia-allocator", "SONAME is ''"},
      {"libnvidia-gpucomp", "writable by others"},
      {"libnvidia-ngx", "not a file of the expected kind"},
  };
  if (root) rows.push_back({"libnvcuvid", "belongs to user 1000"});
  for (const Row& row : rows) {
    const std::string subject = std::string(kDebian) + row.file + ".so.999.88.77";
    EXPECT_THAT(scan.found.findings, Contains(Decides(subject, "skipped", row.reason)));
  }
  EXPECT_THAT(scan.found.findings,
              Contains(Decides(std::string(kDebian) + "libnvidia-encode.so.999.88.77", "skipped",
                               "symbolic links")))
      << "two links in a circle";
}

TEST(ScanLibraries, TakesNoRelativePathOfTheCache) {
  const DriverRootTree node(
      "f opt/libcuda.so.999.88.77 soname=libcuda.so.1\n"
      "cache libcuda.so.1 => opt/libcuda.so.999.88.77\n");
  EXPECT_THAT(scan_for(node, want({{"libcuda", {}}})).found.libraries, IsEmpty());
}

TEST(ScanLibraries, FindsADriverContainerBelowItsOwnRoot) {
  const DriverRootTree node(
      "f run/nvidia/driver/usr/lib64/libcuda.so.999.88.77 soname=libcuda.so.1\n"
      "l run/nvidia/driver/lib64 -> /usr/lib64\n"
      "f usr/lib64/libnvidia-ml.so.999.88.77 soname=libnvidia-ml.so.1\n");
  const auto scan = scan_for(node, want({{"libcuda", {}}, {"libnvidia-ml", {}}}), "999.88.77",
                             "run/nvidia/driver");
  EXPECT_THAT(sonames(scan.found), ElementsAre("libcuda.so.1"));
}

TEST(ScanLibraries, ReadsTheCacheThatTheConfigNames) {
  const DriverRootTree node(
      "f opt/driver/libcuda.so.999.88.77 soname=libcuda.so.1\n"
      "cache libcuda.so.1 => /opt/driver/libcuda.so.999.88.77\n"
      "l opt/cache -> /etc/ld.so.cache\n"
      "t opt/broken \"no cache\"\n");
  Roots roots = node.roots();
  const auto root = DriverRoot::open(roots.driver);
  std::string version = "999.88.77";
  roots.ld_cache = "/opt/cache";
  EXPECT_THAT(sonames(scan_libraries(roots, *root, want({{"libcuda", {}}}), version)),
              ElementsAre("libcuda.so.1"));
  roots.ld_cache = "/opt/broken";
  const auto found = scan_libraries(roots, *root, want({{"libcuda", {}}}), version);
  EXPECT_THAT(found.libraries, IsEmpty());
  EXPECT_THAT(found.findings, Contains(::testing::Field(&Decision::subject, "/opt/broken")));
}

TEST(ScanLibraries, OfAnEmptyRootAreNoneInOneLine) {
  const DriverRootTree node("d etc\n");
  const auto scan = scan_for(node, wanted_files({Capability::kCompute}));
  EXPECT_THAT(scan.found.libraries, IsEmpty());
  EXPECT_THAT(scan.found.findings, Contains(Decides("libraries", "missing", "none found")));
}

}  // namespace
}  // namespace nvinject
