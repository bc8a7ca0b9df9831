// SPDX-License-Identifier: Apache-2.0

// Asks the real runc how it reads the lines of runc_argv_cases.h, so that the table cannot drift
// from it. Every line ends in an error before runc touches anything: there is no such bundle.

#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "tests/support/temp_tree.h"
#include "tests/unit/compat/runtime/runc_argv_cases.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::TempTree;

constexpr const char* kRunc = "/usr/sbin/runc";

std::string shell_quoted(std::string_view word) {
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// What runc prints for `arguments` in an empty directory, with its state in that directory.
std::string ask_runc(const std::vector<std::string_view>& arguments) {
  const TempTree tree;
  tree.directory("empty");
  std::string line = "cd " + shell_quoted(tree.path("empty")) + " && " + kRunc + " --root " +
                     shell_quoted(tree.path("state"));
  for (const std::string_view argument : arguments) line += " " + shell_quoted(argument);
  line += " 2>&1 </dev/null";
  std::FILE* const pipe = ::popen(line.c_str(), "r");
  std::string printed;
  std::array<char, 4096> bytes{};
  while (const std::size_t got = std::fread(bytes.data(), 1, bytes.size(), pipe)) {
    printed.append(bytes.data(), got);
  }
  ::pclose(pipe);
  return printed;
}

TEST(RealRunc, ReadsEachLineAsTheTableSays) {
  if (::access(kRunc, X_OK) != 0) GTEST_SKIP() << "no " << kRunc;
  for (const RuncArgvCase& row : kRuncArgvCases) {
    if (row.runc_says.empty()) continue;
    EXPECT_THAT(ask_runc(row.arguments), ::testing::HasSubstr(row.runc_says)) << row.name;
  }
}

}  // namespace
}  // namespace nvinject::compat
