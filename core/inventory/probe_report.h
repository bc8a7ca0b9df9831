// SPDX-License-Identifier: Apache-2.0
#pragma once

// What nvinject-probe says, as a value. Driver code ran in the process that wrote the text, so
// nothing in it is believed before its type, length and spelling are checked; that includes what
// was kept in a file.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/inventory/inventory.h"
#include "core/json/json.h"

namespace nvinject {

struct ProbedGpu {
  std::string bus_id;  // as in Gpu; empty: the GPU failed before it could say which it is
  std::string uuid;    // empty: unknown
  std::optional<std::string> brand;
  std::optional<std::string> architecture;
  std::vector<MigDevice> mig_devices;
  std::string error;  // why it did not tell everything; empty when it did
  bool operator==(const ProbedGpu&) const = default;
};

struct ProbeReport {
  std::string driver_version;               // empty: unknown
  std::optional<std::string> cuda_version;  // "12.4"
  std::vector<ProbedGpu> gpus;
  std::string error;  // why not all GPUs were asked; empty when all were
  bool operator==(const ProbeReport&) const = default;
};

// Whether the driver said anything about the GPU there, if only that it failed.
[[nodiscard]] bool tells_of(const ProbeReport& report, std::string_view bus_id);

// The document of core/probe/report.h. Anything else is kInvalidRequest.
[[nodiscard]] Result<ProbeReport> parse_probe_report(std::string_view text);

// The same for what is kept of it: {"cuda_version":T, "gpus":[GPU...], "error":T} with GPU's
// members bus_id, uuid, brand, architecture, mig_devices and error. Never a path, never a device
// number.
[[nodiscard]] Json make_facts_json(const ProbeReport& report);
[[nodiscard]] Result<ProbeReport> parse_facts(const Json& facts);

}  // namespace nvinject
