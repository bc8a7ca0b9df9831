// SPDX-License-Identifier: Apache-2.0
#include "core/plan/library_layout.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"

namespace nvinject {
namespace {

using ::testing::Contains;
using testing::Decides;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::sample_library;

constexpr const char* kVersion = "550.163.01";

ImageFacts glibc_image() {
  ImageFacts image;
  image.known = true;
  image.libc_directory = ContainerPath("/usr/lib/x86_64-linux-gnu");
  image.has_ld_cache = true;
  image.libc = "glibc";
  return image;
}

ImageFacts musl_image() {
  ImageFacts image;
  image.known = true;
  image.libc = "musl";
  return image;
}

std::vector<std::string> destinations(const LibraryLayout& layout) {
  std::vector<std::string> paths;
  for (const PlannedMount& mount : layout.mounts) paths.push_back(mount.destination.string());
  return paths;
}

TEST(LibraryLayout, PutsLibrariesBesideTheImagesLibc) {
  const auto layout = lay_out_libraries({sample_library("libnvidia-ml", "libnvidia-ml.so.1")},
                                        kVersion, glibc_image());
  ASSERT_EQ(layout.mounts.size(), 1U);
  EXPECT_EQ(layout.mounts[0].source, HostPath("/usr/lib64/libnvidia-ml.so.550.163.01"));
  EXPECT_EQ(layout.mounts[0].destination,
            ContainerPath("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"));
  EXPECT_EQ(layout.mounts[0].need, Need::kRequired);
  EXPECT_THAT(layout.env, IsEmpty()) << "the loader looks there anyway";
  EXPECT_THAT(layout.decisions,
              ElementsAre(Decides("library directory", "/usr/lib/x86_64-linux-gnu", "libc.so.6")));
}

TEST(LibraryLayout, NamesTheVeryFileThatWasLookedInto) {
  Library library = sample_library("libnvidia-ml", "libnvidia-ml.so.1");
  library.identity = FileIdentity{.device = 5, .inode = 7};
  const auto layout = lay_out_libraries({library}, kVersion, glibc_image());
  EXPECT_THAT(layout.mounts, Each(Field(&PlannedMount::identity, library.identity)));
}

TEST(LibraryLayout, MountsReadOnlyAndPrivate) {
  const auto layout =
      lay_out_libraries({sample_library("libcuda", "libcuda.so.1")}, kVersion, glibc_image());
  for (const PlannedMount& mount : layout.mounts) {
    EXPECT_THAT(mount.options, ElementsAre("ro", "nosuid", "nodev", "bind", "rprivate"));
  }
}

TEST(LibraryLayout, GivesALibraryEveryNameUnderWhichItIsAskedFor) {
  const auto names = [](const Library& library) {
    std::vector<std::string> found;
    for (const PlannedMount& mount : lay_out_libraries({library}, kVersion, glibc_image()).mounts) {
      found.emplace_back(mount.destination.file_name());
    }
    return found;
  };
  EXPECT_THAT(names(sample_library("libcuda", "libcuda.so.1")),
              ElementsAre("libcuda.so.1", "libcuda.so"));
  EXPECT_THAT(names(sample_library("libnvidia-nvvm", "libnvidia-nvvm.so.4")),
              ElementsAre("libnvidia-nvvm.so.4", "libnvidia-nvvm.so.550.163.01"));
  EXPECT_THAT(names(sample_library("libGLX_nvidia", "libGLX_nvidia.so.0")),
              ElementsAre("libGLX_nvidia.so.0", "libGLX_indirect.so.0"));
  EXPECT_THAT(names(sample_library("libnvidia-nvvm", "libnvidia-nvvm.so.550.163.01")),
              ElementsAre("libnvidia-nvvm.so.550.163.01"))
      << "no name twice";
  EXPECT_THAT(names(sample_library("libunknown", "libunknown.so.1")),
              ElementsAre("libunknown.so.1"));
}

TEST(LibraryLayout, TellsTheCacheEveryName) {
  const auto layout =
      lay_out_libraries({sample_library("libcuda", "libcuda.so.1")}, kVersion, glibc_image());
  EXPECT_THAT(layout.ld_cache_entries,
              ElementsAre(LdCacheEntry{.flags = native_ld_cache_flags(),
                                       .soname = "libcuda.so.1",
                                       .path = "/usr/lib/x86_64-linux-gnu/libcuda.so.1"},
                          LdCacheEntry{.flags = native_ld_cache_flags(),
                                       .soname = "libcuda.so",
                                       .path = "/usr/lib/x86_64-linux-gnu/libcuda.so"}));
}

TEST(LibraryLayout, UsesADirectoryOfItsOwnWhereTheImageHasNoGlibc) {
  const auto layout = lay_out_libraries({sample_library("libnvidia-ml", "libnvidia-ml.so.1")},
                                        kVersion, musl_image());
  EXPECT_THAT(destinations(layout), ElementsAre("/usr/local/nvidia/lib64/libnvidia-ml.so.1"));
  EXPECT_THAT(layout.env, ElementsAre(PlannedEnv{.name = "LD_LIBRARY_PATH",
                                                 .append = {"/usr/local/nvidia/lib64"}}));
  EXPECT_THAT(layout.ld_cache_entries, IsEmpty());
  EXPECT_THAT(layout.decisions,
              ElementsAre(Decides("library directory", "/usr/local/nvidia/lib64", "musl")));
}

TEST(LibraryLayout, CoversEveryDistributionWhereNobodyLookedAtTheImage) {
  const auto layout = lay_out_libraries({sample_library("libnvidia-nvvm", "libnvidia-nvvm.so.4")},
                                        kVersion, ImageFacts{});
  EXPECT_THAT(
      destinations(layout),
      ElementsAre("/usr/lib/x86_64-linux-gnu/libnvidia-nvvm.so.4",
                  "/usr/lib/x86_64-linux-gnu/libnvidia-nvvm.so.550.163.01",
                  "/usr/lib64/libnvidia-nvvm.so.4", "/usr/lib64/libnvidia-nvvm.so.550.163.01"));
  EXPECT_THAT(layout.env, IsEmpty());
  EXPECT_THAT(layout.ld_cache_entries, IsEmpty()) << "nobody could write it";
  EXPECT_THAT(layout.decisions, ElementsAre(Decides("library directory", "several", "")));
}

TEST(LibraryLayout, PutsWhatTritonLooksForIntoTheSearchPathToo) {
  const auto layout = lay_out_libraries({sample_library("libcuda", "libcuda.so.1"),
                                         sample_library("libnvidia-ml", "libnvidia-ml.so.1")},
                                        kVersion, ImageFacts{});
  for (const char* const name : {"libcuda.so.1", "libcuda.so", "libnvidia-ml.so.1"}) {
    EXPECT_THAT(destinations(layout), Contains(std::string("/usr/local/nvidia/lib64/") + name));
  }
  EXPECT_THAT(layout.env, ElementsAre(PlannedEnv{.name = "LD_LIBRARY_PATH",
                                                 .append = {"/usr/local/nvidia/lib64"}}))
      << "once";
}

TEST(LibraryLayout, LeavesTheSearchPathAloneWhereAHookMakesTheCacheRight) {
  const auto layout = lay_out_libraries({sample_library("libcuda", "libcuda.so.1")}, kVersion,
                                        ImageFacts{}, LdCachePolicy::kByHook);
  EXPECT_THAT(layout.env, IsEmpty());
  EXPECT_THAT(destinations(layout), Not(Contains(HasSubstr("/usr/local/nvidia"))));
}

TEST(LibraryLayout, Puts32BitLibrariesBesideTheir32BitLibc) {
  ImageFacts image = glibc_image();
  const Library library = sample_library("libcuda", "libcuda.so.1", ElfClass::k32);
  image.libc_directory_32 = ContainerPath("/usr/lib/i386-linux-gnu");
  const auto layout = lay_out_libraries({library}, kVersion, image);
  EXPECT_THAT(destinations(layout), ElementsAre("/usr/lib/i386-linux-gnu/libcuda.so.1",
                                                "/usr/lib/i386-linux-gnu/libcuda.so"));
  EXPECT_THAT(layout.ld_cache_entries,
              Each(Field(&LdCacheEntry::flags, native_ld_cache_flags_32())));
}

TEST(LibraryLayout, Puts32BitLibrariesAsideWhereTheImageHasNo32BitLibc) {
  const Library library = sample_library("libcuda", "libcuda.so.1", ElfClass::k32);
  for (const ImageFacts& image : {ImageFacts{}, glibc_image(), musl_image()}) {
    const auto layout = lay_out_libraries({library}, kVersion, image);
    EXPECT_THAT(destinations(layout), ElementsAre("/usr/local/nvidia/lib/libcuda.so.1",
                                                  "/usr/local/nvidia/lib/libcuda.so"));
    EXPECT_THAT(layout.env, ElementsAre(PlannedEnv{.name = "LD_LIBRARY_PATH",
                                                   .append = {"/usr/local/nvidia/lib"}}));
  }
}

TEST(LibraryLayout, NeverNamesADestinationTwice) {
  for (const ImageFacts& image : {ImageFacts{}, glibc_image(), musl_image()}) {
    std::vector<std::string> paths =
        destinations(lay_out_libraries(testing::sample_inventory().libraries, kVersion, image));
    std::sort(paths.begin(), paths.end());
    EXPECT_EQ(std::adjacent_find(paths.begin(), paths.end()), paths.end());
  }
}

TEST(LibraryLayout, OfNothingIsNothing) {
  const auto layout = lay_out_libraries({}, kVersion, ImageFacts{});
  EXPECT_THAT(layout.mounts, IsEmpty());
  EXPECT_THAT(layout.env, IsEmpty());
  EXPECT_THAT(layout.decisions, IsEmpty());
}

}  // namespace
}  // namespace nvinject
