// SPDX-License-Identifier: Apache-2.0
#include "core/render/spec_member.h"

#include <string>

#include "core/base/text.h"

namespace nvinject {
namespace {

Result<Json*> member_of(Json& object, const char* key, Json::value_t type, std::string_view where) {
  Json& member = object[key];
  if (member.is_null()) member = Json(type);
  if (member.type() != type) {
    return fail(ErrorCode::kInvalidRequest, "edit " + quote(where) + ": " + member.type_name() +
                                                " instead of " + Json(type).type_name());
  }
  return &member;
}

}  // namespace

Result<Json*> object_in(Json& object, const char* key, std::string_view where) {
  return member_of(object, key, Json::value_t::object, where);
}

Result<Json*> array_in(Json& object, const char* key, std::string_view where) {
  return member_of(object, key, Json::value_t::array, where);
}

}  // namespace nvinject
