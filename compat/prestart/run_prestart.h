// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/config/config.h"

namespace nvinject::compat {

// Gives the container whose OCI state comes from `state_fd` what its bundle asks for, in this very
// process; done twice for one container, the second time finds everything there. The decisions are
// for a log. The Error's message is the one line that users see, its category included. One that
// asks for nothing is left alone, whatever else is broken: then a config that could not be read
// (`config` holds the error) does not matter either.
[[nodiscard]] Result<Decisions> run_prestart(int state_fd, const Result<Config>& config);

}  // namespace nvinject::compat
