// SPDX-License-Identifier: Apache-2.0
#include "core/os/program.h"

#include <gmock/gmock.h>

#include "tests/support/driver_root.h"

namespace nvinject {
namespace {

using testing::DriverRootTree;

// A name that no usual directory has.
constexpr const char* kName = "nvinject-test-program";

TEST(IsProgram, MeansAFileThatCanBeExecuted) {
  const DriverRootTree node("x program\nt text \"\"\nd directory\nl link -> program\n");
  EXPECT_TRUE(is_program(node.tree().host("program")));
  EXPECT_TRUE(is_program(node.tree().host("link")));
  for (const char* const other : {"text", "directory", "absent"}) {
    EXPECT_FALSE(is_program(node.tree().host(other))) << other;
  }
}

TEST(IsThisProgram, LooksThroughNames) {
  const DriverRootTree node("x other\nl link -> /proc/self/exe\n");
  EXPECT_TRUE(is_this_program(node.tree().host("link")));
  EXPECT_FALSE(is_this_program(node.tree().host("other")));
  EXPECT_FALSE(is_this_program(node.tree().host("absent")));
}

TEST(FindProgram, TakesTheFirstDirectoryThatHasIt) {
  const DriverRootTree node(std::string("t zero/") + kName + " \"\"\nx one/" + kName + "\nx two/" +
                            kName + "\n");
  const auto at = [&](const char* path) { return node.tree().path(path); };
  EXPECT_EQ(find_program(kName, at("zero") + ":" + at("one") + ":" + at("two")),
            HostPath(at("one") + "/" + kName));
  EXPECT_EQ(find_program(kName, at("two") + ":" + at("one")), HostPath(at("two") + "/" + kName));
  EXPECT_EQ(find_program(kName, at("zero")), std::nullopt);
  EXPECT_EQ(find_program(kName, ""), std::nullopt);
}

TEST(FindProgram, NeverLooksIntoTheCurrentDirectory) {
  const DriverRootTree node(std::string("x ") + kName + "\n");
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(node.tree().path());
  for (const char* const search_path : {"", ".", ":", "::", "../:.", "relative:./"}) {
    EXPECT_EQ(find_program(kName, search_path), std::nullopt) << search_path;
  }
  std::filesystem::current_path(before);
}

TEST(FindProgram, IsNeverThisOne) {
  const DriverRootTree node(std::string("l one/") + kName + " -> /proc/self/exe\nx two/" + kName +
                            "\n");
  EXPECT_EQ(find_program(kName, node.tree().path("one") + ":" + node.tree().path("two")),
            HostPath(node.tree().path("two") + "/" + kName));
}

TEST(FindBesideThisProgram, LooksWhereThisOneLies) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const HostPath path(self);
  EXPECT_EQ(find_beside_this_program(path.file_name()), path);
  EXPECT_EQ(find_beside_this_program(kName), std::nullopt);
}

}  // namespace
}  // namespace nvinject
