// SPDX-License-Identifier: Apache-2.0
#include "compat/hook/oci_state.h"

#include <optional>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/json/json.h"

namespace nvinject::compat {
namespace {

constexpr std::string_view kName = "state of the container";

}  // namespace

Result<HostPath> parse_bundle_of_state(std::string_view text) {
  NVINJECT_ASSIGN_OR_RETURN(const Json state, parse_json(text, kName));
  if (!state.is_object()) {
    return fail(ErrorCode::kInvalidRequest, "read " + quote(kName) + ": not an object");
  }
  NVINJECT_ASSIGN_OR_RETURN(std::optional<std::string> bundle, find_string(state, "bundle", ""));
  if (!bundle) {
    return fail(ErrorCode::kInvalidRequest, "read " + quote(kName) + ": it names no 'bundle'");
  }
  if (!bundle->starts_with('/') || bundle->find('\0') != std::string::npos) {
    return fail(ErrorCode::kInvalidRequest,
                "read 'bundle' " + quote(*bundle) + ": not an absolute path");
  }
  return HostPath(*std::move(bundle));
}

}  // namespace nvinject::compat
