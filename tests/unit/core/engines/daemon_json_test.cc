// SPDX-License-Identifier: Apache-2.0
#include "core/engines/daemon_json.h"

#include <gmock/gmock.h>

#include "core/json/json.h"
#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::FailsWith;

constexpr const char* kFile = "daemon.json";
constexpr const char* kPath = "/usr/bin/nvidia-container-runtime";

DockerEntry entry(DefaultRuntime default_runtime = DefaultRuntime::kLeave,
                  DockerCdi cdi = DockerCdi::kLeave) {
  return {.path = kPath, .default_runtime = default_runtime, .cdi = cdi};
}

std::string added(std::string_view text, const DockerEntry& wanted) {
  const auto edited = add_to_daemon_json(text, kFile, wanted);
  EXPECT_TRUE(edited) << edited.error().message;
  return edited.value_or("");
}

std::string removed(std::string_view text, const DockerEntry& wanted) {
  const auto edited = remove_from_daemon_json(text, kFile, wanted);
  EXPECT_TRUE(edited) << edited.error().message;
  return edited.value_or("");
}

constexpr const char* kNew = R"({
    "runtimes": {
        "nvidia": {
            "path": "/usr/bin/nvidia-container-runtime",
            "runtimeArgs": []
        }
    }
}
)";

TEST(DaemonJson, IsNewWhereThereWasNone) {
  for (const char* const nothing : {"", "\n", " \t\n"}) {
    EXPECT_EQ(added(nothing, entry()), kNew);
  }
  EXPECT_EQ(added("{}\n", entry()), kNew) << "an empty object has no style";
}

TEST(DaemonJson, IsMergedNotOwned) {
  EXPECT_EQ(added(R"({
  "z-unknown": {"b": [1, 18446744073709551615], "a": null},
  "runtimes": {
    "kata": {
      "runtimeType": "io.containerd.kata.v2"
    }
  },
  "features": {
    "buildkit": true
  },
  "data-root": "/data"
}
)",
                  entry(DefaultRuntime::kOurs, DockerCdi::kEnabled)),
            R"({
  "z-unknown": {
    "b": [
      1,
      18446744073709551615
    ],
    "a": null
  },
  "runtimes": {
    "kata": {
      "runtimeType": "io.containerd.kata.v2"
    },
    "nvidia": {
      "path": "/usr/bin/nvidia-container-runtime",
      "runtimeArgs": []
    }
  },
  "features": {
    "buildkit": true,
    "cdi": true
  },
  "data-root": "/data",
  "default-runtime": "nvidia"
}
)");
}

TEST(DaemonJson, KeepsTheWidthOfIndentation) {
  const std::string tabs = added("{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}", entry());
  EXPECT_TRUE(tabs.starts_with("{\n\t\"a\": {\n\t\t\"b\": 1\n\t},\n\t\"runtimes\"")) << tabs;
  EXPECT_TRUE(tabs.ends_with("}")) << "no new line at the end before, none now";
  EXPECT_TRUE(
      added("{\n   \"a\": 1\n}\n", entry()).starts_with("{\n   \"a\": 1,\n   \"runtimes\""));
  EXPECT_EQ(
      added(R"({"a":1})", entry()),
      R"({"a":1,"runtimes":{"nvidia":{"path":"/usr/bin/nvidia-container-runtime","runtimeArgs":[]}}})");
  EXPECT_TRUE(added("{\n\"a\": 1\n}\n", entry()).starts_with("{\n\"a\": 1,\n\"runtimes\""));
}

TEST(DaemonJson, ChangesNothingWhereAllIsSaid) {
  const std::string text =
      "{ \"runtimes\" : {\"nvidia\":{\"path\": \"" + std::string(kPath) +
      "\", \"runtimeArgs\": [\"--debug\"]}},\n \"default-runtime\":\"nvidia\",  "
      "\"features\": {\"cdi\": true} }";
  EXPECT_EQ(added(text, entry()), text);
  EXPECT_EQ(added(text, entry(DefaultRuntime::kOurs, DockerCdi::kEnabled)), text);
  EXPECT_EQ(removed("{ }", entry()), "{ }");
  EXPECT_EQ(removed(R"({"default-runtime": "runc"})", entry(DefaultRuntime::kOurs)),
            R"({"default-runtime": "runc"})");
}

TEST(DaemonJson, TwiceIsOnce) {
  const DockerEntry all = entry(DefaultRuntime::kOurs, DockerCdi::kEnabled);
  const std::string once = added("", all);
  EXPECT_EQ(added(once, all), once);
}

