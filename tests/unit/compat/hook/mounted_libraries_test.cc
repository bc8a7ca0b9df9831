// SPDX-License-Identifier: Apache-2.0
#include "compat/hook/mounted_libraries.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::Succeeds;
using nvinject::testing::TempTree;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FindMounts, TakesThoseOfTheNames) {
  const auto spec = parse_json(R"({"mounts": [
      {"destination": "/proc", "type": "proc"},
      {"destination": "/usr/lib64/libcuda.so.1"},
      {"destination": "/usr/lib64/libnvidia-ml.so.1"},
      {"destination": "/opt/libcuda.so"},
      {"destination": "relative/libcuda.so.1"},
      {"destination": "libcuda.so.1"},
      {"destination": "/nul/\u0000/libcuda.so.1"},
      {"destination": ""}, {"destination": null}, {},
      {"destination": "/usr/lib/x86_64-linux-gnu/libcuda.so.1"}]})",
                               "");
  ASSERT_THAT(spec, Succeeds());
  const auto found = find_mounts(*spec, {"libcuda.so.1", "libcuda.so"});
  ASSERT_THAT(found, Succeeds());
  EXPECT_THAT(*found, ElementsAre(ContainerPath("/usr/lib64/libcuda.so.1"),
                                  ContainerPath("/opt/libcuda.so"),
                                  ContainerPath("/usr/lib/x86_64-linux-gnu/libcuda.so.1")));
  EXPECT_THAT(find_mounts(*spec, {})->size(), 0U);
}

TEST(FindMounts, NoMountsAreNone) {
  EXPECT_THAT(*find_mounts(*parse_json("{}", ""), {"libcuda.so.1"}), IsEmpty());
  EXPECT_THAT(*find_mounts(*parse_json(R"({"mounts": null})", ""), {"libcuda.so.1"}), IsEmpty());
}

TEST(FindMounts, AMalformedSpecIsRefused) {
  for (const char* const spec :
       {R"({"mounts": {}})", R"({"mounts": [1]})", R"({"mounts": [{"destination": []}]})"}) {
    EXPECT_THAT(find_mounts(*parse_json(spec, ""), {"libcuda.so.1"}),
                FailsWith(ErrorCode::kInvalidRequest, "mounts"))
        << spec;
  }
}

class MakeCacheEntries : public ::testing::Test {
 protected:
  std::vector<std::string> entries(const std::vector<std::string>& destinations,
                                   const ImageFacts& image) const {
    const auto root = ContainerRoot::open(tree_.host());
    EXPECT_THAT(root, Succeeds());
    const std::vector<ContainerPath> paths = [&] {
      std::vector<ContainerPath> typed;
      for (const std::string& destination : destinations) typed.emplace_back(destination);
      return typed;
    }();
    std::vector<std::string> texts;
    for (const LdCacheEntry& entry : make_cache_entries(paths, image, *root)) {
      const bool is_64 = entry.flags == native_ld_cache_flags();
      EXPECT_TRUE(is_64 || entry.flags == native_ld_cache_flags_32());
      texts.push_back(entry.soname + (is_64 ? " 64 " : " 32 ") + entry.path);
    }
    return texts;
  }
  static ImageFacts image(const char* libc, const char* libc_32 = nullptr) {
    ImageFacts facts{.known = true, .libc_directory = ContainerPath(libc), .has_ld_cache = true};
    if (libc_32 != nullptr) facts.libc_directory_32 = ContainerPath(libc_32);
    return facts;
  }

  TempTree tree_;
};

TEST_F(MakeCacheEntries, AreThoseBesideTheImagesLibc) {
  tree_.directory("usr/lib/multiarch");
  tree_.directory("usr/lib64");
  EXPECT_THAT(entries({"/usr/lib/multiarch/libcuda.so.1", "/usr/lib64/libcuda.so.1",
                       "/usr/lib/multiarch/libcuda.so", "/usr/local/nvidia/lib64/libcuda.so.1"},
                      image("/usr/lib/multiarch")),
              ElementsAre("libcuda.so.1 64 /usr/lib/multiarch/libcuda.so.1",
                          "libcuda.so 64 /usr/lib/multiarch/libcuda.so"));
}

TEST_F(MakeCacheEntries, LinksOfTheImageMeanItsOwnRoot) {
  tree_.directory("usr/lib");
  tree_.link("usr/lib64", "/usr/lib");
  tree_.link("lib64", "../../../usr/lib");
  EXPECT_THAT(
      entries({"/usr/lib64/libcuda.so.1", "/lib64/libcuda.so.1", "/usr/lib//./libcuda.so.1"},
              image("/usr/lib")),
      ElementsAre("libcuda.so.1 64 /usr/lib/libcuda.so.1"))
      << "Arch, and each place once";
}

TEST_F(MakeCacheEntries, BeforeTheMergedUsrTheSameDirectoryBelowUsrCounts) {
  tree_.directory("lib/multiarch");
  tree_.directory("usr/lib/multiarch");
  EXPECT_THAT(entries({"/usr/lib/multiarch/libcuda.so.1"}, image("/lib/multiarch")),
              ElementsAre("libcuda.so.1 64 /usr/lib/multiarch/libcuda.so.1"));
  EXPECT_THAT(entries({"/usr/lib/multiarch/libcuda.so.1", "/lib/multiarch/libcuda.so.1"},
                      image("/lib/multiarch")),
              ElementsAre("libcuda.so.1 64 /lib/multiarch/libcuda.so.1",
                          "libcuda.so.1 64 /usr/lib/multiarch/libcuda.so.1"))
      << "beside the libc first";
}

TEST_F(MakeCacheEntries, EachKindOfLibraryHasItsDirectory) {
  tree_.directory("usr/lib/64");
  tree_.directory("usr/lib/32");
  EXPECT_THAT(entries({"/usr/lib/32/libcuda.so.1", "/usr/lib/64/libcuda.so.1"},
                      image("/usr/lib/64", "/usr/lib/32")),
              ElementsAre("libcuda.so.1 64 /usr/lib/64/libcuda.so.1",
                          "libcuda.so.1 32 /usr/lib/32/libcuda.so.1"));
  EXPECT_THAT(
      entries({"/usr/lib/32/libcuda.so.1", "/usr/lib/64/libcuda.so.1"}, image("/usr/lib/64")),
      ElementsAre("libcuda.so.1 64 /usr/lib/64/libcuda.so.1"));
}

TEST_F(MakeCacheEntries, WithoutALibcOrADirectoryThereAreNone) {
  EXPECT_THAT(entries({"/usr/lib64/libcuda.so.1"}, image("/usr/lib64")), IsEmpty());
  tree_.directory("usr/lib64");
  EXPECT_THAT(entries({"/usr/lib64/libcuda.so.1"}, {.known = true}), IsEmpty());
  EXPECT_THAT(entries({"/libcuda.so.1"}, image("/usr/lib64")), IsEmpty());
}

}  // namespace
}  // namespace nvinject::compat
