// SPDX-License-Identifier: Apache-2.0
#include "core/config/key_table.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::FailsWith;
using testing::Succeeds;

// "a.b.key = value" of TOML, as a file would say it, on line 2.
std::string assignment(std::string_view key, std::string_view value) {
  return "\n" + std::string(key) + " = " + std::string(value) + "\n";
}

enum class Type { kBool, kInteger, kString, kStrings, kStringOrStrings };

// A value that every key of the type accepts unless `value` names a better one.
struct KeyType {
  Type type;
  const char* value = nullptr;
};

using enum Type;

const std::map<std::string_view, KeyType> kKeyTypes = {
    {"disable-require", {kBool}},
    {"swarm-resource", {kString}},
    {"accept-nvidia-visible-devices-envvar-when-unprivileged", {kBool}},
    {"accept-nvidia-visible-devices-as-volume-mounts", {kBool}},
    {"supported-driver-capabilities", {kString, "\"all\""}},
    {"nvidia-container-cli.root", {kString, "\"/run/nvidia/driver\""}},
    {"nvidia-container-cli.path", {kString, "\"\""}},
    {"nvidia-container-cli.environment", {kStrings, "[]"}},
    {"nvidia-container-cli.debug", {kString}},
    {"nvidia-container-cli.ldcache", {kString, "\"/etc/ld.so.cache\""}},
    {"nvidia-container-cli.load-kmods", {kBool}},
    {"nvidia-container-cli.no-pivot", {kBool, "false"}},
    {"nvidia-container-cli.no-cgroups", {kBool}},
    {"nvidia-container-cli.user", {kString, "\"\""}},
    {"nvidia-container-cli.ldconfig", {kString, "\"@/sbin/ldconfig\""}},
    {"nvidia-ctk.path", {kString, "\"\""}},
    {"nvidia-container-runtime.debug", {kString}},
    {"nvidia-container-runtime.log-level", {kString, "\"info\""}},
    {"nvidia-container-runtime.runtimes", {kStrings}},
    {"nvidia-container-runtime.mode", {kString, "\"auto\""}},
    {"nvidia-container-runtime.modes.csv.mount-spec-path", {kString, "\"\""}},
    {"nvidia-container-runtime.modes.csv.compat-container-root", {kString, "\"\""}},
    {"nvidia-container-runtime.modes.cdi.spec-dirs", {kStrings, "[\"/etc/cdi\"]"}},
    {"nvidia-container-runtime.modes.cdi.default-kind", {kString, "\"nvidia.com/gpu\""}},
    {"nvidia-container-runtime.modes.cdi.annotation-prefixes", {kStrings}},
    {"nvidia-container-runtime.modes.jit-cdi.nvcdi-feature-flags", {kStrings, "[]"}},
    {"nvidia-container-runtime.modes.jit-cdi.nvcdi-disable-hooks", {kStrings, "[]"}},
    {"nvidia-container-runtime.modes.legacy.cuda-compat-mode", {kString, "\"mount\""}},
    {"nvidia-container-runtime-hook.path", {kString}},
    {"nvidia-container-runtime-hook.skip-mode-detection", {kBool}},
    {"features.allow-cuda-compat-libs-from-container", {kBool}},
    {"features.allow-ldconfig-from-container", {kBool}},
    {"features.allow-unknown-oci-spec-fields", {kBool}},
    {"features.disable-cuda-compat-lib-hook", {kBool}},
    {"features.disable-imex-channel-creation", {kBool}},
    {"features.ignore-imex-channel-requests", {kBool}},
    {"features.no-additional-gids-for-device-nodes", {kBool}},
    {"nvinject.ld-cache", {kString, "\"write\""}},
    {"nvinject.policy.mode", {kString, "\"env\""}},
    {"nvinject.policy.enforce", {kString, "\"deny\""}},
    {"nvinject.policy.management-namespaces", {kStrings}},
    {"nvinject.policy.extras", {kStrings, "[\"imex\"]"}},
    {"nvinject.policy.extras-namespaces", {kStrings}},
    {"nvinject.policy.ignored-namespaces", {kStrings}},
    {"nvinject.policy.ignored-runtime-handlers", {kStrings}},
    {"nvinject.policy.pod-annotations", {kStrings, "[\"nvidia.cdi.k8s.io\"]"}},
    {"nvinject.nri.socket", {kString, "\"/run/nri.sock\""}},
    {"nvinject.nri.index", {kString, "\"05\""}},
    {"nvinject.nri.name", {kString}},
    {"nvinject.nri.status-socket", {kString, "\"\""}},
    {"nvinject.nri.metrics", {kString, "\"127.0.0.1:9400\""}},
    {"nvinject.nri.health", {kStringOrStrings, "\"unix:/run/health.sock\""}},
    {"nvinject.nri.host-root", {kString, "\"/host\""}},
    {"nvinject.nri.ld-cache-hook", {kString, "\"/usr/bin/nvinject-hook\""}},
    {"nvinject.nri.log-format", {kString, "\"json\""}},
    {"nvinject.nri.log-level", {kString, "\"debug\""}},
    {"nvinject.kubelet.root", {kString, "\"/var/lib/k0s/kubelet\""}},
    {"nvinject.kubelet.device-plugins", {kString, "\"/plugins\""}},
    {"nvinject.device-plugin.enabled", {kBool}},
    {"nvinject.device-plugin.replicas", {kInteger}},
    {"nvinject.device-plugin.gate", {kBool}},
};

