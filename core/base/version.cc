// SPDX-License-Identifier: Apache-2.0
#include "core/base/version.h"

#include <algorithm>
#include <vector>

#include "core/base/text.h"

namespace nvinject {
namespace {

// "11..04.0" -> "11" "4": without leading zeros a field is compared by length, then by text, so
// that it may have any number of digits.
std::vector<std::string_view> fields_of(std::string_view version) {
  std::vector<std::string_view> fields = split(version, '.');
  std::erase(fields, std::string_view());
  for (std::string_view& field : fields) {
    field.remove_prefix(std::min(field.find_first_not_of('0'), field.size()));
  }
  while (!fields.empty() && fields.back().empty()) fields.pop_back();
  return fields;
}

}  // namespace

bool is_version(std::string_view text) {
  return text.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
  const std::vector<std::string_view> fields_a = fields_of(a);
  const std::vector<std::string_view> fields_b = fields_of(b);
  return std::lexicographical_compare_three_way(
      fields_a.begin(), fields_a.end(), fields_b.begin(), fields_b.end(),
      [](std::string_view x, std::string_view y) {
        return x.size() == y.size() ? x <=> y : x.size() <=> y.size();
      });
}

std::string_view major_version(std::string_view version) {
  return version.substr(0, version.find('.'));
}

}  // namespace nvinject
