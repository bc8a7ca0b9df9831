// SPDX-License-Identifier: Apache-2.0
#pragma once

// One way to fail for the whole tree: Result<T> carries a value or an Error. Errors are values
// built at the failing call as "verb 'operand': cause" and prefixed by callers with what they were
// doing.

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace nvinject {

// Seven codes because callers do seven different things. A new one needs a caller that branches on
// it.
enum class ErrorCode {
  kInvalidRequest,  // the container, the user or a config file said something malformed
  kNotFound,        // asked for by name, not there
  kUnavailable,     // there, but not usable now (driver not loaded, GPU broken)
  kUnsupported,     // understood, and not offered
  kDenied,          // the asker may not have it
  kSystem,          // a system call failed; os_errno says how
  kInternal,        // a bug of ours
};

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  int os_errno = 0;

  // "doing: message": what the caller was about when this happened.
  Error wrap(std::string_view doing) && {
    message.insert(0, ": ").insert(0, doing);
    return std::move(*this);
  }
  bool operator==(const Error&) const = default;
};

template <class T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(message), 0});
}

// "verb 'operand': strerror(os_errno)", the operand escaped (it may come from an image).
[[nodiscard]] tl::unexpected<Error> fail_errno(std::string_view verb, std::string_view operand,
                                               int os_errno);

}  // namespace nvinject

#define NVINJECT_CONCAT_INNER(a, b) a##b
#define NVINJECT_CONCAT(a, b) NVINJECT_CONCAT_INNER(a, b)

#define NVINJECT_RETURN_IF_ERROR(expression)                                        \
  do {                                                                              \
    if (auto nvinject_result = (expression); !nvinject_result) {                    \
      return tl::unexpected<::nvinject::Error>(std::move(nvinject_result).error()); \
    }                                                                               \
  } while (false)

#define NVINJECT_ASSIGN_OR_RETURN_INNER(result, declaration, expression)            \
  auto result = (expression);                                                       \
  if (!result) return tl::unexpected<::nvinject::Error>(std::move(result).error()); \
  declaration = *std::move(result)

#define NVINJECT_ASSIGN_OR_RETURN(declaration, expression)                                  \
  NVINJECT_ASSIGN_OR_RETURN_INNER(NVINJECT_CONCAT(nvinject_result_, __LINE__), declaration, \
                                  expression)
