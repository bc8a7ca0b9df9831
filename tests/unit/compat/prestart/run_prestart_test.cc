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

  void write_spec(const std::string& env) const {
    tree_.file("bundle/config.json", R"({"ociVersion":"1.2.0","process":{"env":[)" + env +
                                         R"(]},"root":{"path":"rootfs"}})");
  }

  [[nodiscard]] Result<Decisions> run(const std::string& state,
                                      const Result<Config>& config) const {
    tree_.file("state", state);
    const UniqueFd fd(::open(tree_.path("state").c_str(), O_RDONLY | O_CLOEXEC));
    return run_prestart(fd.get(), config);
  }
  [[nodiscard]] Result<Decisions> run(const Result<Config>& config) const {
    return run(R"({"pid":)" + std::to_string(::getpid()) + R"(,"bundle":")" + tree_.path("bundle") +
                   R"("})",
               config);
  }

  DriverRootTree node_ = DriverRootTree::from_fixture("debian-550");
  TempTree tree_;
  Config config_;
};

TEST_F(RunPrestart, LeavesWhoAsksForNothingAloneWhateverIsBroken) {
  for (const char* const env : {"", R"("NVIDIA_VISIBLE_DEVICES=void")", R"("PATH=/bin")"}) {
    write_spec(env);
    const auto done = run(kBrokenConfig);
    ASSERT_THAT(done, Succeeds()) << env;
    EXPECT_THAT(*done, IsEmpty()) << env;
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

TEST_F(RunPrestart, ServesOnlyInItsOwnModes) {
  write_spec(R"("NVIDIA_VISIBLE_DEVICES=8")");
  for (const RuntimeMode mode : {RuntimeMode::kCdi, RuntimeMode::kCsv}) {
    config_.runtime.mode = mode;
    config_.hook.skip_mode_detection = false;
    EXPECT_THAT(run(config_), FailsWith(ErrorCode::kUnsupported, "--runtime=nvidia"));
    config_.hook.skip_mode_detection = true;
    EXPECT_THAT(run(config_), FailsWith(ErrorCode::kNotFound, "'8'"));
  }
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
