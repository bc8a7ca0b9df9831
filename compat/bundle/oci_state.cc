// SPDX-License-Identifier: Apache-2.0
#include "compat/bundle/oci_state.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/json/json.h"

namespace nvinject::compat {
namespace {

constexpr std::string_view kName = "state of the container";

}  // namespace

Result<ContainerState> parse_container_state(std::string_view text) {
  NVINJECT_ASSIGN_OR_RETURN(const Json state, parse_json(text, kName));
  if (!state.is_object()) {
    return fail(ErrorCode::kInvalidRequest, "read " + quote(kName) + ": not an object");
  }
  NVINJECT_ASSIGN_OR_RETURN(std::optional<std::string> bundle, find_string(state, "bundle", ""));
  if (!bundle) {
    NVINJECT_ASSIGN_OR_RETURN(bundle, find_string(state, "bundlePath", ""));
  }
  if (!bundle) {
    return fail(ErrorCode::kInvalidRequest, "read " + quote(kName) + ": it names no 'bundle'");
  }
  if (!bundle->starts_with('/') || bundle->find('\0') != std::string::npos) {
    return fail(ErrorCode::kInvalidRequest,
                "read 'bundle' " + quote(*bundle) + ": not an absolute path");
  }
  ContainerState parsed{.bundle = HostPath(*std::move(bundle)), .pid = {}};
  NVINJECT_ASSIGN_OR_RETURN(const std::optional<std::int64_t> pid, find_integer(state, "pid", ""));
  if (pid && *pid > 0 && *pid <= std::numeric_limits<pid_t>::max()) {
    parsed.pid = static_cast<pid_t>(*pid);
  }
  return parsed;
}

}  // namespace nvinject::compat
