// SPDX-License-Identifier: Apache-2.0
#include "core/base/result.h"

#include <cstring>

#include "core/base/text.h"

namespace nvinject {

tl::unexpected<Error> fail_errno(std::string_view verb, std::string_view operand, int os_errno) {
  std::string message(verb);
  message.append(" ").append(quote(operand)).append(": ").append(std::strerror(os_errno));
  const ErrorCode code = os_errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kSystem;
  return tl::unexpected<Error>(Error{code, std::move(message), os_errno});
}

}  // namespace nvinject
