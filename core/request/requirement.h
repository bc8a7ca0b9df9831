// SPDX-License-Identifier: Apache-2.0
#pragma once

// The language of NVIDIA_REQUIRE_… : groups separated by spaces are alternatives, terms separated
// by commas must all hold, a term is NAME OP VALUE without spaces:
//
//   cuda>=12.6 brand=tesla,driver>=470,driver<471
//   \________/ \________________________________/
//     group                  group
//
// Names: cuda, driver, arch, brand, in either case. Operators: = != < <= > >= (and a lone "!", read
// as
// "!="). Evaluated left to right and no further than needed, so a malformed term behind the
// decision is never seen. This is the language of libnvidia-container with its quirks, but for one:
// behind leading spaces the classic message names an empty condition, here it names the first
// group.

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace nvinject {

// What the node has. An empty optional, or a text that is no version, means: not known.
struct RequirementFacts {
  std::optional<std::string> cuda;    // "12.4"
  std::optional<std::string> driver;  // "550.163.01"
  // Of one GPU. With `no_device` both count as satisfied.
  std::optional<std::string> arch;   // "9.0"
  std::optional<std::string> brand;  // "Tesla"
  bool no_device = false;
};

enum class RequirementState {
  kSatisfied,
  kUnsatisfied,  // `text`: the first group, as the classic tools name it
  kInvalid,      // `text`: the term that is malformed
  kUnknown,      // `text`: the name of the fact that is not known and makes a difference
};

struct RequirementOutcome {
  RequirementState state = RequirementState::kSatisfied;
  std::string text;
  bool operator==(const RequirementOutcome&) const = default;
};

[[nodiscard]] RequirementOutcome evaluate_requirement(std::string_view expression,
                                                      const RequirementFacts& facts);

// The line that users know: "requirement error: unsatisfied condition: cuda>=12.6, please update
// your driver to a newer version, or use an earlier cuda container" or "requirement error: invalid
// expression"; "requirement error: unknown brand" when nobody could find out. Empty for kSatisfied.
[[nodiscard]] std::string describe_outcome(const RequirementOutcome& outcome);

}  // namespace nvinject
