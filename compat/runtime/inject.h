// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compat/runtime/runc_argv.h"
#include "core/base/result.h"
#include "core/config/config.h"

namespace nvinject::compat {

// Gives the container that `command` is about to make what it asks for, by editing its bundle. A
// container that asks for nothing is left alone, whatever else is broken: then a config that could
// not be read
// (`config` holds the error) does not matter either.
[[nodiscard]] Result<void> inject_into_bundle(const RuncCommand& command,
                                              const Result<Config>& config);

}  // namespace nvinject::compat
