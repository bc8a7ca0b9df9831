// SPDX-License-Identifier: Apache-2.0
#include "compat/prestart/prestart_argv.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;

TEST(PrestartArgv, IsReadAsTheClassicHookReadsIt) {
  struct Row {
    std::vector<std::string_view> args;
    PrestartCommand command;
  };
  const Row rows[] = {
      {{"prestart"}, {.verb = PrestartVerb::kPrestart}},
      {{"poststart"}, {.verb = PrestartVerb::kPoststart}},
      {{"poststop"}, {.verb = PrestartVerb::kPoststop}},
      {{"-debug", "prestart"}, {.verb = PrestartVerb::kPrestart, .debug = true}},
      {{"--debug=false", "prestart"}, {.verb = PrestartVerb::kPrestart}},
      {{"-config", "/a", "prestart"}, {.verb = PrestartVerb::kPrestart, .config_file = "/a"}},
      {{"--config=/a=b", "prestart"}, {.verb = PrestartVerb::kPrestart, .config_file = "/a=b"}},
      {{"--", "prestart"}, {.verb = PrestartVerb::kPrestart}},
      {{"prestart", "-debug", "more"}, {.verb = PrestartVerb::kPrestart}},
      {{"-version"}, {.version = true}},
      {{"-h"}, {.help = true}},
      {{"-debug", "--help", "-x"}, {.help = true, .debug = true}},
  };
  for (const Row& row : rows) {
    const auto command = parse_prestart_argv(row.args);
    ASSERT_TRUE(command) << row.args.front();
    EXPECT_EQ(*command, row.command) << row.args.front();
  }
}

TEST(PrestartArgv, ThatIsNoneIsRefusedByName) {
  struct Row {
    std::vector<std::string_view> args;
    const char* named;
  };
  const Row rows[] = {
      {{}, "no command"},         {{"-debug"}, "no command"},
      {{"create"}, "'create'"},   {{"createRuntime"}, "'createRuntime'"},
      {{"-x", "prestart"}, "-x"}, {{"-debug=2", "prestart"}, "-debug=2"},
      {{"-config"}, "-config"},   {{"-"}, "'-'"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(parse_prestart_argv(row.args), FailsWith(ErrorCode::kInvalidRequest, row.named))
        << row.named;
  }
}

}  // namespace
}  // namespace nvinject::compat
