// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every key of config.toml that we know, with what becomes of its value. A new key is a new row: of
// a classic key here or, without effect, in ignored_keys; of one of ours in own_keys.

#include <array>
#include <span>
#include <string_view>

#include "core/base/result.h"
#include "core/config/config.h"
#include "core/config/toml.h"

namespace nvinject {

struct KeyRow {
  std::string_view key;  // full name, "nvidia-container-cli.root"
  // An error message says what is wrong with the value, without naming the key.
  Result<void> (*set)(const toml::node& value, Config& config);
};

// The classic keys, those without effect, and ours.
using KeyTables = std::array<std::span<const KeyRow>, 3>;
[[nodiscard]] KeyTables config_key_tables();
[[nodiscard]] const KeyRow* find_config_key(std::string_view key);

// Some known key lies below this table.
[[nodiscard]] bool is_config_table(std::string_view name);

}  // namespace nvinject