std::string right_value(const KeyType& key) {
  if (key.value != nullptr) return key.value;
  switch (key.type) {
    case Type::kBool:
      return "false";
    case Type::kInteger:
      return "4";
    case Type::kString:
      return "\"text\"";
    case Type::kStrings:
    case Type::kStringOrStrings:
      return "[\"a\", \"b\"]";
  }
  return {};
}

std::vector<std::string> wrong_values(Type type) {
  std::vector<std::string> values = {"1.5", "{ x = 1 }", "2026-01-01", "[1]", "[[\"a\"]]"};
  if (type != Type::kInteger) values.emplace_back("1");
  if (type != Type::kBool) values.emplace_back("true");
  const bool either = type == Type::kStringOrStrings;
  if (type != Type::kString && !either) values.emplace_back("\"text\"");
  if (type != Type::kStrings && !either) values.emplace_back("[\"a\"]");
  return values;
}

TEST(KeyTable, IsWhatTheseTestsCover) {
  std::set<std::string_view> rows;
  for (const std::span<const KeyRow> table : config_key_tables()) {
    for (const KeyRow& row : table) {
      EXPECT_TRUE(rows.insert(row.key).second) << row.key << " twice";
      EXPECT_TRUE(kKeyTypes.contains(row.key)) << row.key << " has no test";
    }
  }
  EXPECT_EQ(rows.size(), kKeyTypes.size());
}

TEST(KeyTable, AcceptsTheRightTypeOfEachKey) {
  for (const auto& [key, type] : kKeyTypes) {
    const auto config = parse_config(assignment(key, right_value(type)), "config.toml");
    ASSERT_THAT(config, Succeeds()) << key;
    EXPECT_TRUE(config->warnings.empty()) << key;
  }
}

TEST(KeyTable, RefusesEveryOtherTypeWithFileLineAndKey) {
  for (const auto& [key, type] : kKeyTypes) {
    for (const std::string& value : wrong_values(type.type)) {
      EXPECT_THAT(parse_config(assignment(key, value), "config.toml"),
                  FailsWith(ErrorCode::kInvalidRequest,
                            "'config.toml' line 2, key '" + std::string(key) + "': "))
          << key << " = " << value;
    }
  }
}

