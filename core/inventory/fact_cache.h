// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the probe learnt, kept for the next process in <state>/gpu-facts.json:
//
//   {"schema":1, "key":{"boot_id":T, "driver_version":T, "gpus":[T...]}, "probed_at":N,
//    "facts":{see probe_report.h}}
//
// Facts about GPUs and never a path or a device number: whatever somebody manages to write into the
// file, nothing that is mounted or opened can be changed by it. Anything wrong with it means asking
// again.

#include <chrono>
#include <string>
#include <vector>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/inventory/inventory.h"
#include "core/inventory/probe_report.h"

namespace nvinject {

// Its name below <state>; it is replaced, never written in place.
inline constexpr const char* kFactFile = "gpu-facts.json";

// For what machine the facts are: one difference and they are nobody's.
struct FactKey {
  std::string boot_id;
  std::string driver_version;
  std::vector<std::string> gpus;  // bus id, minor and MIG layout of each, as one text
  bool operator==(const FactKey&) const = default;
};
[[nodiscard]] FactKey make_fact_key(const Inventory& inventory, std::string boot_id);

enum class Freshness {
  kCached,  // what is there; for a minute where a GPU failed or is not among them
  kRecent,  // asked within the last ten seconds
};

class FactCache {
 public:
  // kUnavailable and the like where there is no directory that can be trusted, or no boot id.
  [[nodiscard]] static Result<FactCache> open(const HostPath& state, const HostPath& proc,
                                              const Inventory& inventory);

  // The error is the reason why the facts cannot be used. kNotFound: there are none yet.
  [[nodiscard]] Result<ProbeReport> read(Freshness freshness) const;
  [[nodiscard]] Result<void> write(const ProbeReport& report) const;

  // Held by whoever asks the driver.
  [[nodiscard]] Result<UniqueFd> lock(std::chrono::milliseconds deadline) const;

 private:
  FactCache(UniqueFd directory, FactKey key, std::vector<std::string> sound)
      : directory_(std::move(directory)), key_(std::move(key)), sound_(std::move(sound)) {}
  UniqueFd directory_;
  FactKey key_;
  std::vector<std::string> sound_;  // bus ids of the GPUs that the driver can tell about
};

}  // namespace nvinject
