// SPDX-License-Identifier: Apache-2.0
#include "core/request/requirement_list.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/text.h"

namespace nvinject {
namespace {

constexpr std::string_view kRequirePrefix = "NVIDIA_REQUIRE_";
// Not a requirement: it steers which files of a Jetson's lists are mounted.
constexpr std::string_view kJetpackPrefix = "NVIDIA_REQUIRE_JETPACK";
constexpr std::string_view kDisableRequire = "NVIDIA_DISABLE_REQUIRE";
constexpr std::string_view kCudaVersion = "CUDA_VERSION";

// The spellings that Go's strconv.ParseBool takes.
constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};

bool is_one_of(const std::array<std::string_view, 6>& spellings, std::string_view text) {
  return std::find(spellings.begin(), spellings.end(), text) != spellings.end();
}

// Who switched requirements off; empty when nobody did.
std::string find_disabler(const RequestInputs& inputs, Decisions& decisions) {
  const std::string_view value = inputs.environment.value_of(kDisableRequire);
  if (is_one_of(kTrue, value)) return std::string(kDisableRequire);
  if (!value.empty() && !is_one_of(kFalse, value)) {
    decisions.push_back({.subject = std::string(kDisableRequire),
                         .choice = "ignored",
                         .reason = quote(value) + " is no boolean, requirements stay on"});
  }
  return inputs.rules.disable_require ? "disable-require" : "";
}

// "11.4.2", "v11.4" and "11" -> "cuda>=11.4", "cuda>=11.4" and "cuda>=11.0"
Result<Requirement> parse_cuda_version(std::string_view text) {
  std::string_view version = text;
  if (version.starts_with('v')) version.remove_prefix(1);
  std::vector<std::uint32_t> fields;
  for (const std::string_view piece : split(version, '.')) {
    const std::optional<std::uint32_t> field = parse_unsigned<std::uint32_t>(piece);
    if (!field || fields.size() == 3) {
      return fail(ErrorCode::kInvalidRequest, "parse " + std::string(kCudaVersion) + "=" +
                                                  quote(text) +
                                                  ": not a version of up to 3 numbers");
    }
    fields.push_back(*field);
  }
  fields.resize(2);
  return Requirement{
      .variable = std::string(kCudaVersion),
      .expression = "cuda>=" + std::to_string(fields[0]) + "." + std::to_string(fields[1])};
}

}  // namespace

Result<std::vector<Requirement>> parse_requirement_list(const RequestInputs& inputs,
                                                        Decisions& decisions) {
  const Environment& environment = inputs.environment;
  const std::string disabler = find_disabler(inputs, decisions);
  const auto ignore = [&](std::string_view variable) {
    decisions.push_back({.subject = escape(variable),
                         .choice = "ignored",
                         .reason = "requirements are switched off by " + disabler});
  };

  std::vector<Requirement> requirements;
  if (is_legacy_image(environment)) {
    if (disabler.empty()) {
      NVINJECT_ASSIGN_OR_RETURN(Requirement cuda,
                                parse_cuda_version(environment.value_of(kCudaVersion)));
      requirements.push_back(std::move(cuda));
    } else {
      ignore(kCudaVersion);
    }
  }
  for (const auto& [variable, expression] : environment.with_prefix(kRequirePrefix)) {
    if (variable.starts_with(kJetpackPrefix) || expression.empty()) continue;
    if (disabler.empty()) {
      requirements.push_back({.variable = escape(variable), .expression = std::string(expression)});
    } else {
      ignore(variable);
    }
  }
  return requirements;
}

}  // namespace nvinject