TEST(DaemonJson, UpdatesThePathAndKeepsArguments) {
  EXPECT_EQ(
      added(R"({"runtimes":{"nvidia":{"path":"nvidia-container-runtime","runtimeArgs":["a"]}}})",
            entry()),
      R"({"runtimes":{"nvidia":{"path":"/usr/bin/nvidia-container-runtime","runtimeArgs":["a"]}}})");
}

TEST(DaemonJson, RemovingUndoesAdding) {
  const struct {
    const char* name;
    const char* text;
  } kRows[] = {
      {"others", "{\n    \"data-root\": \"/data\",\n    \"debug\": true\n}\n"},
      {"other runtimes",
       "{\n  \"runtimes\": {\n    \"a\": {\n      \"path\": \"a\"\n    }\n  }\n}\n"},
      {"other features", "{\"features\":{\"buildkit\":true}}"},
      {"another default", "{\"default-runtime\":\"runc\"}"},
  };
  for (const auto& row : kRows) {
    for (const DockerCdi cdi : {DockerCdi::kLeave, DockerCdi::kEnabled}) {
      const DockerEntry wanted = entry(DefaultRuntime::kLeave, cdi);
      EXPECT_EQ(removed(added(row.text, wanted), wanted), row.text) << row.name;
    }
  }
  const DockerEntry as_default = entry(DefaultRuntime::kOurs);
  EXPECT_EQ(removed(added("{\"debug\":true}", as_default), entry()), "{\"debug\":true}");
}

TEST(DaemonJson, RemovesOnlyWhatIsOurs) {
  EXPECT_EQ(removed(R"({"default-runtime":"kata","runtimes":{"kata":{},"nvidia":{"path":"x"}}})",
                    entry()),
            R"({"default-runtime":"kata","runtimes":{"kata":{}}})");
  EXPECT_EQ(removed(R"({"features":{"cdi":true},"runtimes":{"nvidia":{"path":"x"}}})", entry()),
            R"({"features":{"cdi":true}})")
      << "CDI serves other vendors too: only when asked";
  DockerEntry other = entry();
  other.name = "gpu";
  EXPECT_EQ(removed(R"({"default-runtime":"nvidia","runtimes":{"nvidia":{"path":"x"}}})", other),
            R"({"default-runtime":"nvidia","runtimes":{"nvidia":{"path":"x"}}})");
}

TEST(DaemonJson, TreatsNullAsAbsent) {
  EXPECT_EQ(
      added(R"({"runtimes":null})", entry()),
      R"({"runtimes":{"nvidia":{"path":"/usr/bin/nvidia-container-runtime","runtimeArgs":[]}}})");
}

TEST(DaemonJson, ThatCannotBeMergedIntoIsAnError) {
  const struct {
    const char* name;
    std::string text;
    const char* operand;
  } kRows[] = {
      {"malformed", "{\"a\":}", kFile},
      {"comment", "{// no\n}", kFile},
      {"cut off", "{\"a\": {", kFile},
      {"duplicate keys", R"({"runtimes":{},"runtimes":{}})", "'runtimes'"},
      {"a list", "[]", kFile},
      {"a zero byte", std::string("{}\0", 3), kFile},
      {"too deep", "{\"a\":" + std::string(200, '[') + std::string(200, ']') + "}", kFile},
      {"too large", "{\"a\":\"" + std::string(kMaxDaemonJsonBytes, 'x') + "\"}", kFile},
      {"runtimes of another type", R"({"runtimes":["nvidia"]})", "runtimes"},
      {"an entry of another type", R"({"runtimes":{"nvidia":"/usr/bin/x"}})", "runtimes.nvidia"},
      {"features of another type", R"({"features":true})", "features"},
      {"a containerd shim of our name", R"({"runtimes":{"nvidia":{"runtimeType":"io.x.v2"}}})",
       "runtimes.nvidia"},
  };
  for (const auto& row : kRows) {
    EXPECT_THAT(
        add_to_daemon_json(row.text, kFile, entry(DefaultRuntime::kLeave, DockerCdi::kEnabled)),
        FailsWith(ErrorCode::kInvalidRequest, row.operand))
        << row.name;
  }
  EXPECT_THAT(remove_from_daemon_json("{", kFile, entry()),
              FailsWith(ErrorCode::kInvalidRequest, kFile));
  EXPECT_THAT(remove_from_daemon_json(R"({"runtimes":[]})", kFile, entry()),
              FailsWith(ErrorCode::kInvalidRequest, "runtimes"));
}

}  // namespace
}  // namespace nvinject
