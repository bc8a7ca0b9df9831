// SPDX-License-Identifier: Apache-2.0
#pragma once

// Members of a spec that an edit adds to.

#include <algorithm>
#include <string_view>

#include "core/base/result.h"
#include "core/json/json.h"

namespace nvinject {

// The member of an object, made when it is missing or null. kInvalidRequest, which names `where`,
// when it is something else.
[[nodiscard]] Result<Json*> object_in(Json& object, const char* key, std::string_view where);
[[nodiscard]] Result<Json*> array_in(Json& object, const char* key, std::string_view where);

// One pass, whatever an image or its author put there.
template <class Unwanted>
void erase_elements(Json& array, Unwanted unwanted) {
  auto& elements = array.get_ref<Json::array_t&>();
  elements.erase(std::remove_if(elements.begin(), elements.end(), unwanted), elements.end());
}

}  // namespace nvinject
