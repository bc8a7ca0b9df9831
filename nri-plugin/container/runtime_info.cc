// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/runtime_info.h"

#include <charconv>

#include "core/base/text.h"

namespace nvinject::nri {
namespace {

// Takes a number off the front of `text`.
std::optional<unsigned> take_number(std::string_view& text) {
  unsigned number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool take_dot(std::string_view& text) {
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<RuntimeVersion> parse_runtime_version(std::string_view text) {
  text = trim(text);
  if (text.starts_with('v')) text.remove_prefix(1);
  const auto major = take_number(text);
  if (!major || !take_dot(text)) return std::nullopt;
  const auto minor = take_number(text);
  if (!minor) return std::nullopt;
  const auto patch = take_dot(text) ? take_number(text) : std::nullopt;
  return RuntimeVersion{.major = *major, .minor = *minor, .patch = patch.value_or(0)};
}

bool RuntimeInfo::removes_mounts() const {
  if (!version) return false;
  if (name == "containerd") return *version >= RuntimeVersion{.major = 1, .minor = 7, .patch = 26};
  if (name == "cri-o") return *version >= RuntimeVersion{.major = 1, .minor = 32};
  return false;
}

std::string RuntimeInfo::describe() const {
  std::string text = escape(name.empty() ? "a runtime without a name" : name);
  if (!version_text.empty()) text.append(" ").append(escape(version_text));
  return text;
}

}  // namespace nvinject::nri
