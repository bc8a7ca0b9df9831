// SPDX-License-Identifier: Apache-2.0
#include "compat/prestart/run_prestart.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "core/base/unique_fd.h"
#include "tests/support/driver_root.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::DriverRootTree;
using nvinject::testing::FailsWith;
using nvinject::testing::Succeeds;
using nvinject::testing::TempTree;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Result<Config> kBrokenConfig = fail(ErrorCode::kInvalidRequest, "read config: line 1");

// A bundle, and a state that names it and this process. What goes into a container that is there
// is tests/integration's.
class RunPrestart : public ::testing::Test {
 protected:
  RunPrestart() {
    config_.roots = node_.roots();
    config_.load_kernel_modules = false;
    tree_.file("bundle/rootfs/etc/hostname", "x");
  }

  void write_spec(const std::string& env, const std::string& more = "") const {
    tree_.file("bundle/config.json", R"({"ociVersion":"1.2.0","process":{"env":[)" + env +
                                         R"(]},"root":{"path":"rootfs"})" + more + "}");
  }

  [[nodiscard]] Result<void> run(const std::string& state, const Result<Config>& config) {
    tree_.file("state", state);
    const UniqueFd fd(::open(tree_.path("state").c_str(), O_RDONLY | O_CLOEXEC));
    decisions_.clear();
    return run_prestart(fd.get(), config, decisions_);
  }
  [[nodiscard]] Result<void> run(const Result<Config>& config) {
    return run(R"({"pid":)" + std::to_string(::getpid()) + R"(,"bundle":")" + tree_.path("bundle") +
                   R"("})",
               config);
  }

  DriverRootTree node_ = DriverRootTree::from_fixture("debian-550");
  TempTree tree_;
  Config config_;
  Decisions decisions_;
};

TEST_F(RunPrestart, LeavesWhoAsksForNothingAloneWhateverIsBroken) {
  for (const char* const env : {"", R"("NVIDIA_VISIBLE_DEVICES=void")", R"("PATH=/bin")"}) {
    write_spec(env);
    const auto done = run(kBrokenConfig);
    ASSERT_THAT(done, Succeeds()) << env;
    EXPECT_THAT(decisions_, IsEmpty()) << env;
  }
}

TEST_F(RunPrestart, ABrokenConfigFailsWhoAsks) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=0")");
  EXPECT_THAT(run(kBrokenConfig), FailsWith(ErrorCode::kInvalidRequest, "read config"));
}

TEST_F(RunPrestart, SaysInOneLineOfTheClassicToolsWhatIsWrong) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=8")");
  const auto done = run(config_);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message,
              HasSubstr("nvidia-container-cli: device error: unknown device '8'"));
  EXPECT_THAT(done.error().message, ::testing::Not(HasSubstr("\n")));
}

constexpr const char* kNotDirectly =
    "invoking the NVIDIA Container Runtime Hook directly (e.g. specifying the docker --gpus flag) "
    "is "
    "not supported. Please use the NVIDIA Container Runtime (e.g. specify the --runtime=nvidia "
    "flag) "
    "instead";

TEST_F(RunPrestart, ServesOnlyInItsOwnModes) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=8")");
  for (const char* const mode : {"cdi", "csv", "jit-cdi"}) {
    const auto read =
        parse_config("nvidia-container-runtime.mode = \"" + std::string(mode) + "\"", "config");
    ASSERT_THAT(read, Succeeds());
    config_.runtime = read->runtime;
    config_.hook = read->hook;
    EXPECT_THAT(run(config_), FailsWith(ErrorCode::kUnsupported, kNotDirectly));
    EXPECT_THAT(run(config_).error().message, HasSubstr(mode));
    config_.hook.skip_mode_detection = true;
    EXPECT_THAT(run(config_), FailsWith(ErrorCode::kNotFound, "'8'"));
  }
}

