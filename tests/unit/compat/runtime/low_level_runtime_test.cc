// SPDX-License-Identifier: Apache-2.0
#include "compat/runtime/low_level_runtime.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::DriverRootTree;
using nvinject::testing::FailsWith;

// A name that no usual directory has.
constexpr const char* kName = "nvinject-test-runc";

TEST(LowLevelRuntime, IsTheFirstCandidateThatIsAProgram) {
  const DriverRootTree node("x a/first\nx a/second\nt a/text \"\"\nd a/directory\n");
  const auto at = [&](const char* path) { return node.tree().path(path); };
  EXPECT_EQ(*find_low_level_runtime({at("a/first"), at("a/second")}, ""), HostPath(at("a/first")));
  EXPECT_EQ(*find_low_level_runtime(
                {"", at("a/absent"), at("a/text"), at("a/directory"), at("a/second")}, ""),
            HostPath(at("a/second")));
}

TEST(LowLevelRuntime, WithoutASlashIsSearchedInPath) {
  const DriverRootTree node(std::string("x one/") + kName + "\nx two/" + kName + "\nx two/other\n");
  const std::string one = node.tree().path("one");
  const std::string two = node.tree().path("two");
  EXPECT_EQ(*find_low_level_runtime({kName}, one + ":" + two), HostPath(one + "/" + kName));
  EXPECT_EQ(*find_low_level_runtime({kName}, "/absent:" + two), HostPath(two + "/" + kName));
  EXPECT_EQ(*find_low_level_runtime({"other", kName}, one + ":" + two), HostPath(two + "/other"))
      << "the order of candidates counts before that of directories";
}

TEST(LowLevelRuntime, IsNeverSearchedInTheCurrentDirectory) {
  const DriverRootTree node(std::string("x ") + kName + "\n");
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(node.tree().path());
  for (const char* const search_path : {"", ".", ":", "::", "relative:."}) {
    EXPECT_THAT(find_low_level_runtime({kName}, search_path),
                FailsWith(ErrorCode::kNotFound, kName))
        << search_path;
  }
  std::filesystem::current_path(before);
}

TEST(LowLevelRuntime, IsFoundInTheUsualDirectoriesWithoutPath) {
  EXPECT_EQ(*find_low_level_runtime({"sh"}, ""), HostPath("/usr/bin/sh"));
}

TEST(LowLevelRuntime, IsNeverThisProgramUnderAnyName) {
  const DriverRootTree node(std::string("l one/") + kName + " -> /proc/self/exe\nx two/" + kName +
                            "\n");
  const std::string search_path = node.tree().path("one") + ":" + node.tree().path("two");
  EXPECT_EQ(*find_low_level_runtime({kName}, search_path),
            HostPath(node.tree().path("two") + "/" + kName));
  EXPECT_THAT(find_low_level_runtime({node.tree().path("one/") + kName}, ""),
              FailsWith(ErrorCode::kNotFound, kName));
}

TEST(LowLevelRuntime, ThatIsMissingIsNamedWithTheKey) {
  EXPECT_THAT(find_low_level_runtime({"absent-a", "absent-b"}, ""),
              FailsWith(ErrorCode::kNotFound, "'absent-a,absent-b'"));
  EXPECT_THAT(find_low_level_runtime({}, "/bin"),
              FailsWith(ErrorCode::kNotFound, "nvidia-container-runtime.runtimes"));
}

}  // namespace
}  // namespace nvinject::compat
