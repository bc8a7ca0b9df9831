// SPDX-License-Identifier: Apache-2.0

// nvinject-hook: an opt-in createContainer hook for what NRI cannot say. A runtime runs it as root
// beside a container that is being made, and runc hands it the environment of the image
// (CVE-2025-23266). So: a static program, which no LD_… variable means anything to; the environment
// is dropped before anything else; nothing of the container is executed, and its paths are resolved
// by descriptor, in its root only.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string_view>
#include <vector>

#include "compat/hook/run_hook.h"
#include "core/base/text.h"

namespace {

using namespace nvinject;

constexpr int kStandardInput = 0;

// A runtime shows standard error when the hook fails, and else may write it anywhere: one line, and
// none when all went well.
void say(std::string_view text) {
  std::fprintf(stderr, "nvinject-hook: %s\n", without_control_characters(text).c_str());
}

int run(const std::vector<std::string_view>& args) {
  const auto done = compat::run_hook(args, kStandardInput);
  if (!done) {
    say(done.error().message);
    return EXIT_FAILURE;
  }
  for (const Decision& decision : *done) {
    if (decision.choice == "skipped") say(decision.subject + ": skipped: " + decision.reason);
  }
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  ::clearenv();
  try {
    return run(std::vector<std::string_view>(argv + (argc > 0 ? 1 : 0), argv + argc));
  } catch (const std::exception& problem) {
    say(problem.what());
    return EXIT_FAILURE;
  }
}
