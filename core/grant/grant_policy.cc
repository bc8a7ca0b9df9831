// SPDX-License-Identifier: Apache-2.0
#include "core/grant/grant_policy.h"

namespace nvinject {

std::string_view to_string(PolicyMode mode) {
  return mode == PolicyMode::kEnv ? "env" : "allocated";
}

std::string_view to_string(Enforce enforce) {
  switch (enforce) {
    case Enforce::kAudit:
      return "audit";
    case Enforce::kWarn:
      return "warn";
    case Enforce::kDeny:
      break;
  }
  return "deny";
}

}  // namespace nvinject
