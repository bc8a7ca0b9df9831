// SPDX-License-Identifier: Apache-2.0
#include "core/config/ignored_keys.h"

#include <gmock/gmock.h>

#include <string>

#include "core/config/config.h"
#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::Decides;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::Succeeds;

Decisions warnings_of(const std::string& line) {
  const auto config = parse_config(line + "\n", "c.toml");
  EXPECT_THAT(config, Succeeds()) << line;
  return config ? config->warnings : Decisions{};
}

TEST(IgnoredKeys, AreAWarningWhereTheyAskForSomething) {
  struct Row {
    std::string key;
    const char* value;
    const char* reason;
  };
  const std::string jit = "nvidia-container-runtime.modes.jit-cdi.";
  for (const Row& row : {
           Row{"nvidia-container-cli.path", R"("/opt/nvidia-container-cli")", "runs no"},
           Row{"nvidia-container-cli.user", R"("nobody:video")", "another user's"},
           Row{"nvidia-container-cli.no-pivot", "true", "root directory"},
           Row{"nvidia-container-cli.ldconfig", R"("@/opt/ld")", "without ldconfig"},
           Row{"nvidia-container-cli.environment", R"(["LANG=C", "PATH"])", "LANG, PATH"},
           Row{"nvidia-ctk.path", R"("/opt/nvidia-ctk")", "nvidia-ctk"},
           Row{"nvidia-container-runtime.modes.csv.mount-spec-path", R"("/opt")", "csv"},
           Row{"nvidia-container-runtime.modes.csv.compat-container-root", R"("/opt")", "csv"},
           Row{jit + "nvcdi-feature-flags", R"(["a"])", "nvidia-ctk"},
           Row{jit + "nvcdi-disable-hooks", R"(["all"])", "nvinject.ld-cache"},
       }) {
    EXPECT_THAT(warnings_of(row.key + " = " + row.value),
                ElementsAre(Decides(row.key, "no effect", row.reason)));
  }
}

TEST(IgnoredKeys, AreSilentWithWhatPackagesWrite) {
  for (const char* const line : {
           R"(nvidia-container-cli.path = "")",
           R"(nvidia-container-cli.path = "/usr/bin/nvidia-container-cli")",
           R"(nvidia-container-cli.user = "root:video")",
           "nvidia-container-cli.no-pivot = false",
           R"(nvidia-container-cli.ldconfig = "@/run/nvidia/driver/sbin/ldconfig.real")",
           R"(nvidia-container-cli.environment = ["CUDA_MPS_PIPE_DIRECTORY=/run/mps"])",
           R"(nvidia-ctk.path = "/usr/bin/nvidia-ctk")",
           "nvidia-container-runtime.modes.jit-cdi.nvcdi-disable-hooks = []",
           "features.allow-unknown-oci-spec-fields = true",
       }) {
    EXPECT_THAT(warnings_of(line), IsEmpty()) << line;
  }
}

TEST(IgnoredKeys, HaveTheirType) {
  for (const KeyRow& row : ignored_key_table()) {
    const std::string key(row.key);
    EXPECT_THAT(parse_config(key + " = 1\n", "c.toml"),
                FailsWith(ErrorCode::kInvalidRequest, "'" + key + "'"));
  }
}

}  // namespace
}  // namespace nvinject
