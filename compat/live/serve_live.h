// SPDX-License-Identifier: Apache-2.0
#pragma once

// The way of a request into a container that is already there, for the two doors that are asked
// then: the prestart hook and nvidia-container-cli.

#include "core/apply/live_container.h"
#include "core/base/decision.h"
#include "core/config/config.h"
#include "core/grant/grant.h"
#include "core/pipeline/decide.h"
#include "core/request/gpu_request.h"

namespace nvinject::compat {

// Where a failure belongs in the words of the classic tools (error_line.h).
enum class Failure {
  kNone,
  kInput,
  kPermission,
  kInitialization,
  kDetection,
  kDevice,
  kContainer,
  kMount
};

struct Served {
  Outcome outcome;  // of the stages; with its error
  Decisions applied;
  Failure failure = Failure::kNone;
  [[nodiscard]] bool succeeded() const { return failure == Failure::kNone; }
};

struct LiveRequest {
  GpuRequest request;  // asks for something
  Asker asker;
  LivePlace place;
  LiveOptions options;
};

// All or nothing: with an error the container is as it was before. The last that a program does:
// afterwards it has few capabilities left, and what it starts gets no others.
[[nodiscard]] Served serve_live(const LiveRequest& live, const Config& config,
                                MayPrepare may_prepare);

}  // namespace nvinject::compat
