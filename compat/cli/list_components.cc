// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "compat/cli/commands.h"
#include "compat/cli/inspect_driver.h"
#include "compat/cli/print_list.h"
#include "core/inventory/firmware.h"
#include "core/os/driver_root.h"
#include "core/plan/capability_table.h"

namespace nvinject::compat {
namespace {

// Only what is printed is looked for.
WantedFiles wanted_by(const CommandLine& line) {
  WantedFiles wanted = wanted_files(CapabilitySet::all());
  wanted.libraries_32 = line.wanted.compat32;
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
  const DeviceOptions& wanted = line.wanted;
  if (wanted.devices || wanted.mig_config || wanted.mig_monitor) {
    extra.capabilities = scan_capability_files(roots, inventory);
  }
  return extra;
}

}  // namespace

Answer list_components(const CommandLine& line, const Roots& roots) {
  Answer answer;
  const auto inventory = inspect_driver(line, roots, wanted_by(line), answer);
  if (!inventory) return answer;
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
