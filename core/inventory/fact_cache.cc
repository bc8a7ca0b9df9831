// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/fact_cache.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/json/json.h"
#include "core/os/boot.h"
#include "core/os/file.h"
#include "core/os/state_directory.h"

namespace nvinject {
namespace {

constexpr std::int64_t kFactSchema = 1;
constexpr const char* kLockName = "probe.lock";
constexpr std::size_t kMaxFactBytes = 1024UL * 1024UL;
// A GPU that failed may work again (a reset, a driver that was just starting); asking costs
// seconds.
constexpr std::chrono::seconds kLifeOfFailure{60};
constexpr std::chrono::seconds kRecently{10};

std::string make_gpu_key(const Gpu& gpu) {
  std::string key = gpu.bus_id + " minor " + (gpu.minor ? std::to_string(*gpu.minor) : "unknown");
  if (gpu.mig_enabled) key += " mig";
  for (const MigDevice& device : gpu.mig_devices) {
    key.append(" ")
        .append(std::to_string(device.gpu_instance))
        .append("/")
        .append(std::to_string(device.compute_instance))
        .append("@")
        .append(std::to_string(device.shown_since));
  }
  return key;
}

Json make_key_json(const FactKey& key) {
  Json object = Json::object();
  object["boot_id"] = key.boot_id;
  object["driver_version"] = key.driver_version;
  object["gpus"] = key.gpus;
  return object;
}

// Whether the driver told about all GPUs that it can tell about.
bool is_whole(const ProbeReport& report, const std::vector<std::string>& sound) {
  return report.error.empty() &&
         std::all_of(report.gpus.begin(), report.gpus.end(),
                     [](const ProbedGpu& gpu) { return gpu.error.empty(); }) &&
         std::all_of(sound.begin(), sound.end(),
                     [&](const std::string& bus_id) { return tells_of(report, bus_id); });
}

std::vector<std::string> bus_ids_of_sound(const Inventory& inventory) {
  std::vector<std::string> bus_ids;
  for (const Gpu& gpu : inventory.gpus) {
    if (gpu.broken.empty()) bus_ids.push_back(gpu.bus_id);
  }
  return bus_ids;
}

Result<void> check_age(std::int64_t probed_at, bool whole, Freshness freshness) {
  const std::chrono::seconds now = time_since_boot();
  if (probed_at < 0 || probed_at > now.count()) {
    return fail(ErrorCode::kInvalidRequest, "read 'probed_at': not a time since the boot");
  }
  const std::chrono::seconds age = now - std::chrono::seconds(probed_at);
  if (freshness == Freshness::kRecent && age > kRecently) {
    return fail(ErrorCode::kUnavailable, "the facts are " + std::to_string(age.count()) + " s old");
  }
  if (!whole && age > kLifeOfFailure) {
    return fail(ErrorCode::kUnavailable,
                "a GPU did not answer " + std::to_string(age.count()) + " s ago");
  }
  return {};
}

}  // namespace

FactKey make_fact_key(const Inventory& inventory, std::string boot_id) {
  FactKey key{
      .boot_id = std::move(boot_id), .driver_version = inventory.driver_version, .gpus = {}};
  for (const Gpu& gpu : inventory.gpus) key.gpus.push_back(make_gpu_key(gpu));
  return key;
}

Result<FactCache> FactCache::open(const HostPath& state, const HostPath& proc,
                                  const Inventory& inventory) {
  NVINJECT_ASSIGN_OR_RETURN(std::string boot_id, read_boot_id(proc));
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd directory, open_state_directory(state));
  return FactCache(std::move(directory), make_fact_key(inventory, std::move(boot_id)),
                   bus_ids_of_sound(inventory));
}

Result<ProbeReport> FactCache::read(Freshness freshness) const {
  NVINJECT_ASSIGN_OR_RETURN(const std::string text,
                            read_state_file(directory_.get(), kFactFile, kMaxFactBytes));
  NVINJECT_ASSIGN_OR_RETURN(const Json document, parse_json(text, kFactFile));
  NVINJECT_ASSIGN_OR_RETURN(const auto schema, find_integer(document, "schema", ""));
  if (schema != kFactSchema)
    return fail(ErrorCode::kUnsupported, "the facts are of another schema");
  const Json* const key = find_member(document, "key");
  if (key == nullptr || *key != make_key_json(key_)) {
    return fail(ErrorCode::kUnavailable,
                "the facts are of another boot, driver version, device list or MIG layout");
  }
  NVINJECT_ASSIGN_OR_RETURN(const auto probed_at, find_integer(document, "probed_at", ""));
  const Json* const facts = find_member(document, "facts");
  if (!probed_at || facts == nullptr) {
    return fail(ErrorCode::kInvalidRequest, "read the facts: a member is missing");
  }
  NVINJECT_ASSIGN_OR_RETURN(ProbeReport report, parse_facts(*facts));
  NVINJECT_RETURN_IF_ERROR(check_age(*probed_at, is_whole(report, sound_), freshness));
  return report;
}

Result<void> FactCache::write(const ProbeReport& report) const {
  Json document = Json::object();
  document["schema"] = kFactSchema;
  document["key"] = make_key_json(key_);
  document["probed_at"] = time_since_boot().count();
  document["facts"] = make_facts_json(report);
  return write_file_atomically(directory_.get(), kFactFile, print_json(document) + "\n",
                               {.uid = ::geteuid(), .gid = ::getegid(), .mode = 0600});
}

Result<UniqueFd> FactCache::lock(std::chrono::milliseconds deadline) const {
  return open_lock(directory_.get(), kLockName, deadline);
}

}  // namespace nvinject
