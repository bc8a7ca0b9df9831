// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "compat/cli/commands.h"
#include "compat/cli/inspect_driver.h"
#include "compat/cli/print_info.h"
#include "core/plan/capability_table.h"

namespace nvinject::compat {

Answer report_driver(const CommandLine& line, const Roots& roots,
                     const CompletionOptions& options) {
  Answer answer;
  // "utility" brings NVML, and the probe looks for that beside what the scan found.
  auto inventory = inspect_driver(line, roots, wanted_files({Capability::kUtility}), answer);
  if (!inventory) return answer;
  const bool all_broken = std::all_of(inventory->gpus.begin(), inventory->gpus.end(),
                                      [](const Gpu& gpu) { return !gpu.broken.empty(); });
  if (!all_broken) {
    auto complete = complete_inventory(*std::move(inventory), roots, options);
    if (!complete) {
      answer.failure = Failure::kDetection;
      answer.problem = std::move(complete).error().message;
      return answer;
    }
    inventory = *std::move(complete);
  }
  answer.output = print_info(*inventory, line.info);
  append(answer.notes, inventory->findings);
  return answer;
}

}  // namespace nvinject::compat
