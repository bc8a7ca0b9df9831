// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/inspect_driver.h"

#include <utility>

#include "core/pipeline/look_at_machine.h"

namespace nvinject::compat {

std::optional<Inventory> inspect_driver(const CommandLine& line, const Roots& roots,
                                        const WantedFiles& wanted, Answer& answer) {
  auto inventory = look_at_machine(
      roots, wanted, line.load_kmods ? MayPrepare::kYes : MayPrepare::kNo, answer.notes);
  if (!inventory) {
    answer.problem = std::move(inventory).error().message;
  } else if (!inventory->kernel_module_loaded) {
    // The words that users and their scripts know.
    answer.problem =
        "nvml error: driver not loaded: the kernel module nvidia is not there ('nvinject prepare' "
        "loads it, or says why it cannot)";
  } else {
    return *std::move(inventory);
  }
  for (const Decision& note : answer.notes) {
    if (note.subject == kPreparation) answer.problem.append("; ").append(note.reason);
  }
  answer.failure = Failure::kInitialization;
  return std::nullopt;
}

}  // namespace nvinject::compat
