// SPDX-License-Identifier: Apache-2.0
#pragma once

// A container as NRI tells of it, in the core's words. From here on there is no protocol.

#include "core/request/container_facts.h"
#include "nri-plugin/container/container_identity.h"
#include "proto/nri.pb.h"

namespace nvinject::nri {

struct Question {
  ContainerIdentity who;
  ContainerFacts facts;
  bool operator==(const Question&) const = default;
};

// NRI shows neither capabilities nor a privileged flag. A container whose device rules allow
// everything is what the runtimes make of a privileged one (reference: NRI, "What a plugin sees").
// The texts are taken out of the messages, not copied: there are hundreds of them.
[[nodiscard]] Question question_from_nri(api::PodSandbox&& pod, api::Container&& container);

}  // namespace nvinject::nri