// Mode "auto" then means "cdi", which is the shim's.
TEST_F(RunPrestart, NamesInTheWayOfCdiAloneAreTheShims) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=nvidia.com/gpu=8,nvidia.com/gpu=9")");
  EXPECT_THAT(run(config_), FailsWith(ErrorCode::kUnsupported, kNotDirectly));
  config_.runtime.mode = RuntimeMode::kLegacy;
  EXPECT_THAT(run(config_), FailsWith(ErrorCode::kNotFound, "8"));
  config_.runtime.mode = RuntimeMode::kAuto;
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=8,nvidia.com/gpu=9")");
  EXPECT_THAT(run(config_), FailsWith(ErrorCode::kNotFound, "'8'"));
}

// They are not checked against accept-nvidia-visible-devices-envvar-when-unprivileged.
TEST_F(RunPrestart, AnnotationsAreNoRequest) {
  config_.accept.env_when_unprivileged = false;
  config_.accept.pod_annotation_keys = {"nvidia.com/gpus"};
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=0")",
             R"(,"annotations":{"cdi.k8s.io/x":"nvidia.com/gpu=0","nvidia.com/gpus":"0"})");
  EXPECT_THAT(run(config_), Succeeds());
  EXPECT_THAT(decisions_, IsEmpty());
}

// What users and their scripts look for.
TEST_F(RunPrestart, SaysInTheWordsOfTheClassicHookWhatItCannotRead) {
  const std::string process = R"("process":{"env":["NVIDIA_VISIBLE_DEVICES=0"]})";
  const struct {
    std::string spec;
    const char* message;
  } rows[] = {
      {"{", "could not decode OCI spec: "},
      {R"({"process":{"env":"NVIDIA_VISIBLE_DEVICES"}})", "could not decode OCI spec: "},
      {"{" + process + R"(,"root":{"path":"rootfs"}})", "Version is empty in OCI spec"},
      {R"({"ociVersion":"1.2.0",)" + process + "}", "Root is empty in OCI spec"},
      {R"({"ociVersion":"1.2.0","mounts":[{"source":"/dev/null",)"
       R"("destination":"/var/run/nvidia-container-devices/0"}],"root":{"path":"rootfs"}})",
       "Process is empty in OCI spec"},
  };
  config_.accept.volume_mounts = true;
  for (const auto& row : rows) {
    tree_.file("bundle/config.json", row.spec == "{" ? "{\"NVIDIA_VISIBLE_DEVICES" : row.spec);
    const auto done = run(config_);
    ASSERT_FALSE(done) << row.message;
    EXPECT_THAT(done.error().message, ::testing::StartsWith(row.message));
  }
  EXPECT_THAT(run("{", config_),
              FailsWith(ErrorCode::kInvalidRequest, "could not decode container state: "));
  EXPECT_THAT(run(R"({"pid":1,"bundle":"/absent"})", config_),
              FailsWith(ErrorCode::kNotFound, "could not open OCI spec: "));
}

TEST_F(RunPrestart, WhatWasDecidedIsKnownAlsoAfterAFailure) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=8")");
  config_.hook.no_cgroups = true;
  EXPECT_FALSE(run(config_));
  EXPECT_THAT(decisions_,
              ::testing::Contains(::testing::Field(&Decision::subject, "device rules")));
}

TEST_F(RunPrestart, RefusesAStateThatTellsNoProcess) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=0")");
  EXPECT_THAT(run(R"({"pid":0,"bundle":")" + tree_.path("bundle") + R"("})", config_),
              FailsWith(ErrorCode::kInvalidRequest, "pid"));
  EXPECT_THAT(run("{}", config_), FailsWith(ErrorCode::kInvalidRequest, "bundle"));
  EXPECT_THAT(run(R"({"pid":1,"bundle":"/absent"})", config_),
              FailsWith(ErrorCode::kNotFound, "/absent"));
}

}  // namespace
}  // namespace nvinject::compat
