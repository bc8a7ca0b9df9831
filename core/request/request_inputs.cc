// SPDX-License-Identifier: Apache-2.0
#include "core/request/request_inputs.h"

namespace nvinject {

RequestInputs make_request_inputs(const ContainerFacts& facts, const AcceptRules& rules) {
  return RequestInputs{
      .facts = facts,
      .rules = rules,
      .environment = Environment(facts.env),
      .mounts = rules.volume_mounts ? parse_volume_mounts(facts.mounts) : VolumeMountRequests()};
}

}  // namespace nvinject
