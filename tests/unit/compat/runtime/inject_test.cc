// SPDX-License-Identifier: Apache-2.0
#include "compat/runtime/inject.h"

#include <gmock/gmock.h>

#include "core/json/json.h"
#include "core/linker/elf.h"
#include "core/linker/ld_cache.h"
#include "tests/support/driver_root.h"
#include "tests/support/elf_bytes.h"
#include "tests/support/matchers.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::DriverRootTree;
using nvinject::testing::FailsWith;
using nvinject::testing::Succeeds;
using nvinject::testing::TempTree;
using ::testing::HasSubstr;

// A node, and a bundle with a small image.
class Inject : public ::testing::Test {
 protected:
  Inject() {
    config_.roots = node_.roots();
    config_.load_kernel_modules = false;
    const std::string libc = "bundle/rootfs/usr/lib/x86_64-linux-gnu/libc.so.6";
    tree_.file(libc, nvinject::testing::make_library_64(native_machine(), "libc.so.6"));
    LdCache cache;
    cache.entries = {{.flags = native_ld_cache_flags(),
                      .soname = "libc.so.6",
                      .path = "/usr/lib/x86_64-linux-gnu/libc.so.6"}};
    tree_.file("bundle/rootfs/etc/ld.so.cache", serialise_ld_cache(cache));
  }

  void write_spec(const std::string& env, const std::string& more = "") const {
    tree_.file("bundle/config.json", R"({"ociVersion":"1.2.0","process":{"env":[)" + env +
                                         R"(]},"root":{"path":"rootfs"})" + more + "}");
  }
  [[nodiscard]] std::string spec() const { return tree_.read("bundle/config.json"); }

  [[nodiscard]] Result<void> inject(const Result<Config>& config) const {
    RuncCommand command;
    command.subcommand = "create";
    command.bundle = tree_.path("bundle");
    return inject_into_bundle(command, config);
  }

  DriverRootTree node_ = DriverRootTree::from_fixture("debian-550");
  TempTree tree_;
  Config config_;
};

const Result<Config> kBrokenConfig = fail(ErrorCode::kInvalidRequest, "read config: line 1");

TEST_F(Inject, GivesAContainerWhatItAsksFor) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=1")");
  ASSERT_THAT(inject(config_), Succeeds());
  const auto edited = parse_json(spec(), "spec");
  ASSERT_THAT(edited, Succeeds());
  std::vector<std::string> paths;
  for (const Json& device : (*edited)["linux"]["devices"]) paths.push_back(device["path"]);
  EXPECT_THAT(paths, ::testing::ElementsAre("/dev/nvidiactl", "/dev/nvidia-uvm",
                                            "/dev/nvidia-uvm-tools", "/dev/nvidia2"))
      << "GPU 1 in PCI order has minor 2";
  EXPECT_THAT(spec(), HasSubstr("/usr/lib/x86_64-linux-gnu/libcuda.so.1"));
}

TEST_F(Inject, GivesWhatCdiFilesNameAndTheRestByAPlan) {
  tree_.file("cdi/v.json", R"({"cdiVersion":"0.5.0","kind":"vendor.com/net","devices":[)"
                           R"({"name":"a","containerEdits":{"env":["NET=a"]}}]})");
  config_.runtime.cdi.directories = {tree_.path("cdi")};
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=vendor.com/net=a,nvidia.com/gpu=0")");
  ASSERT_THAT(inject(config_), Succeeds());
  EXPECT_THAT(spec(), HasSubstr("NET=a"));
  EXPECT_THAT(spec(), HasSubstr("/dev/nvidia3")) << "GPU 0 in PCI order has minor 3";
  EXPECT_THAT(spec(), HasSubstr("libcuda.so.1"));
}

TEST_F(Inject, AsksOnlyFilesInModeCdi) {
  config_.runtime.mode = RuntimeMode::kCdi;
  config_.runtime.cdi.directories = {tree_.path("cdi")};
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=0")");
  const std::string before = spec();
  EXPECT_THAT(inject(config_), FailsWith(ErrorCode::kNotFound, "'nvidia.com/gpu=0'"));
  EXPECT_EQ(spec(), before);
  tree_.file("cdi/n.json", R"({"cdiVersion":"0.5.0","kind":"nvidia.com/gpu","devices":[)"
                           R"({"name":"0","containerEdits":{"env":["GPU=0"]}}]})");
  ASSERT_THAT(inject(config_), Succeeds());
  EXPECT_THAT(spec(), HasSubstr("GPU=0"));
}

