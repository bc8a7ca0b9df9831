// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the parts of a request are read from, each looked up once.

#include "core/request/accept_rules.h"
#include "core/request/container_facts.h"
#include "core/request/environment.h"
#include "core/request/volume_mounts.h"

namespace nvinject {

// Borrows the facts and the rules.
struct RequestInputs {
  const ContainerFacts& facts;
  const AcceptRules& rules;
  Environment environment;
  VolumeMountRequests mounts;  // empty unless the rules accept them

  // Whether variables may ask for devices. Mounts and annotations always may: only somebody who is
  // trusted to write them can.
  [[nodiscard]] bool accepts_environment() const {
    return facts.privileged || rules.env_when_unprivileged;
  }
};

[[nodiscard]] RequestInputs make_request_inputs(const ContainerFacts& facts,
                                                const AcceptRules& rules);

}  // namespace nvinject
