// SPDX-License-Identifier: Apache-2.0
#include "core/request/device_id.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/base/bus_id.h"
#include "core/base/text.h"
#include "core/request/cdi_name.h"

namespace nvinject {
namespace {

constexpr std::size_t kUuidLength = 36;  // 8-4-4-4-12
// Far more than any name needs: CDI names and leading zeros have no limit of their own.
constexpr std::size_t kMaxIdLength = 256;

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// A UUID or the beginning of one.
bool is_uuid_prefix(std::string_view text) {
  return !text.empty() && text.size() <= kUuidLength &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_hex_digit(c) || c == '-'; });
}

std::optional<std::string_view> remove_prefix(std::string_view text, std::string_view prefix) {
  if (!equals_ignoring_case(text.substr(0, prefix.size()), prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

bool is_gpu_uuid(std::string_view text) {
  const std::optional<std::string_view> uuid = remove_prefix(text, "GPU-");
  return uuid && is_uuid_prefix(*uuid);
}

// MIG-<uuid> since driver 470, MIG-GPU-<uuid of the GPU>/<GPU instance>/<compute instance> before.
bool is_mig_uuid(std::string_view text) {
  const std::optional<std::string_view> uuid = remove_prefix(text, "MIG-");
  if (!uuid) return false;
  const std::vector<std::string_view> parts = split(*uuid, '/');
  if (parts.size() == 1) return is_uuid_prefix(*uuid);
  return parts.size() == 3 && is_gpu_uuid(parts[0]) && parse_unsigned<unsigned>(parts[1]) &&
         parse_unsigned<unsigned>(parts[2]);
}

bool is_pci_bus_id(std::string_view text) {
  constexpr char kMaxFunction = '7';
  const auto id = normalise_bus_id(text);
  return id && id->back() <= kMaxFunction;
}

struct MigIndex {
  unsigned gpu = 0;
  unsigned mig = 0;
};

std::optional<MigIndex> parse_mig_index(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<unsigned> gpu = parse_unsigned<unsigned>(text.substr(0, colon));
  const std::optional<unsigned> mig = parse_unsigned<unsigned>(text.substr(colon + 1));
  if (!gpu || !mig) return std::nullopt;
  return MigIndex{.gpu = *gpu, .mig = *mig};
}

}  // namespace

Result<DeviceId> parse_device_id(std::string_view text) {
  if (text.size() > kMaxIdLength) {
    return fail(ErrorCode::kInvalidRequest, "parse device " + quote(text) + ": longer than " +
                                                std::to_string(kMaxIdLength) + " bytes");
  }
  DeviceId id{.text = std::string(text)};
  if (const std::optional<unsigned> index = parse_unsigned<unsigned>(text)) {
    id.kind = DeviceIdKind::kIndex;
    id.gpu = *index;
  } else if (const std::optional<MigIndex> mig_index = parse_mig_index(text)) {
    id.kind = DeviceIdKind::kMigIndex;
    id.gpu = mig_index->gpu;
    id.mig = mig_index->mig;
  } else if (is_gpu_uuid(text)) {
    id.kind = DeviceIdKind::kUuid;
  } else if (is_mig_uuid(text)) {
    id.kind = DeviceIdKind::kMigUuid;
  } else if (is_pci_bus_id(text)) {
    id.kind = DeviceIdKind::kPciBusId;
  } else if (parse_cdi_name(text)) {
    id.kind = DeviceIdKind::kCdiName;
  } else {
    return fail(ErrorCode::kInvalidRequest,
                "parse device " + quote(text) +
                    ": neither a GPU index, a MIG index, a UUID, a PCI bus id nor a CDI name");
  }
  return id;
}

bool same_device(const DeviceId& a, const DeviceId& b) {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case DeviceIdKind::kIndex:
    case DeviceIdKind::kMigIndex:
      return a.gpu == b.gpu && a.mig == b.mig;
    case DeviceIdKind::kCdiName:
      return a.text == b.text;
    case DeviceIdKind::kUuid:
    case DeviceIdKind::kMigUuid:
    case DeviceIdKind::kPciBusId:
      break;
  }
  return equals_ignoring_case(a.text, b.text);
}

}  // namespace nvinject