TEST_F(Inject, WritesTheLdCacheOfTheImage) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=all")");
  ASSERT_THAT(inject(config_), Succeeds());
  const auto cache = parse_ld_cache(tree_.read("bundle/rootfs/etc/ld.so.cache"));
  ASSERT_THAT(cache, Succeeds());
  EXPECT_THAT(cache->entries,
              ::testing::Contains(::testing::Field(&LdCacheEntry::soname, "libcuda.so.1")));
  EXPECT_THAT(cache->entries,
              ::testing::Contains(::testing::Field(&LdCacheEntry::soname, "libc.so.6")));
}

TEST_F(Inject, ChangesNothingTheSecondTime) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=all")");
  ASSERT_THAT(inject(config_), Succeeds());
  const std::string once = spec();
  ASSERT_THAT(inject(config_), Succeeds());
  EXPECT_EQ(spec(), once);
}

TEST_F(Inject, InModeLegacyPutsThePrestartHookInOnceAndNothingElse) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=all")");
  config_.runtime.mode = RuntimeMode::kLegacy;
  config_.hook.path = "/bin/true";
  config_.file = "/etc/here.toml";
  ASSERT_THAT(inject(config_), Succeeds());
  const std::string once = spec();
  EXPECT_THAT(once,
              HasSubstr(R"("hooks":{"prestart":[{"path":"/bin/true","args":["true","prestart"],)"
                        R"("env":["PATH=)"));
  EXPECT_THAT(once, HasSubstr("NVIDIA_CTK_CONFIG_FILE_PATH=/etc/here.toml"));
  EXPECT_THAT(once, ::testing::Not(HasSubstr("libcuda")));
  EXPECT_THAT(once, ::testing::Not(HasSubstr("CUDA_MPS")));

  config_.hook.path = "/absent/nvidia-container-runtime-hook";
  EXPECT_THAT(inject(config_), FailsWith(ErrorCode::kNotFound, "/absent"));
}

TEST_F(Inject, InModeLegacyHandsOnWhereTheHostHasThePipesOfMps) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=all","CUDA_MPS_PIPE_DIRECTORY=/of/the/container")");
  config_.runtime.mode = RuntimeMode::kLegacy;
  config_.hook.path = "/bin/true";
  config_.roots.mps_pipes = "/run/mps";
  ASSERT_THAT(inject(config_), Succeeds());
  EXPECT_THAT(spec(), HasSubstr(R"("CUDA_MPS_PIPE_DIRECTORY=/run/mps"]}]})"));
}

TEST_F(Inject, LogsItsDecisions) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=0")");
  config_.runtime.debug_file = tree_.path("debug.log");
  ASSERT_THAT(inject(config_), Succeeds());
  EXPECT_THAT(tree_.read("debug.log"), HasSubstr("GPU 0: granted"));
}

TEST_F(Inject, LogsWhatTheLevelNames) {
  config_.warnings = {{"some.key", "no effect", "of no use"}};
  config_.runtime.debug_file = tree_.path("debug.log");
  for (const auto& [level, warns] :
       {std::pair(RuntimeLogLevel::kWarning, true), std::pair(RuntimeLogLevel::kError, false)}) {
    tree_.file("debug.log", "");
    config_.runtime.log_level = level;
    write_spec(R"("NVIDIA_VISIBLE_DEVICES=0")");
    ASSERT_THAT(inject(config_), Succeeds());
    EXPECT_EQ(tree_.read("debug.log").find("level=warning") != std::string::npos, warns);
    EXPECT_THAT(tree_.read("debug.log"), ::testing::Not(HasSubstr("granted")));
    write_spec(R"("NVIDIA_VISIBLE_DEVICES=8")");
    EXPECT_FALSE(inject(config_));
    EXPECT_THAT(tree_.read("debug.log"), HasSubstr("level=error"));
  }
}

