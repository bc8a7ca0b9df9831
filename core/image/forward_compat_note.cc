// SPDX-License-Identifier: Apache-2.0
#include "core/image/forward_compat_note.h"

#include <utility>

#include "core/base/text.h"
#include "core/base/version.h"
#include "core/json/json.h"

namespace nvinject {
namespace {

constexpr std::string_view kName = "CUDA forward compatibility note";
// The one of CUDA 13.1 names six.
constexpr std::size_t kMaxDrivers = 64;
constexpr std::size_t kMaxVersionBytes = 32;

tl::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::kInvalidRequest, "parse " + std::string(kName) + ": " + std::string(what));
}

Result<std::string> read_version(const Json& value) {
  if (!value.is_string()) return malformed("'CUDA Version' is not a string");
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() > kMaxVersionBytes || !is_version(text)) {
    return malformed("'CUDA Version' " + quote(text) + " is no version");
  }
  return text;
}

Result<std::vector<std::uint32_t>> read_majors(const Json& value) {
  if (!value.is_array() || value.size() > kMaxDrivers) {
    return malformed("'Driver' is not a list of a few numbers");
  }
  std::vector<std::uint32_t> majors;
  for (const Json& element : value) {
    if (!element.is_number_unsigned() || element.get<std::uint64_t>() > UINT32_MAX) {
      return malformed("'Driver' has an element that is no version's first number");
    }
    majors.push_back(element.get<std::uint32_t>());
  }
  return majors;
}

}  // namespace

Result<ForwardCompatNote> parse_forward_compat_note(std::string_view text) {
  NVINJECT_ASSIGN_OR_RETURN(const Json json, parse_json(text, kName));
  if (!json.is_object()) return malformed("not an object");
  ForwardCompatNote note;
  for (const auto& [key, value] : json.items()) {
    if (equals_ignoring_case(key, "CUDA Version")) {
      NVINJECT_ASSIGN_OR_RETURN(note.cuda_version, read_version(value));
    } else if (equals_ignoring_case(key, "Driver")) {
      NVINJECT_ASSIGN_OR_RETURN(note.driver_majors, read_majors(value));
    }
  }
  return note;
}

}  // namespace nvinject
