// SPDX-License-Identifier: Apache-2.0
#pragma once

// Results and decisions in EXPECT_THAT. Tests name the code of an error and its operand, never its
// whole sentence.

#include <gmock/gmock.h>

#include <ostream>
#include <string>

#include "core/base/decision.h"
#include "core/base/result.h"

namespace nvinject {

// Only for messages of failed tests.
// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name
inline void PrintTo(const Decision& decision, std::ostream* out) {
  *out << decision.subject << ": " << decision.choice << ": " << decision.reason;
}

namespace testing {

// NOLINTBEGIN: gmock's macro makes names and types of its own.
MATCHER(Succeeds, "") {
  if (arg) return true;
  *result_listener << "error: " << arg.error().message;
  return false;
}

MATCHER_P2(FailsWith, code, text, "") {
  if (arg) {
    *result_listener << "no error";
    return false;
  }
  *result_listener << "error " << static_cast<int>(arg.error().code) << ": " << arg.error().message;
  return arg.error().code == code && arg.error().message.find(text) != std::string::npos;
}

// A decision about `subject` with this choice, whose reason contains `reason`.
MATCHER_P3(Decides, subject, choice, reason, "") {
  return arg.subject == subject && arg.choice == choice &&
         arg.reason.find(reason) != std::string::npos;
}
// NOLINTEND

}  // namespace testing
}  // namespace nvinject