TEST(KeyTable, RefusesForbiddenValues) {
  struct Row {
    const char* name;
    const char* key;
    const char* value;
    const char* reason;
  };
  const Row rows[] = {
      {"a capability that does not exist", "supported-driver-capabilities", "\"compute,cuda\"",
       "'cuda'"},
      {"a relative driver root", "nvidia-container-cli.root", "\"run/nvidia\"", "not absolute"},
      {"a relative ld.so.cache", "nvidia-container-cli.ldcache", "\"etc/ld.so.cache\"",
       "not absolute"},
      {"the image's own ldconfig", "nvidia-container-cli.ldconfig", "\"/sbin/ldconfig\"",
       "'/sbin/ldconfig'"},
      {"no low-level runtime", "nvidia-container-runtime.runtimes", "[]", "no low-level runtime"},
      {"a relative directory of CDI files", "nvidia-container-runtime.modes.cdi.spec-dirs",
       "[\"/etc/cdi\", \"cdi\"]", "'cdi' is not absolute"},
      {"half a kind of CDI devices", "nvidia-container-runtime.modes.cdi.default-kind", "\"gpu\"",
       "'gpu' is not vendor/class"},
      {"a mode that does not exist", "nvidia-container-runtime.mode", "\"fast\"", "'fast'"},
      {"libraries of the image on the host", "features.allow-cuda-compat-libs-from-container",
       "true", "does not exist"},
      {"programs of the image on the host", "features.allow-ldconfig-from-container", "true",
       "does not exist"},
      {"a number among strings", "nvidia-container-runtime.runtimes", "[\"runc\", 1]",
       "an integer instead of a string"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(parse_config(assignment(row.key, row.value), "config.toml"),
                FailsWith(ErrorCode::kInvalidRequest, row.reason))
        << row.name;
  }
}

TEST(KeyTable, AcceptsTheWordsOfEachKey) {
  const auto mode = [](const char* word) {
    return parse_config(assignment("nvidia-container-runtime.mode", word), "")->runtime.mode;
  };
  EXPECT_EQ(mode("\"auto\""), RuntimeMode::kAuto);
  EXPECT_EQ(mode("\"jit-cdi\""), RuntimeMode::kAuto);
  EXPECT_EQ(mode("\"legacy\""), RuntimeMode::kLegacy);
  EXPECT_EQ(mode("\"cdi\""), RuntimeMode::kCdi);
  EXPECT_EQ(mode("\"csv\""), RuntimeMode::kCsv);
  const auto supported = [](const char* words) {
    return parse_config(assignment("supported-driver-capabilities", words), "")->accept.supported;
  };
  EXPECT_EQ(supported("\"all\""), CapabilitySet::all());
  EXPECT_EQ(supported("\"\""), CapabilitySet{});
  EXPECT_EQ(supported("\" video , utility \""),
            (CapabilitySet{Capability::kVideo, Capability::kUtility}));
}

struct CompatModes {
  CudaCompatMode automatic;
  CudaCompatMode legacy;
};

CompatModes compat_modes(std::string_view mode, std::string_view disable_hook = "false") {
  const auto config = parse_config(
      "[nvidia-container-runtime.modes.legacy]\ncuda-compat-mode = \"" + std::string(mode) +
          "\"\n[features]\ndisable-cuda-compat-lib-hook = " + std::string(disable_hook) + "\n",
      "config.toml");
  EXPECT_THAT(config, Succeeds());
  return {config->policy.cuda_compat, config->legacy_cuda_compat};
}

TEST(KeyTable, HasACudaCompatModeOfTheHookAndASwitchForTheOthers) {
  using enum CudaCompatMode;
  EXPECT_EQ(compat_modes("mount").legacy, kMount);
  EXPECT_EQ(compat_modes("ldconfig").legacy, kLdconfig);
  EXPECT_EQ(compat_modes("hook").legacy, kHook);
  EXPECT_EQ(compat_modes("disabled").legacy, kDisabled);
  EXPECT_EQ(compat_modes("disabled").automatic, kHook);
  EXPECT_EQ(compat_modes("ldconfig", "true").automatic, kDisabled);
  EXPECT_EQ(compat_modes("ldconfig", "true").legacy, kLdconfig);
  EXPECT_EQ(compat_modes("hook", "true").legacy, kDisabled);
}

TEST(KeyTable, AnotherCudaCompatModeDisablesItAndWarns) {
  const auto config = parse_config(
      assignment("nvidia-container-runtime.modes.legacy.cuda-compat-mode", "\"yes\""), "");
  ASSERT_THAT(config, Succeeds());
  EXPECT_EQ(config->legacy_cuda_compat, CudaCompatMode::kDisabled);
  ASSERT_EQ(config->warnings.size(), 1U);
  EXPECT_EQ(config->warnings[0].subject, "nvidia-container-runtime.modes.legacy.cuda-compat-mode");
}

TEST(KeyTable, TakesAnEmptyTextForNotSet) {
  const auto config = parse_config(
      "[nvidia-container-cli]\nroot = \"\"\nldconfig = \"\"\n"
      "[nvidia-container-runtime]\ndebug = \"\"\n",
      "");
  ASSERT_THAT(config, Succeeds());
  EXPECT_EQ(config->roots.driver, HostPath("/"));
  EXPECT_EQ(config->runtime.debug_file, "");
}

TEST(KeyTable, SetsWhereCdiFilesAre) {
  const auto config = parse_config(
      "[nvidia-container-runtime.modes.cdi]\nspec-dirs = [\"/a\", \"/b\"]\n"
      "default-kind = \"v.com/c\"\n",
      "");
  ASSERT_THAT(config, Succeeds());
  EXPECT_THAT(config->runtime.cdi.directories, ::testing::ElementsAre("/a", "/b"));
  EXPECT_EQ(config->runtime.cdi.default_kind, "v.com/c");
  const auto empty = parse_config(
      "[nvidia-container-runtime.modes.cdi]\nspec-dirs = []\ndefault-kind = \"\"\n", "");
  ASSERT_THAT(empty, Succeeds());
  EXPECT_EQ(empty->runtime.cdi, CdiConfig{});
}

TEST(KeyTable, KnowsItsTables) {
  for (const char* const table :
       {"nvidia-container-cli", "nvidia-container-runtime", "nvidia-container-runtime.modes",
        "nvidia-container-runtime.modes.cdi", "features", "nvinject", "nvinject.policy",
        "nvinject.nri"}) {
    EXPECT_TRUE(is_config_table(table)) << table;
    EXPECT_EQ(find_config_key(table), nullptr) << table;
  }
  for (const char* const name : {"", "nvidia", "disable-require", "nvinject.ld-cache", "feature"}) {
    EXPECT_FALSE(is_config_table(name)) << name;
  }
}

}  // namespace
}  // namespace nvinject
