// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline/look_at_machine.h"

#include <vector>

#include "core/inventory/lookup.h"
#include "core/inventory/scan.h"
#include "core/os/capabilities.h"
#include "core/os/device_numbers.h"
#include "core/prepare/prepare.h"

namespace nvinject {
namespace {

// Channels that the driver has and the host has no node of.
std::vector<unsigned> channels_without_node(const Inventory& inventory, const WantedFiles& wanted) {
  std::vector<unsigned> channels;
  for (const unsigned channel : wanted.imex_channels_to_make) {
    const auto node = find_imex_channel(inventory.imex_channels, channel);
    if (node && !node->on_host) channels.push_back(channel);
  }
  return channels;
}

void take_report(const Result<PrepareReport>& report, Decisions& notes) {
  if (report) {
    append(notes, report->done);
    append(notes, report->skipped);
  } else {
    notes.push_back({kPreparation, "failed", report.error().message});
  }
}

// The state directory, the nodes and their owners.
const Capabilities kForPreparation = {CAP_MKNOD, CAP_CHOWN, CAP_FOWNER, CAP_DAC_OVERRIDE};

void prepare(const Roots& roots, Decisions& notes) {
  const RaisedCapabilities raised(kForPreparation);
  take_report(prepare_once(roots, {}), notes);
}

void make_channels(const Roots& roots, const std::vector<unsigned>& channels, Decisions& notes) {
  const RaisedCapabilities raised(kForPreparation);
  take_report(prepare_imex_channels(roots, channels, {}), notes);
}

}  // namespace

Result<Inventory> look_at_machine(const Roots& roots, const WantedFiles& wanted,
                                  MayPrepare may_prepare, Decisions& notes) {
  const DeviceNumbers numbers;
  NVINJECT_ASSIGN_OR_RETURN(Inventory inventory, scan(roots, wanted, numbers));
  if (may_prepare == MayPrepare::kNo) return inventory;
  const bool is_unprepared = needs_preparation(inventory, roots, numbers);
  const std::vector<unsigned> channels = channels_without_node(inventory, wanted);
  if (!is_unprepared && channels.empty()) return inventory;
  if (is_unprepared) prepare(roots, notes);
  if (!channels.empty()) make_channels(roots, channels, notes);
  return scan(roots, wanted, numbers);
}

}  // namespace nvinject
