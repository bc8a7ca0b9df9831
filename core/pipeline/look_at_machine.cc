// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline/look_at_machine.h"

#include "core/inventory/scan.h"
#include "core/os/capabilities.h"
#include "core/os/device_numbers.h"
#include "core/prepare/prepare.h"

namespace nvinject {
namespace {

void append(Decisions& all, const Decisions& more) {
  all.insert(all.end(), more.begin(), more.end());
}

// The state directory, the nodes and their owners.
Result<PrepareReport> prepare(const Roots& roots) {
  const RaisedCapabilities raised({CAP_MKNOD, CAP_CHOWN, CAP_FOWNER, CAP_DAC_OVERRIDE});
  return prepare_once(roots, {});
}

}  // namespace

Result<Inventory> look_at_machine(const Roots& roots, const WantedFiles& wanted,
                                  MayPrepare may_prepare, Decisions& notes) {
  const DeviceNumbers numbers;
  NVINJECT_ASSIGN_OR_RETURN(Inventory inventory, scan(roots, wanted, numbers));
  if (may_prepare == MayPrepare::kNo || !needs_preparation(inventory, roots, numbers)) {
    return inventory;
  }
  const auto report = prepare(roots);
  if (report) {
    append(notes, report->done);
    append(notes, report->skipped);
  } else {
    notes.push_back({kPreparation, "failed", report.error().message});
  }
  return scan(roots, wanted, numbers);
}

}  // namespace nvinject