// The rule: a container that asks for no GPU costs nothing and never fails because of us.
TEST_F(Inject, LeavesAContainerThatAsksForNothingAloneWhateverIsBroken) {
  struct Row {
    const char* name;
    const char* env;
  };
  Config no_driver = config_;
  no_driver.roots.driver = HostPath("/absent");
  Config refused_mode = config_;
  refused_mode.runtime.mode = RuntimeMode::kCsv;
  for (const Row& row : {
           Row{"no variable", R"("PATH=/bin")"},
           Row{"void", R"("NVIDIA_VISIBLE_DEVICES=void")"},
           Row{"empty", R"("NVIDIA_VISIBLE_DEVICES=")"},
           Row{"other variables are malformed",
               R"("NVIDIA_DRIVER_CAPABILITIES=nonsense","NVIDIA_REQUIRE_CUDA=?")"},
           Row{"a new image that only names its CUDA",
               R"("CUDA_VERSION=12.4.0","NVIDIA_REQUIRE_CUDA=cuda>=12.4")"},
       }) {
    for (const Result<Config>& config : {Result<Config>(config_), Result<Config>(no_driver),
                                         Result<Config>(refused_mode), kBrokenConfig}) {
      write_spec(row.env);
      const std::string before = spec();
      EXPECT_THAT(inject(config), Succeeds()) << row.name;
      EXPECT_EQ(spec(), before) << row.name << ": not a byte of it";
    }
  }
}

TEST_F(Inject, LeavesASpecItCannotReadToTheLowLevelRuntime) {
  EXPECT_THAT(inject(config_), Succeeds()) << "no config.json";
  EXPECT_THAT(inject(kBrokenConfig), Succeeds()) << "no config.json";
  for (const char* const text : {"", "{", "not JSON", "[]", R"({"process": 7})"}) {
    tree_.file("bundle/config.json", text);
    EXPECT_THAT(inject(config_), Succeeds()) << text;
    EXPECT_THAT(inject(kBrokenConfig), Succeeds()) << text;
    EXPECT_EQ(spec(), text);
  }
}

TEST_F(Inject, FailsForAContainerThatAsksAndCannotBeServed) {
  struct Row {
    const char* name;
    const char* env;
    ErrorCode code;
    const char* text;
  };
  for (const Row& row : {
           Row{"no such GPU", R"("NVIDIA_VISIBLE_DEVICES=8")", ErrorCode::kNotFound, "'8'"},
           Row{"no such name", R"("NVIDIA_VISIBLE_DEVICES=nonsense")", ErrorCode::kInvalidRequest,
               "'nonsense'"},
           Row{"a capability that does not exist",
               R"("NVIDIA_VISIBLE_DEVICES=0","NVIDIA_DRIVER_CAPABILITIES=nonsense")",
               ErrorCode::kInvalidRequest, "nonsense"},
           Row{"a driver that is too old",
               R"("NVIDIA_VISIBLE_DEVICES=0","NVIDIA_REQUIRE_CUDA=driver>=1000")",
               ErrorCode::kUnavailable, "driver>=1000"},
       }) {
    write_spec(row.env);
    const std::string before = spec();
    EXPECT_THAT(inject(config_), FailsWith(row.code, row.text)) << row.name;
    EXPECT_EQ(spec(), before) << row.name;
  }
}

TEST_F(Inject, FailsForAUserNamespaceThatTheHostHasNoNodesFor) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=1")", R"(,"linux":{"namespaces":[{"type":"user"}]})");
  const std::string before = spec();
  EXPECT_THAT(inject(config_), FailsWith(ErrorCode::kUnavailable, "'/dev/nvidiactl'"));
  EXPECT_EQ(spec(), before);
}

TEST_F(Inject, FailsForAContainerThatAsksWithABrokenConfig) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=all")");
  const std::string before = spec();
  EXPECT_THAT(inject(kBrokenConfig), FailsWith(ErrorCode::kInvalidRequest, "read config: line 1"));
  EXPECT_EQ(spec(), before);
}

TEST_F(Inject, FailsForAContainerThatAsksWithoutADriver) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=all")");
  config_.roots.driver = HostPath("/absent");
  EXPECT_THAT(inject(config_), FailsWith(ErrorCode::kNotFound, "'/absent'"));
  const DriverRootTree bare("d etc\n");
  config_.roots = bare.roots();
  EXPECT_THAT(inject(config_), FailsWith(ErrorCode::kUnavailable, "kernel module is not loaded"));
}

