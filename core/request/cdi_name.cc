// SPDX-License-Identifier: Apache-2.0
#include "core/request/cdi_name.h"

#include <algorithm>

namespace nvinject {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_letter_or_digit(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

// All three parts end in a letter or digit and have the separators only inside.
bool has_body(std::string_view part, std::string_view separators) {
  return is_letter_or_digit(part.back()) &&
         std::all_of(part.begin(), part.end(), [separators](char c) {
           return is_letter_or_digit(c) || separators.find(c) != std::string_view::npos;
         });
}

bool is_vendor_or_class(std::string_view part) {
  return !part.empty() && is_letter(part.front()) && has_body(part, "_-.");
}

bool is_device(std::string_view part) {
  return !part.empty() && is_letter_or_digit(part.front()) && has_body(part, "_-.:");
}

}  // namespace

std::optional<CdiName> parse_cdi_name(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::size_t slash = text.substr(0, equals).find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const CdiName name{.vendor = text.substr(0, slash),
                     .device_class = text.substr(slash + 1, equals - slash - 1),
                     .device = text.substr(equals + 1)};
  if (!is_vendor_or_class(name.vendor) || !is_vendor_or_class(name.device_class)) {
    return std::nullopt;
  }
  if (!is_device(name.device)) return std::nullopt;
  return name;
}

bool is_nvidia_vendor(std::string_view vendor) {
  return vendor == "nvidia.com" || vendor.ends_with(".nvidia.com");
}

}  // namespace nvinject
