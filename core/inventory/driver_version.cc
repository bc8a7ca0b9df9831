// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/driver_version.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace nvinject {
namespace {

struct BranchRow {
  unsigned branch;
  std::string_view cuda;
};

constexpr BranchRow kBranches[] = {
#include "core/inventory/cuda_versions.inc"
};

}  // namespace

bool is_driver_version(std::string_view text) {
  const auto parts = split(text, '.');
  return (parts.size() == 2 || parts.size() == 3) &&
         std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           return parse_unsigned<unsigned>(part).has_value();
         });
}

std::optional<std::string> parse_driver_version(std::string_view text) {
  for (const std::string_view word : split(text.substr(0, text.find('\n')), ' ')) {
    if (is_driver_version(trim(word))) return std::string(trim(word));
  }
  return std::nullopt;
}

std::optional<std::string> find_cuda_version(std::string_view driver_version) {
  const auto branch = parse_unsigned<unsigned>(driver_version.substr(0, driver_version.find('.')));
  for (const BranchRow& row : kBranches) {
    if (branch == row.branch) return std::string(row.cuda);
  }
  return std::nullopt;
}

}  // namespace nvinject
