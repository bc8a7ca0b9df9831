// SPDX-License-Identifier: Apache-2.0
#pragma once

// The environment of a container as a lookup: of equal names the last counts, an entry without "="
// sets nothing (the classic tools fail on it, here it is no reason to fail a container).

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nvinject {

// Borrows the entries it was made of. Of hundreds of variables a request looks up a dozen:
// searching costs less than an index would.
class Environment {
 public:
  explicit Environment(const std::vector<std::string>& entries) : entries_(entries) {}

  // Nothing when unset; set to nothing is "".
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  // Unset and empty are the same here.
  [[nodiscard]] std::string_view value_of(std::string_view name) const;

  // Name and value of all variables whose name starts with the prefix, sorted by name.
  [[nodiscard]] std::vector<std::pair<std::string_view, std::string_view>> with_prefix(
      std::string_view prefix) const;

 private:
  const std::vector<std::string>& entries_;
};

// An image from before NVIDIA_REQUIRE_CUDA: CUDA_VERSION is all that it says. It never names
// devices and means all of them.
[[nodiscard]] bool is_legacy_image(const Environment& environment);

}  // namespace nvinject