TEST_F(Inject, FailsForAMalformedSpecThatAsks) {
  tree_.file("bundle/config.json", R"({"process":{"env":["NVIDIA_VISIBLE_DEVICES=all"]})");
  EXPECT_THAT(inject(config_), FailsWith(ErrorCode::kInvalidRequest, "config.json"));
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=all",7)");
  EXPECT_THAT(inject(config_), FailsWith(ErrorCode::kInvalidRequest, "process.env[1]"));
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=all")", R"(,"mounts":{})");
  EXPECT_THAT(inject(config_), FailsWith(ErrorCode::kInvalidRequest, "'mounts'"));
}

TEST_F(Inject, FailsWithoutARootFilesystem) {
  tree_.file("bundle/config.json",
             R"({"process":{"env":["NVIDIA_VISIBLE_DEVICES=all"]},"root":{"path":"absent"}})");
  EXPECT_THAT(inject(config_), FailsWith(ErrorCode::kNotFound, "absent"));
  tree_.file("bundle/config.json", R"({"process":{"env":["NVIDIA_VISIBLE_DEVICES=all"]}})");
  EXPECT_THAT(inject(config_), FailsWith(ErrorCode::kInvalidRequest, "root.path"));
}

TEST_F(Inject, HearsEveryWayOfAsking) {
  config_.accept.volume_mounts = true;
  config_.accept.swarm_resources = {"DOCKER_RESOURCE_GPU"};
  const std::string mount =
      R"(,"mounts":[{"source":"/dev/null","destination":"/var/run/nvidia-container-devices/0"}])";
  const std::string annotation = R"(,"annotations":{"cdi.k8s.io/x":"nvidia.com/gpu=0"})";
  struct Row {
    const char* name;
    std::string env;
    std::string more;
  };
  for (const Row& row :
       {Row{"a legacy image", R"("CUDA_VERSION=12.4.0")", ""}, Row{"a volume mount", "", mount},
        Row{"a Swarm resource", R"("DOCKER_RESOURCE_GPU=0")", ""},
        Row{"an annotation", "", annotation}}) {
    write_spec(row.env, row.more);
    const std::string before = spec();
    const auto injected = inject(config_);
    EXPECT_TRUE(!injected || spec() != before) << row.name << " was not heard";
  }
}

TEST_F(Inject, ReadsASpecThatItWouldNotEditOnlyToSeeThatNobodyAsks) {
  const std::string deep = std::string(9000, '[') + std::string(9000, ']');
  for (const std::string& odd : {std::string(R"("x":1,"x":2)"),
                                 std::string(R"("x":18446744073709551616)"), "\"x\":" + deep}) {
    const std::string asks = R"({"process":{"env":["NVIDIA_VISIBLE_DEVICES=all"]},)" + odd + "}";
    const std::string does_not =
        R"({"process":{"env":["NVIDIA_VISIBLE_DEVICES=void"]},)" + odd + "}";
    tree_.file("bundle/config.json", does_not);
    EXPECT_THAT(inject(config_), Succeeds()) << odd.substr(0, 40);
    EXPECT_EQ(spec(), does_not);
    tree_.file("bundle/config.json", asks);
    EXPECT_THAT(inject(config_), FailsWith(ErrorCode::kInvalidRequest, "config.json"))
        << odd.substr(0, 40);
    EXPECT_EQ(spec(), asks);
  }
}

TEST_F(Inject, HearsAWordThatIsWrittenWithEscapes) {
  write_spec(R"("\u004eVIDIA_VISIBLE_DEVICES=all")");
  const std::string before = spec();
  ASSERT_THAT(inject(config_), Succeeds());
  EXPECT_NE(spec(), before);
}

TEST_F(Inject, LogsWhyItFailed) {
  config_.runtime.debug_file = tree_.path("debug.log");
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=8")");
  EXPECT_FALSE(inject(config_));
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=nonsense")");
  EXPECT_FALSE(inject(config_));
  EXPECT_THAT(tree_.read("debug.log"), ::testing::AllOf(HasSubstr("level=error"), HasSubstr("'8'"),
                                                        HasSubstr("'nonsense'")));
}

}  // namespace
}  // namespace nvinject::compat
