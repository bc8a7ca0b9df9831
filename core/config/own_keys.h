// SPDX-License-Identifier: Apache-2.0
#pragma once

// The keys below [nvinject], which the classic tools do not have.

#include <span>

#include "core/config/key_table.h"

namespace nvinject {

[[nodiscard]] std::span<const KeyRow> own_key_table();

}  // namespace nvinject
