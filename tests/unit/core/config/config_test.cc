// SPDX-License-Identifier: Apache-2.0
#include "core/config/config.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::Decides;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::Succeeds;
using testing::TempTree;

constexpr const char* kFile = "/etc/nvidia-container-runtime/config.toml";

Config parsed(std::string_view text) {
  auto config = parse_config(text, kFile);
  EXPECT_THAT(config, Succeeds());
  return config ? *std::move(config) : Config{};
}

void expect_defaults(const Config& config) {
  EXPECT_EQ(config.accept, AcceptRules{});
  EXPECT_EQ(config.runtime, RuntimeConfig{});
  EXPECT_EQ(config.policy, Policy{});
  EXPECT_EQ(config.grant, GrantPolicy{});
  EXPECT_EQ(config.nri, NriConfig{});
  EXPECT_EQ(config.roots.driver, HostPath("/"));
  EXPECT_EQ(config.roots.mps_pipes, "");
  EXPECT_TRUE(config.load_kernel_modules);
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(ParseConfig, OfNoTextGivesTheDefaults) {
  expect_defaults(parsed(""));
  expect_defaults(parsed("# a comment\n[nvidia-container-cli]\n[features]\n"));
}

// What the classic package installs.
TEST(ParseConfig, AcceptsTheClassicDefaultFile) {
  const Config config = parsed(R"(
disable-require = false
supported-driver-capabilities = "compat32,compute,display,graphics,ngx,utility,video"
[nvidia-container-cli]
environment = []
ldconfig = "@/sbin/ldconfig"
load-kmods = true
[nvidia-container-runtime]
debug = "/dev/null"
log-level = "info"
mode = "auto"
runtimes = ["runc", "crun"]
[nvidia-container-runtime.modes]
[nvidia-container-runtime.modes.cdi]
annotation-prefixes = ["cdi.k8s.io/"]
default-kind = "nvidia.com/gpu"
spec-dirs = ["/etc/cdi", "/var/run/cdi"]
[nvidia-container-runtime.modes.csv]
mount-spec-path = "/etc/nvidia-container-runtime/host-files-for-container.d"
[nvidia-container-runtime.modes.legacy]
cuda-compat-mode = "ldconfig"
[nvidia-container-runtime-hook]
path = "nvidia-container-runtime-hook"
skip-mode-detection = false
[nvidia-ctk]
path = "nvidia-ctk"
)");
  expect_defaults(config);
}

TEST(ParseConfig, SetsWhatTheKeysMean) {
  const Config config = parsed(R"(
disable-require = true
swarm-resource = "DOCKER_RESOURCE_GPU, DOCKER_RESOURCE_TPU,"
accept-nvidia-visible-devices-envvar-when-unprivileged = false
accept-nvidia-visible-devices-as-volume-mounts = true
supported-driver-capabilities = "utility, compute"
[nvidia-container-cli]
root = "/run/nvidia/driver"
ldcache = "/var/cache/ld.so.cache"
load-kmods = false
debug = "/var/log/nvidia-container-toolkit.log"
[nvidia-container-runtime]
debug = "/var/log/nvinject.log"
runtimes = ["/usr/sbin/runc"]
mode = "cdi"
[nvidia-container-runtime.modes.cdi]
annotation-prefixes = ["vendor.example/"]
[features]
ignore-imex-channel-requests = true
no-additional-gids-for-device-nodes = true
[nvinject]
ld-cache = "off"
)");
  EXPECT_TRUE(config.accept.disable_require);
  EXPECT_THAT(config.accept.swarm_resources,
              ElementsAre("DOCKER_RESOURCE_GPU", "DOCKER_RESOURCE_TPU"));
  EXPECT_FALSE(config.accept.env_when_unprivileged);
  EXPECT_TRUE(config.accept.volume_mounts);
  EXPECT_EQ(config.accept.supported, (CapabilitySet{Capability::kUtility, Capability::kCompute}));
  EXPECT_TRUE(config.accept.ignore_imex_channels);
  EXPECT_THAT(config.accept.annotation_prefixes, ElementsAre("vendor.example/"));
  EXPECT_EQ(config.roots.driver, HostPath("/run/nvidia/driver"));
  EXPECT_EQ(config.roots.ld_cache, "/var/cache/ld.so.cache");
  EXPECT_FALSE(config.load_kernel_modules);
  EXPECT_EQ(config.hook.debug_file, "/var/log/nvidia-container-toolkit.log");
  EXPECT_EQ(config.runtime.debug_file, "/var/log/nvinject.log");
  EXPECT_THAT(config.runtime.runtimes, ElementsAre("/usr/sbin/runc"));
  EXPECT_EQ(config.runtime.mode, RuntimeMode::kCdi);
  EXPECT_FALSE(config.policy.additional_gids);
  EXPECT_EQ(config.policy.ld_cache, LdCachePolicy::kOff);
  EXPECT_THAT(config.warnings, IsEmpty());
}

// The variable of the program itself comes first in the environment that the classic library had.
TEST(LoadConfig, TakesThePipesOfMpsFromTheEnvironmentThenFromTheKey) {
  const TempTree tree;
  tree.file("c.toml",
            "nvidia-container-cli.environment = [\"CUDA_MPS_PIPE_DIRECTORY=\", "
            "\"CUDA_MPS_PIPE_DIRECTORY=/run/a\", \"CUDA_MPS_PIPE_DIRECTORY=/run/b\"]\n");
  ConfigEnvironment place{.config_file_path = tree.path("c.toml"), .config_home = ""};
  auto config = load_config(place);
  ASSERT_THAT(config, Succeeds());
  EXPECT_EQ(config->roots.mps_pipes, "/run/a");
  place.mps_pipes = "/run/c";
  config = load_config(place);
  ASSERT_THAT(config, Succeeds());
  EXPECT_EQ(config->roots.mps_pipes, "/run/c");
  config = load_config({.config_file_path = "", .config_home = tree.path(), .mps_pipes = "/run/c"});
  ASSERT_THAT(config, Succeeds());
  EXPECT_EQ(config->roots.mps_pipes, "/run/c") << "without a file, too";
}

TEST(ParseConfig, WarnsOfAnUnknownKeyByItsFullName) {
  const Config config = parsed(
      "debug = true\n"
      "[nvidia-container-runtime]\n"
      "mod = \"cdi\"\n"
      "[nvidia-container-runtime.modes.new]\n"
      "key = 1\n"
      "[other.table]\n");
  EXPECT_THAT(config.warnings, ::testing::UnorderedElementsAre(
                                   Decides("debug", "unknown key",
                                           "'/etc/nvidia-container-runtime/config.toml' line 1"),
                                   Decides("nvidia-container-runtime.mod", "unknown key", "line 3"),
                                   Decides("nvidia-container-runtime.modes.new", "unknown key", ""),
                                   Decides("other", "unknown key", "")));
}

TEST(ParseConfig, KnowsTheLevelsOfTheClassicLog) {
  const std::pair<const char*, RuntimeLogLevel> rows[] = {{"panic", RuntimeLogLevel::kError},
                                                          {"error", RuntimeLogLevel::kError},
                                                          {"Warn", RuntimeLogLevel::kWarning},
                                                          {"warning", RuntimeLogLevel::kWarning},
                                                          {"trace", RuntimeLogLevel::kInfo}};
  for (const auto& [word, level] : rows) {
    const Config config =
        parsed("nvidia-container-runtime.log-level = \"" + std::string(word) + "\"\n");
    EXPECT_EQ(config.runtime.log_level, level) << word;
    EXPECT_THAT(config.warnings, IsEmpty()) << word;
  }
  const Config config = parsed("nvidia-container-runtime.log-level = \"loud\"\n");
  EXPECT_EQ(config.runtime.log_level, RuntimeLogLevel::kInfo);
  EXPECT_THAT(config.warnings,
              ElementsAre(Decides("nvidia-container-runtime.log-level", "info", "'loud'")));
}

TEST(ParseConfig, RefusesTextThatIsNoToml) {
  EXPECT_THAT(
      parse_config("\n[table\n", kFile),
      FailsWith(ErrorCode::kInvalidRequest, "'/etc/nvidia-container-runtime/config.toml' line 2"));
  EXPECT_THAT(parse_config("a = 1\na = 2\n", kFile),
              FailsWith(ErrorCode::kInvalidRequest, "line 2"));
  EXPECT_THAT(parse_config("a = \"\xff\"\n", kFile),
              FailsWith(ErrorCode::kInvalidRequest, "line 1"));
}

TEST(ParseConfig, RefusesAValueInThePlaceOfATable) {
  EXPECT_THAT(parse_config("\nnvidia-container-cli = \"/run/nvidia/driver\"\n", kFile),
              FailsWith(ErrorCode::kInvalidRequest, "line 2, key 'nvidia-container-cli'"));
  EXPECT_THAT(
      parse_config("[nvidia-container-runtime]\nmodes = [\"cdi\"]\n", kFile),
      FailsWith(ErrorCode::kInvalidRequest, "line 2, key 'nvidia-container-runtime.modes'"));
}

TEST(LoadConfig, NeedsNoFileInTheUsualPlace) {
  const TempTree tree;
  const auto config = load_config({.config_file_path = "", .config_home = tree.path()});
  ASSERT_THAT(config, Succeeds());
  expect_defaults(*config);
}

TEST(LoadConfig, ReadsTheFileBelowTheConfigHome) {
  const TempTree tree;
  tree.file("nvidia-container-runtime/config.toml", "disable-require = true\n");
  const auto config = load_config({.config_file_path = "", .config_home = tree.path()});
  ASSERT_THAT(config, Succeeds());
  EXPECT_TRUE(config->accept.disable_require);
}

TEST(LoadConfig, PrefersTheFileThatIsNamed) {
  const TempTree tree;
  tree.file("nvidia-container-runtime/config.toml", "disable-require = true\n");
  tree.file("named.toml", "[nvinject]\nld-cache = \"off\"\n");
  const auto config =
      load_config({.config_file_path = tree.path("named.toml"), .config_home = tree.path()});
  ASSERT_THAT(config, Succeeds());
  EXPECT_FALSE(config->accept.disable_require);
  EXPECT_EQ(config->policy.ld_cache, LdCachePolicy::kOff);
}

TEST(LoadConfig, NeedsTheFileThatIsNamed) {
  const TempTree tree;
  EXPECT_THAT(load_config({.config_file_path = tree.path("absent.toml"), .config_home = ""}),
              FailsWith(ErrorCode::kNotFound, "absent.toml"));
}

TEST(LoadConfig, FailsForAFileThatCannotBeRead) {
  const TempTree tree;
  tree.directory("nvidia-container-runtime/config.toml");
  EXPECT_THAT(load_config({.config_file_path = "", .config_home = tree.path()}),
              FailsWith(ErrorCode::kInvalidRequest, "config.toml"));
  tree.file("large.toml", std::string((1U << 20U) + 1, '#'));
  EXPECT_THAT(load_config({.config_file_path = tree.path("large.toml"), .config_home = ""}),
              FailsWith(ErrorCode::kInvalidRequest, "larger than"));
  tree.fifo("fifo.toml");
  EXPECT_THAT(load_config({.config_file_path = tree.path("fifo.toml"), .config_home = ""}),
              FailsWith(ErrorCode::kInvalidRequest, "not a regular file"))
      << "and does not wait for a writer";
}

TEST(LoadConfig, NamesFileLineAndKeyOfAWrongType) {
  const TempTree tree;
  tree.file("c.toml", "\n\n[nvidia-container-cli]\nload-kmods = \"yes\"\n");
  EXPECT_THAT(load_config({.config_file_path = tree.path("c.toml"), .config_home = ""}),
              FailsWith(ErrorCode::kInvalidRequest,
                        "'" + tree.path("c.toml") +
                            "' line 4, key "
                            "'nvidia-container-cli.load-kmods': a string instead of a boolean"));
}

TEST(LoadRuntimesOnly, SavesThemFromABrokenConfig) {
  struct Row {
    const char* name;
    const char* text;
    std::vector<std::string> runtimes;
  };
  const std::vector<std::string> usual = RuntimeConfig{}.runtimes;
  const Row rows[] = {
      {"another key is wrong",
       "swarm-resource = 5\n[nvidia-container-runtime]\nruntimes = [\"/opt/runc\"]\n",
       {"/opt/runc"}},
      {"no TOML", "[[[", usual},
      {"not there", "swarm-resource = 5\n", usual},
      {"of a wrong type", "[nvidia-container-runtime]\nruntimes = \"/opt/runc\"\n", usual},
      {"empty", "[nvidia-container-runtime]\nruntimes = []\n", usual},
      {"one of them is no text", "[nvidia-container-runtime]\nruntimes = [\"/opt/runc\", 1]\n",
       usual},
  };
  for (const Row& row : rows) {
    const TempTree tree;
    tree.file("c.toml", row.text);
    EXPECT_EQ(load_runtimes_only({.config_file_path = tree.path("c.toml"), .config_home = ""}),
              row.runtimes)
        << row.name;
  }
  EXPECT_EQ(load_runtimes_only({.config_file_path = "/absent/c.toml", .config_home = ""}), usual);
}

TEST(LoadConfig, OfSeveralFilesTheLastThatHasAKeyCounts) {
  const TempTree tree;
  tree.file("base.toml",
            "[nvinject.policy]\nmode = \"env\"\nenforce = \"deny\"\n"
            "management-namespaces = [\"a\", \"b\"]\n");
  tree.file("nothing.toml", "# nothing\n");
  tree.file("changes.toml", "[nvinject.policy]\nenforce = \"audit\"\n");
  tree.file("more.toml", "nvinject.policy.management-namespaces = [\"c\"]\nunknown = 1\n");
  const auto config = load_config_files({tree.path("base.toml"), tree.path("nothing.toml"),
                                         tree.path("changes.toml"), tree.path("more.toml")});
  ASSERT_THAT(config, Succeeds());
  EXPECT_EQ(config->grant.mode, PolicyMode::kEnv);
  EXPECT_EQ(config->grant.enforce, Enforce::kAudit);
  EXPECT_THAT(config->grant.management_namespaces, ElementsAre("c"));
  EXPECT_EQ(config->warnings.size(), 1U);
  EXPECT_EQ(config->file, tree.path("more.toml"));
}

TEST(LoadConfig, OfSeveralFilesAllMustBeThereAndSound) {
  const TempTree tree;
  tree.file("base.toml", "");
  tree.file("bad.toml", "nvinject.policy.enforce = 1\n");
  EXPECT_THAT(load_config_files({tree.path("base.toml"), tree.path("absent.toml")}),
              FailsWith(ErrorCode::kNotFound, "absent.toml"));
  EXPECT_THAT(load_config_files({tree.path("bad.toml"), tree.path("base.toml")}),
              FailsWith(ErrorCode::kInvalidRequest, "bad.toml' line 1"));
}

}  // namespace
}  // namespace nvinject
