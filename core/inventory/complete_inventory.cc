// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/complete_inventory.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/inventory/nvml_probe.h"

namespace nvinject {
namespace {

std::string name_of(const Gpu& gpu) { return "GPU " + std::to_string(gpu.index); }

void take_mig_facts(Gpu& gpu, const ProbedGpu& probed, Decisions& findings) {
  for (const MigDevice& device : probed.mig_devices) {
    const auto same =
        std::find_if(gpu.mig_devices.begin(), gpu.mig_devices.end(), [&](const MigDevice& shown) {
          return shown.gpu_instance == device.gpu_instance &&
                 shown.compute_instance == device.compute_instance;
        });
    if (same == gpu.mig_devices.end()) {
      findings.push_back({"MIG device " + std::to_string(device.gpu_instance) + "/" +
                              std::to_string(device.compute_instance) + " of " + name_of(gpu),
                          "ignored", "NVML knows it, /proc/driver/nvidia does not show it"});
    } else {
      if (same->uuid.empty()) same->uuid = device.uuid;
      if (!same->index) same->index = device.index;
    }
  }
}

void take_uuid(Gpu& gpu, const std::string& uuid, Decisions& findings) {
  if (!gpu.uuid.empty() || uuid.empty()) return;
  gpu.uuid = uuid;
  std::erase_if(findings, [&](const Decision& finding) {
    return finding.subject == name_of(gpu) && finding.choice == kNotNamed;
  });
}

void take_facts(Gpu& gpu, const ProbedGpu& probed, Decisions& findings) {
  take_uuid(gpu, probed.uuid, findings);
  if (!gpu.brand) gpu.brand = probed.brand;
  if (!gpu.architecture) gpu.architecture = probed.architecture;
  take_mig_facts(gpu, probed, findings);
  if (!probed.error.empty()) {
    findings.push_back({name_of(gpu), "partly known", "NVML answers " + quote(probed.error)});
  }
}

// The probe, and the facts kept for the next process. Not being able to keep them is no failure.
Result<ProbeReport> ask_driver(Inventory& inventory, const Roots& roots,
                               const CompletionOptions& options, const FactCache* cache) {
  NVINJECT_ASSIGN_OR_RETURN(ProbeReport report, run_nvml_probe(inventory, roots, options.probe));
  if (cache == nullptr) return report;
  if (const auto written = cache->write(report); !written) {
    inventory.findings.push_back({"fact cache", "not written", written.error().message});
  }
  return report;
}

Result<ProbeReport> find_report(Inventory& inventory, const Roots& roots,
                                const CompletionOptions& options) {
  const auto cache = FactCache::open(roots.state, roots.proc, inventory);
  if (!cache) {
    inventory.findings.push_back({"fact cache", "not used", cache.error().message});
    return ask_driver(inventory, roots, options, nullptr);
  }
  if (auto kept = cache->read(options.freshness)) return kept;
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd lock, cache->lock(options.lock_deadline));
  // Whoever held the lock before us asked the same question.
  auto kept = cache->read(options.freshness);
  if (kept) return kept;
  if (kept.error().code != ErrorCode::kNotFound) {
    inventory.findings.push_back({"fact cache", "ignored", kept.error().message});
  }
  return ask_driver(inventory, roots, options, &*cache);
}

}  // namespace

Inventory with_probed_facts(Inventory inventory, const ProbeReport& report) {
  Decisions& findings = inventory.findings;
  if (!inventory.cuda_version) inventory.cuda_version = report.cuda_version;
  for (const ProbedGpu& probed : report.gpus) {
    const auto gpu = std::find_if(inventory.gpus.begin(), inventory.gpus.end(),
                                  [&](const Gpu& shown) { return shown.bus_id == probed.bus_id; });
    if (gpu != inventory.gpus.end()) {
      take_facts(*gpu, probed, findings);
    } else {
      const std::string name = probed.bus_id.empty() ? "a GPU" : "GPU at " + probed.bus_id;
      findings.push_back({name, "ignored",
                          probed.error.empty()
                              ? "NVML knows it, /proc/driver/nvidia does not show it"
                              : "NVML answers " + quote(probed.error)});
    }
  }
  for (const Gpu& gpu : inventory.gpus) {
    if (!tells_of(report, gpu.bus_id)) {
      findings.push_back({name_of(gpu), "not probed", "NVML does not show it"});
    }
  }
  if (!report.error.empty()) {
    findings.push_back({"probe", "cut short", "it says " + quote(report.error)});
  }
  return inventory;
}

void keep_uuids(Inventory& inventory, const Inventory& before) {
  if (inventory.driver_version != before.driver_version) return;
  for (Gpu& gpu : inventory.gpus) {
    const auto same = std::find_if(before.gpus.begin(), before.gpus.end(), [&](const Gpu& known) {
      return known.bus_id == gpu.bus_id && known.minor == gpu.minor && known.model == gpu.model;
    });
    if (same != before.gpus.end()) take_uuid(gpu, same->uuid, inventory.findings);
  }
}

Result<Inventory> complete_inventory(Inventory inventory, const Roots& roots,
                                     const CompletionOptions& options) {
  if (inventory.gpus.empty()) return inventory;
  auto report = find_report(inventory, roots, options);
  if (!report)
    return tl::unexpected(std::move(report).error().wrap("ask the driver about its GPUs"));
  return with_probed_facts(std::move(inventory), *report);
}

Result<Inventory> complete_from_cache(Inventory inventory, const Roots& roots) {
  NVINJECT_ASSIGN_OR_RETURN(const FactCache cache,
                            FactCache::open(roots.state, roots.proc, inventory));
  NVINJECT_ASSIGN_OR_RETURN(const ProbeReport report, cache.read(Freshness::kCached));
  return with_probed_facts(std::move(inventory), report);
}

}  // namespace nvinject
