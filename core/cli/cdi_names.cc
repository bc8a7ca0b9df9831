// SPDX-License-Identifier: Apache-2.0
#include "core/cli/cdi_names.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "core/base/text.h"

namespace nvinject::cli {
namespace {

struct NamingRow {
  std::string_view word;
  CdiNaming naming;
};
constexpr std::array<NamingRow, 3> kNamings = {{{"index", CdiNaming::kIndex},
                                                {"uuid", CdiNaming::kUuid},
                                                {"type-index", CdiNaming::kTypeIndex}}};

// What a device is called by: its place among its like, and its UUID.
struct Identity {
  std::string_view type;
  std::optional<std::string> index;
  std::string uuid;
};

void add_once(std::vector<std::string>& texts, std::string text) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
}

CdiNames names_of(const Identity& device, const CdiNamings& namings) {
  CdiNames found;
  for (const CdiNaming naming : namings) {
    const bool by_uuid = naming == CdiNaming::kUuid;
    if (by_uuid ? device.uuid.empty() : !device.index) {
      add_once(found.missing, by_uuid ? "UUID" : "index");
    } else if (by_uuid) {
      add_once(found.names, device.uuid);
    } else {
      const std::string_view type = naming == CdiNaming::kTypeIndex ? device.type : "";
      add_once(found.names, std::string(type).append(*device.index));
    }
  }
  return found;
}

bool is_digit(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

bool follows(CdiNaming naming, std::string_view name) {
  constexpr std::size_t kPrefix = 3;  // of "gpu0", "GPU-", "mig0:1", "MIG-"
  const std::string_view type = name.substr(0, kPrefix);
  const std::string_view rest = name.substr(std::min(kPrefix, name.size()));
  switch (naming) {
    case CdiNaming::kIndex:
      return is_digit(name);
    case CdiNaming::kUuid:
      return (type == "GPU" || type == "MIG") && rest.starts_with('-');
    case CdiNaming::kTypeIndex:
      return (type == "gpu" || type == "mig") && is_digit(rest);
  }
  return false;
}

}  // namespace

Result<CdiNamings> parse_cdi_namings(const std::vector<std::string>& words) {
  if (words.empty()) return kUsualCdiNamings;
  CdiNamings namings;
  for (const std::string& word : words) {
    const auto* const row = std::find_if(kNamings.begin(), kNamings.end(),
                                         [&](const NamingRow& one) { return one.word == word; });
    if (row == kNamings.end()) {
      return fail(ErrorCode::kInvalidRequest,
                  "name devices by " + quote(word) + ": index, uuid and type-index are known");
    }
    namings.push_back(row->naming);
  }
  return namings;
}

CdiNamings cdi_namings_of(const CdiSpec& file) {
  CdiNamings namings;
  for (const NamingRow& row : kNamings) {
    if (std::any_of(file.devices.begin(), file.devices.end(),
                    [&](const CdiDevice& device) { return follows(row.naming, device.name); })) {
      namings.push_back(row.naming);
    }
  }
  return namings.empty() ? kUsualCdiNamings : namings;
}

CdiNames cdi_names_of(const Gpu& gpu, const CdiNamings& namings) {
  return names_of({.type = "gpu", .index = std::to_string(gpu.index), .uuid = gpu.uuid}, namings);
}

CdiNames cdi_names_of(const Gpu& gpu, const MigDevice& device, const CdiNamings& namings) {
  Identity identity{.type = "mig", .index = std::nullopt, .uuid = device.uuid};
  if (device.index) {
    identity.index = std::to_string(gpu.index) + ":" + std::to_string(*device.index);
  }
  return names_of(identity, namings);
}

}  // namespace nvinject::cli
