// SPDX-License-Identifier: Apache-2.0
#include "compat/docker/docker_program.h"

#include <gmock/gmock.h>

#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::DriverRootTree;
using nvinject::testing::FailsWith;
using ::testing::ElementsAre;

TEST(FindDocker, IsDockerOfPathByDefault) {
  const DriverRootTree node("x one/docker\nx two/docker\n");
  for (const char* const nv_docker : {"", "  ", "docker"}) {
    const auto docker = find_docker(nv_docker, "relative:" + node.tree().path("one"));
    ASSERT_TRUE(docker) << nv_docker;
    EXPECT_EQ(docker->path, node.tree().host("one/docker"));
    EXPECT_THAT(docker->words, ElementsAre("docker"));
  }
}

TEST(FindDocker, TakesTheWordsOfNvDocker) {
  const DriverRootTree node("x bin/sudo\nx other/podman\n");
  const auto by_name = find_docker(" sudo  -n\tdocker\n", node.tree().path("bin"));
  ASSERT_TRUE(by_name);
  EXPECT_EQ(by_name->path, node.tree().host("bin/sudo"));
  EXPECT_THAT(by_name->words, ElementsAre("sudo", "-n", "docker"));
  const std::string path = node.tree().path("other/podman");
  const auto by_path = find_docker(path + " --remote", "");
  ASSERT_TRUE(by_path);
  EXPECT_EQ(by_path->path, HostPath(path));
  EXPECT_THAT(by_path->words, ElementsAre(path, "--remote"));
}

TEST(FindDocker, SaysWhichIsNotThere) {
  const DriverRootTree node("t text \"\"\nl docker -> /proc/self/exe\n");
  EXPECT_THAT(find_docker("", "/absent"), FailsWith(ErrorCode::kNotFound, "'docker'"));
  EXPECT_THAT(find_docker("/absent/d", "/bin"), FailsWith(ErrorCode::kNotFound, "'/absent/d'"));
  EXPECT_THAT(find_docker(node.tree().path("text"), ""), FailsWith(ErrorCode::kNotFound, "text"));
  EXPECT_THAT(find_docker("", node.tree().path()), FailsWith(ErrorCode::kNotFound, "'docker'"))
      << "this program under another name";
  EXPECT_THAT(find_docker(node.tree().path("docker"), ""),
              FailsWith(ErrorCode::kNotFound, "docker"));
}

TEST(ShellLine, CanBePastedAndShown) {
  EXPECT_EQ(shell_line({"docker", "run", "--runtime=nvidia", "A=0,3"}),
            "docker run --runtime=nvidia A=0,3");
  EXPECT_EQ(shell_line({"sh", "-c", "echo $A", "", "it's"}), "sh -c 'echo $A' '' 'it'\\''s'");
  EXPECT_EQ(shell_line({"\x1b[31m"}), "'\\x1b[31m'");
}

}  // namespace
}  // namespace nvinject::compat
