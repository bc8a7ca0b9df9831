// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/probe_report.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/base/bus_id.h"
#include "core/base/text.h"

namespace nvinject {
namespace {

constexpr std::int64_t kSchema = 1;
constexpr std::size_t kMaxReportedGpus = 256;
constexpr std::size_t kMaxMigDevices = 64;
constexpr std::size_t kMaxNameBytes = 96;
constexpr std::size_t kMaxErrorBytes = 1024;
constexpr std::int64_t kMaxInstance = 1024;

using Spelling = bool (*)(std::string_view);

bool is_plain(std::string_view text) {
  return !text.empty() && text.size() <= kMaxNameBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

// "GPU-2a84b6fb-5c7d-4e87-95e4-00e3fbafbfba", "MIG-…", and before driver 470 "MIG-GPU-…/1/0".
bool is_uuid(std::string_view text) {
  return text.size() > 4 && is_plain(text) &&
         (text.starts_with("GPU-") || text.starts_with("MIG-")) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '-' || c == '/';
         });
}

// "9.0", "12.4"
bool is_version(std::string_view text) {
  const auto parts = split(text, '.');
  return parts.size() == 2 && parse_unsigned<std::uint16_t>(parts[0]) &&
         parse_unsigned<std::uint16_t>(parts[1]);
}

bool is_bus_id(std::string_view text) { return normalise_bus_id(text) == text; }

bool is_error(std::string_view text) { return text.size() <= kMaxErrorBytes; }

tl::unexpected<Error> misspelt(std::string_view key, std::string_view text) {
  return fail(ErrorCode::kInvalidRequest,
              "read " + quote(key) + ": " + quote(text) + " is not what it should be");
}

// The text of a member; empty when it is null or not there.
Result<std::string> read_text(const Json& object, std::string_view key, Spelling is_right) {
  NVINJECT_ASSIGN_OR_RETURN(auto text, find_string(object, key, ""));
  if (!text || text->empty()) return std::string();
  if (!is_right(*text)) return misspelt(key, *text);
  return *std::move(text);
}

Result<std::optional<std::string>> read_optional(const Json& object, std::string_view key,
                                                 Spelling is_right) {
  NVINJECT_ASSIGN_OR_RETURN(std::string text, read_text(object, key, is_right));
  if (text.empty()) return std::nullopt;
  return std::optional<std::string>(std::move(text));
}

Result<unsigned> read_instance(const Json& object, std::string_view key) {
  NVINJECT_ASSIGN_OR_RETURN(const auto number, find_integer(object, key, ""));
  if (!number || *number < 0 || *number > kMaxInstance) {
    return fail(ErrorCode::kInvalidRequest, "read " + quote(key) + ": missing or out of range");
  }
  return static_cast<unsigned>(*number);
}

Result<const Json*> read_list(const Json& object, std::string_view key, std::size_t limit) {
  NVINJECT_ASSIGN_OR_RETURN(const Json* const list, find_array(object, key, ""));
  if (list == nullptr || list->size() > limit) {
    return fail(ErrorCode::kInvalidRequest, "read " + quote(key) + ": missing or too long");
  }
  return list;
}

Result<void> require_object(const Json& value, std::string_view name) {
  if (value.is_object()) return {};
  return fail(ErrorCode::kInvalidRequest, "read " + quote(name) + ": not an object");
}

// One that NVML could not name is left out: without its numbers it cannot be matched.
Result<std::optional<MigDevice>> read_mig_device(const Json& value) {
  NVINJECT_RETURN_IF_ERROR(require_object(value, "mig_devices"));
  if (find_member(value, "gpu_instance") == nullptr ||
      find_member(value, "compute_instance") == nullptr) {
    return std::nullopt;
  }
  MigDevice device;
  NVINJECT_ASSIGN_OR_RETURN(device.uuid, read_text(value, "uuid", is_uuid));
  NVINJECT_ASSIGN_OR_RETURN(device.gpu_instance, read_instance(value, "gpu_instance"));
  NVINJECT_ASSIGN_OR_RETURN(device.compute_instance, read_instance(value, "compute_instance"));
  if (find_member(value, "index") != nullptr) {
    NVINJECT_ASSIGN_OR_RETURN(device.index, read_instance(value, "index"));
  }
  return device;
}

Result<ProbedGpu> read_gpu(const Json& value) {
  NVINJECT_RETURN_IF_ERROR(require_object(value, "gpus"));
  ProbedGpu gpu;
  NVINJECT_ASSIGN_OR_RETURN(gpu.bus_id, read_text(value, "bus_id", is_bus_id));
  NVINJECT_ASSIGN_OR_RETURN(gpu.uuid, read_text(value, "uuid", is_uuid));
  NVINJECT_ASSIGN_OR_RETURN(gpu.brand, read_optional(value, "brand", is_plain));
  NVINJECT_ASSIGN_OR_RETURN(gpu.architecture, read_optional(value, "architecture", is_version));
  NVINJECT_ASSIGN_OR_RETURN(gpu.error, read_text(value, "error", is_error));
  NVINJECT_ASSIGN_OR_RETURN(const Json* const devices,
                            read_list(value, "mig_devices", kMaxMigDevices));
  for (const Json& device : *devices) {
    NVINJECT_ASSIGN_OR_RETURN(auto mig, read_mig_device(device));
    if (mig) gpu.mig_devices.push_back(*std::move(mig));
  }
  return gpu;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json make_gpu_json(const ProbedGpu& gpu) {
  Json devices = Json::array();
  for (const MigDevice& device : gpu.mig_devices) {
    Json mig = Json::object();
    mig["uuid"] = text_or_null(device.uuid);
    mig["gpu_instance"] = device.gpu_instance;
    mig["compute_instance"] = device.compute_instance;
    mig["index"] = device.index ? Json(*device.index) : Json();
    devices.push_back(std::move(mig));
  }
  Json object = Json::object();
  object["bus_id"] = text_or_null(gpu.bus_id);
  object["uuid"] = text_or_null(gpu.uuid);
  object["brand"] = text_or_null(gpu.brand.value_or(""));
  object["architecture"] = text_or_null(gpu.architecture.value_or(""));
  object["mig_devices"] = std::move(devices);
  object["error"] = text_or_null(gpu.error);
  return object;
}

}  // namespace

Result<ProbeReport> parse_facts(const Json& facts) {
  NVINJECT_RETURN_IF_ERROR(require_object(facts, "facts"));
  ProbeReport report;
  NVINJECT_ASSIGN_OR_RETURN(report.cuda_version, read_optional(facts, "cuda_version", is_version));
  NVINJECT_ASSIGN_OR_RETURN(const Json* const gpus, read_list(facts, "gpus", kMaxReportedGpus));
  for (const Json& value : *gpus) {
    NVINJECT_ASSIGN_OR_RETURN(ProbedGpu gpu, read_gpu(value));
    report.gpus.push_back(std::move(gpu));
  }
  NVINJECT_ASSIGN_OR_RETURN(report.error, read_text(facts, "error", is_error));
  return report;
}

Json make_facts_json(const ProbeReport& report) {
  Json gpus = Json::array();
  for (const ProbedGpu& gpu : report.gpus) gpus.push_back(make_gpu_json(gpu));
  Json facts = Json::object();
  facts["cuda_version"] = text_or_null(report.cuda_version.value_or(""));
  facts["gpus"] = std::move(gpus);
  facts["error"] = text_or_null(report.error);
  return facts;
}

bool tells_of(const ProbeReport& report, std::string_view bus_id) {
  return std::any_of(report.gpus.begin(), report.gpus.end(),
                     [&](const ProbedGpu& gpu) { return gpu.bus_id == bus_id; });
}

Result<ProbeReport> parse_probe_report(std::string_view text) {
  NVINJECT_ASSIGN_OR_RETURN(const Json document, parse_json(text, "the probe's report"));
  NVINJECT_RETURN_IF_ERROR(require_object(document, "report"));
  NVINJECT_ASSIGN_OR_RETURN(const auto schema, find_integer(document, "schema", ""));
  if (schema != kSchema) {
    return fail(ErrorCode::kInvalidRequest, "read 'schema': missing, or of another version");
  }
  NVINJECT_ASSIGN_OR_RETURN(ProbeReport report, parse_facts(document));
  NVINJECT_ASSIGN_OR_RETURN(report.driver_version, read_text(document, "driver_version", is_plain));
  return report;
}

}  // namespace nvinject
