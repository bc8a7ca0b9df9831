// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/inventory/inventory.h"
#include "core/json/json.h"

namespace nvinject::cli {

// Driver, GPUs and findings: what an administrator asks first.
[[nodiscard]] std::string inventory_summary(const Inventory& inventory);

// GPUs, nodes, libraries, programs and sockets, one line each.
[[nodiscard]] std::string inventory_listing(const Inventory& inventory);

[[nodiscard]] Json inventory_as_json(const Inventory& inventory);

}  // namespace nvinject::cli
