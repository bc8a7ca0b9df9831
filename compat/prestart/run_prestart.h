// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/config/config.h"

namespace nvinject::compat {

// Gives the container whose OCI state comes from `state_fd` what its bundle asks for, in this very
// process; done twice for one container, the second time finds everything there. Decisions are for
// a log, with an Error too; one whose message is the one line that users see, in the words of the
// classic hook and of nvidia-container-cli (reference: libnvidia-container,
// "nvidia-container-runtime-hook"). One that asks for nothing is left alone and gets no decision,
// whatever else is broken: then a config that could not be read (`config` holds the error) does not
// matter either.
[[nodiscard]] Result<void> run_prestart(int state_fd, const Result<Config>& config,
                                        Decisions& decisions);

}  // namespace nvinject::compat
