// SPDX-License-Identifier: Apache-2.0
#pragma once

// Keys of the classic tools that mean nothing here, because what they are about does not exist: no
// other program is run, no hook of nvidia-ctk is made. Their values are checked for their type, and
// one that asks for something else than the default is a warning.

#include <span>

#include "core/config/key_table.h"

namespace nvinject {

[[nodiscard]] std::span<const KeyRow> ignored_key_table();

}  // namespace nvinject
