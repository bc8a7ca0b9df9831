// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "compat/cli/commands.h"
#include "compat/cli/device_request.h"
#include "compat/cli/inspect_driver.h"
#include "compat/cli/print_list.h"
#include "core/grant/grant.h"
#include "core/inventory/complete_inventory.h"
#include "core/inventory/firmware.h"
#include "core/os/driver_root.h"
#include "core/plan/capability_table.h"

namespace nvinject::compat {
namespace {

// Only what is printed is looked for.
WantedFiles wanted_by(const CommandLine& line) {
  WantedFiles wanted = wanted_files(CapabilitySet::all());
  wanted.libraries_32 = line.wanted.compat32;
  wanted.mig_management = line.wanted.mig_config || line.wanted.mig_monitor;
  if (!line.list.libraries) wanted.libraries.clear();
  if (!line.list.binaries) wanted.programs.clear();
  if (!line.list.ipcs) wanted.sockets.clear();
  return wanted;
}

ExtraFiles find_extra_files(const CommandLine& line, const Roots& roots,
                            const Inventory& inventory) {
  ExtraFiles extra;
  if (line.list.firmwares) {
    const auto root = DriverRoot::open(roots.driver);
    if (root) extra.firmware = scan_firmware(*root, inventory.driver_version);
  }
  return extra;
}

// What MIG devices are called is known to the driver alone.
Result<Inventory> with_names(Inventory inventory, const CommandLine& line, const Roots& roots) {
  const auto request = make_device_request(line.wanted);
  if (!request || evidence_needed(*request, {}, inventory) != Evidence::kProbe) return inventory;
  return complete_inventory(std::move(inventory), roots, {});
}

}  // namespace

Answer list_components(const CommandLine& line, const Roots& roots) {
  Answer answer;
  auto inspected = inspect_driver(line, roots, wanted_by(line), answer);
  if (!inspected) return answer;
  const auto inventory = with_names(*std::move(inspected), line, roots);
  if (!inventory) {
    answer.failure = Failure::kDetection;
    answer.problem = inventory.error().message;
    return answer;
  }
  auto text = print_list(*inventory, find_extra_files(line, roots, *inventory), line);
  if (text) {
    answer.output = *std::move(text);
  } else {
    answer.failure = Failure::kDevice;
    answer.problem = std::move(text).error().message;
  }
  append(answer.notes, inventory->findings);
  return answer;
}

}  // namespace nvinject::compat
