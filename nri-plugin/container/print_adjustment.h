// SPDX-License-Identifier: Apache-2.0
#pragma once

// An adjustment in NRI's words: the payload of a CreateContainerResponse.
//
// What is said and what is not (reference: NRI, "Application to the OCI spec"): every node carries
// mode and owner, present even where they are 0; the runtime makes the device rule of a node itself
// ("rw" for a character device), a second one would only be a double; every mount names its
// propagation.

#include <string>
#include <vector>

#include "core/base/path.h"
#include "core/render/adjustment.h"

namespace nvinject::nri {

struct HookCall {
  HostPath program;               // empty: no hook
  std::vector<std::string> args;  // without argv[0]
};

// "" for an empty adjustment.
[[nodiscard]] std::string print_adjustment(const Adjustment& adjustment, const HookCall& hook);

}  // namespace nvinject::nri
