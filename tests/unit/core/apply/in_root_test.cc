// SPDX-License-Identifier: Apache-2.0
#include "core/apply/in_root.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/support/ld_cache_sample.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::Decides;
using testing::driver_step;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::image_ld_cache;
using testing::TempTree;

Decision merge_into(const TempTree& tree) {
  const auto root = ContainerRoot::open(tree.host());
  EXPECT_TRUE(root);
  Decisions decisions = apply_in_root(*root, {driver_step()});
  EXPECT_EQ(decisions.size(), 1U);
  EXPECT_EQ(decisions.front().subject, "/etc/ld.so.cache");
  return decisions.front();
}

TEST(ApplyInRoot, NoStepsDoNothing) {
  const TempTree tree;
  const auto root = ContainerRoot::open(tree.host());
  ASSERT_TRUE(root);
  EXPECT_TRUE(apply_in_root(*root, {}).empty());
}

TEST(ApplyInRoot, TheDriversLibrariesAreAddedToTheImagesCache) {
  const TempTree tree;
  tree.file("etc/ld.so.cache", image_ld_cache());
  EXPECT_EQ(merge_into(tree).choice, "merged");
  const auto cache = parse_ld_cache(tree.read("etc/ld.so.cache"));
  ASSERT_TRUE(cache);
  EXPECT_THAT(cache->entries, ElementsAre(Field(&LdCacheEntry::soname, "libcuda.so.1"),
                                          Field(&LdCacheEntry::soname, "libc.so.6")));
  EXPECT_EQ(cache->generator, "ldconfig (test)");
  EXPECT_EQ(tree.entries("etc"), 1U) << "no temporary file is left behind";
}

TEST(ApplyInRoot, ASecondTimeChangesNothing) {
  const TempTree tree;
  tree.file("etc/ld.so.cache", image_ld_cache());
  merge_into(tree);
  struct stat before{}, after{};
  ASSERT_EQ(::stat(tree.path("etc/ld.so.cache").c_str(), &before), 0);
  EXPECT_EQ(merge_into(tree).choice, "unchanged");
  ASSERT_EQ(::stat(tree.path("etc/ld.so.cache").c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
}

TEST(ApplyInRoot, OwnerAndModeAreKeptButNotSetIdBits) {
  const TempTree tree;
  tree.file("etc/ld.so.cache", image_ld_cache());
  const std::string path = tree.path("etc/ld.so.cache");
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    ASSERT_EQ(::chown(path.c_str(), 100000, 100001), 0);
  }
  ASSERT_EQ(::chmod(path.c_str(), 06754), 0);
  EXPECT_EQ(merge_into(tree).choice, "merged");
  struct stat facts{};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0754U);
  if (is_root) {
    EXPECT_EQ(facts.st_uid, 100000U);
    EXPECT_EQ(facts.st_gid, 100001U);
  }
}

TEST(ApplyInRoot, AnotherNameOfTheSameFileKeepsTheOldBytes) {
  const TempTree tree;
  tree.file("etc/ld.so.cache", image_ld_cache());
  std::filesystem::create_hard_link(tree.path("etc/ld.so.cache"), tree.path("other"));
  EXPECT_EQ(merge_into(tree).choice, "merged");
  EXPECT_EQ(tree.read("other"), image_ld_cache());
}

TEST(ApplyInRoot, WithoutACacheNoneIsMade) {
  const TempTree tree;
  EXPECT_EQ(merge_into(tree).reason, "the image has none");
  tree.directory("etc");
  EXPECT_EQ(merge_into(tree).reason, "the image has none");
  EXPECT_EQ(tree.entries("etc"), 0U);
}

TEST(ApplyInRoot, CompatibilityLibrariesThatNoCacheNamesAreSaidNotToBeUsed) {
  MergeLdCache step = driver_step();
  step.cuda_compat = ContainerPath("/usr/local/cuda/compat");
  const TempTree tree;
  const auto root = ContainerRoot::open(tree.host());
  ASSERT_TRUE(root);
  EXPECT_THAT(apply_in_root(*root, {step}),
              ElementsAre(Decides("/etc/ld.so.cache", "skipped", ""),
                          Decides("/usr/local/cuda/compat", "not used", "/etc/ld.so.cache")));
  tree.file("etc/ld.so.cache", image_ld_cache());
  EXPECT_THAT(apply_in_root(*root, {step}), ElementsAre(Decides("/etc/ld.so.cache", "merged", "")));
}

TEST(ApplyInRoot, AMalformedCacheStaysAsItIs) {
  for (const std::string& bytes :
       {std::string(), std::string("glibc-ld.so.cache1.1"), std::string(100000, 'x')}) {
    const TempTree tree;
    tree.file("etc/ld.so.cache", bytes);
    const Decision decision = merge_into(tree);
    EXPECT_EQ(decision.choice, "skipped");
    EXPECT_THAT(decision.reason, HasSubstr("parse ld.so.cache"));
    EXPECT_EQ(tree.read("etc/ld.so.cache"), bytes);
  }
}

}  // namespace
}  // namespace nvinject
