// SPDX-License-Identifier: Apache-2.0
#include "core/engines/daemon_settings.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::FailsWith;

constexpr const char* kSettingsFile = "daemon.json";

TEST(DaemonSettings, AreThoseThatMatterForGpus) {
  const auto settings = parse_daemon_settings(R"({
    "runtimes": {"nvidia": {"path": "/usr/bin/n", "runtimeArgs": []},
                 "kata": {"runtimeType": "io.containerd.kata.v2"}, "odd": 7},
    "features": {"buildkit": true, "cdi": false},
    "cdi-spec-dirs": ["/a", "/b"], "pidfile": "/run/d.pid", "other": [1]})",
                                              kSettingsFile);
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(*settings, (DaemonSettings{.runtimes = {{"nvidia", "/usr/bin/n"}},
                                       .cdi = false,
                                       .cdi_directories = {"/a", "/b"},
                                       .pid_file = "/run/d.pid"}));
}

TEST(DaemonSettings, MayBeMissing) {
  for (const char* const text : {"", " \n", "{}", R"({"runtimes":null,"features":{}})"}) {
    EXPECT_EQ(parse_daemon_settings(text, kSettingsFile), DaemonSettings()) << text;
  }
}

TEST(DaemonSettings, OfAnotherTypeAreErrors) {
  const struct {
    const char* text;
    const char* operand;
  } kRows[] = {
      {"{", kSettingsFile},
      {"[]", kSettingsFile},
      {R"({"runtimes":[]})", "runtimes"},
      {R"({"runtimes":{"nvidia":{"path":7}}})", "nvidia.path"},
      {R"({"features":{"cdi":"yes"}})", "features.cdi"},
      {R"({"cdi-spec-dirs":"/a"})", "cdi-spec-dirs"},
      {R"({"pidfile":7})", "pidfile"},
  };
  for (const auto& row : kRows) {
    EXPECT_THAT(parse_daemon_settings(row.text, kSettingsFile),
                FailsWith(ErrorCode::kInvalidRequest, row.operand))
        << row.text;
  }
}

TEST(PathOfRuntime, IsThatOfTheName) {
  const RuntimePaths runtimes = {{"a", "/a"}, {"nvidia", "/n"}};
  EXPECT_EQ(path_of_runtime(runtimes, "nvidia"), "/n");
  EXPECT_EQ(path_of_runtime(runtimes, "b"), std::nullopt);
}

}  // namespace
}  // namespace nvinject
