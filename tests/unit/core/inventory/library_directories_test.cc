// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/library_directories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace nvinject {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::Not;
using ::testing::StartsWith;

TEST(LibraryDirectories, AreTheOnesOfEveryDistribution) {
  for (const char* directory : {"/usr/lib64", "/usr/lib", "/lib64"}) {
    EXPECT_THAT(library_directories(), Contains(directory));
  }
  EXPECT_THAT(library_directories_32(), Not(Contains("/usr/lib64")));
  EXPECT_THAT(loader_paths(), Each(StartsWith("/")));
}

TEST(LibraryDirectories, TheLoaderOfThisProgramIsAmongThem) {
  bool found = false;
  for (const std::string& path : loader_paths()) found = found || std::filesystem::exists(path);
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace nvinject
