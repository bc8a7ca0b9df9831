// SPDX-License-Identifier: Apache-2.0
#pragma once

// Adds to a scanned inventory what only the driver itself can tell: UUIDs of MIG devices and of
// GPUs that were never used, brand, architecture, and the CUDA version of a branch that the table
// does not know.

#include <chrono>

#include "core/base/result.h"
#include "core/inventory/fact_cache.h"
#include "core/inventory/inventory.h"
#include "core/inventory/probe_command.h"
#include "core/inventory/probe_report.h"
#include "core/inventory/roots.h"

namespace nvinject {

struct CompletionOptions {
  ProbeOptions probe;
  // kRecent where a UUID that somebody asked for is not among the cached facts: a MIG device that
  // was made anew has another one at the same place.
  Freshness freshness = Freshness::kCached;
  // Longer than one probe may take: the one that waits then finds facts, or may ask itself.
  std::chrono::milliseconds lock_deadline = std::chrono::seconds(40);
};

// Matches by bus id and changes nothing that the scan knows. What does not match, and a GPU that
// failed, becomes a finding; such a GPU keeps what /proc shows of it.
[[nodiscard]] Inventory with_probed_facts(Inventory inventory, const ProbeReport& report);

// Gives each GPU whose UUID the driver does not show the one that was known of it before: the same
// model at the same place, with the same minor, of the same driver.
void keep_uuids(Inventory& inventory, const Inventory& before);

// From the fact cache, else from the driver: one process at a time asks, the others wait for its
// answer. An inventory without GPUs comes back as it is. The Error is that the probe as a whole
// failed.
[[nodiscard]] Result<Inventory> complete_inventory(Inventory inventory, const Roots& roots,
                                                   const CompletionOptions& options);

// The same from the fact cache alone: what somebody else has asked the driver. Runs nothing and
// waits for nobody. The Error is why there are no such facts.
[[nodiscard]] Result<Inventory> complete_from_cache(Inventory inventory, const Roots& roots);

}  // namespace nvinject
