// SPDX-License-Identifier: Apache-2.0
#include "core/os/trusted_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "core/os/file.h"
#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::DriverRootTree;
using testing::FailsWith;
using testing::Succeeds;

Result<void> check(const DriverRootTree& node, const char* path, TrustedKind kind) {
  const auto fd = open_file(node.tree().host(path), O_PATH);
  EXPECT_THAT(fd, Succeeds());
  return check_trusted(fd->get(), path, kind);
}

TEST(TrustedFile, IsOfTheKindThatIsWanted) {
  const DriverRootTree node("t file \"\"\nx program\ns socket\nd directory\n");
  using enum TrustedKind;
  EXPECT_THAT(check(node, "file", kRegularFile), Succeeds());
  EXPECT_THAT(check(node, "program", kRegularFile), Succeeds());
  EXPECT_THAT(check(node, "program", kProgram), Succeeds());
  EXPECT_THAT(check(node, "socket", kSocketOrDirectory), Succeeds());
  EXPECT_THAT(check(node, "directory", kSocketOrDirectory), Succeeds());
  for (const auto& [path, kind] : std::vector<std::pair<const char*, TrustedKind>>{
           {"file", kProgram},
           {"directory", kRegularFile},
           {"directory", kProgram},
           {"socket", kRegularFile},
           {"file", kSocketOrDirectory},
       }) {
    EXPECT_THAT(check(node, path, kind), FailsWith(ErrorCode::kUnavailable, "kind")) << path;
  }
}

TEST(TrustedFile, IsWritableByItsOwnerOnly) {
  using enum TrustedKind;
  for (const char* const mode : {"0646", "0777"}) {
    const DriverRootTree node(std::string("x file mode=") + mode + "\n");
    EXPECT_THAT(check(node, "file", kRegularFile),
                FailsWith(ErrorCode::kUnavailable, "writable by others"))
        << mode;
  }
  // As a umask of 002 leaves it: fine where the group is root's.
  const DriverRootTree group("x file mode=0664\n");
  const Result<void> checked = check(group, "file", kRegularFile);
  EXPECT_EQ(checked.has_value(), ::getegid() == 0);
  const DriverRootTree sticky("d directory\n");
  ASSERT_EQ(::chmod(sticky.tree().path("directory").c_str(), 01777), 0);
  EXPECT_THAT(check(sticky, "directory", kSocketOrDirectory),
              FailsWith(ErrorCode::kUnavailable, "writable by others"));
}

TEST(TrustedFile, MayBeASocketThatEverybodyWritesTo) {
  const DriverRootTree node("s socket\n");
  ASSERT_EQ(::chmod(node.tree().path("socket").c_str(), 0777), 0);
  EXPECT_THAT(check(node, "socket", TrustedKind::kSocketOrDirectory), Succeeds());
}

TEST(TrustedFile, BelongsToRootOrToThisUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to give files away";
  const DriverRootTree node("x file uid=1000\n");
  EXPECT_THAT(check(node, "file", TrustedKind::kRegularFile),
              FailsWith(ErrorCode::kUnavailable, "user 1000"));
}

}  // namespace
}  // namespace nvinject
