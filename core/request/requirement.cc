// SPDX-License-Identifier: Apache-2.0
#include "core/request/requirement.h"

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <vector>

#include "core/base/text.h"
#include "core/base/version.h"

namespace nvinject {
namespace {

// The classic tools format a false term into a buffer of this size and call it invalid when it does
// not fit.
constexpr std::size_t kMaxFalseTermLength = 127;
constexpr std::string_view kOperatorCharacters = "<>=!";

enum class Operator : std::uint8_t { kEqual, kNotEqual, kLess, kAtMost, kGreater, kAtLeast };

struct OperatorRow {
  std::string_view spelling;
  std::string_view canonical;
  Operator meaning;
};

constexpr std::array<OperatorRow, 7> kOperators = {{
    {"=", "=", Operator::kEqual},
    {"!=", "!=", Operator::kNotEqual},
    {"!", "!=", Operator::kNotEqual},
    {"<", "<", Operator::kLess},
    {"<=", "<=", Operator::kAtMost},
    {">", ">", Operator::kGreater},
    {">=", ">=", Operator::kAtLeast},
}};

enum class PropertyKind : std::uint8_t { kNodeVersion, kGpuVersion, kGpuText };

struct Property {
  std::string_view name;
  PropertyKind kind;
  std::optional<std::string> RequirementFacts::* fact;
};

constexpr std::array<Property, 4> kProperties = {{
    {"cuda", PropertyKind::kNodeVersion, &RequirementFacts::cuda},
    {"driver", PropertyKind::kNodeVersion, &RequirementFacts::driver},
    {"arch", PropertyKind::kGpuVersion, &RequirementFacts::arch},
    {"brand", PropertyKind::kGpuText, &RequirementFacts::brand},
}};

struct Term {
  const Property* property = nullptr;
  const OperatorRow* comparison = nullptr;
  std::string_view value;

  // With the operator in full: "cuda!11" -> "cuda!=11"
  [[nodiscard]] std::size_t length() const {
    return property->name.size() + comparison->canonical.size() + value.size();
  }
};

enum class Truth : std::uint8_t {
  kTrue,
  kFalse,
  kInvalid,
  kUnknown,           // true or false
  kUnknownOrInvalid,  // true, false or invalid: nothing behind it can be judged either
};

struct Verdict {
  Truth truth = Truth::kTrue;
  std::string_view text;  // the malformed term, or the name of the first fact that is not known
};

// Nothing for an unknown name, an operator that is none, or no value.
std::optional<Term> parse_term(std::string_view text) {
  const std::size_t name_end = text.find_first_of(kOperatorCharacters);
  if (name_end == std::string_view::npos) return std::nullopt;
  const std::size_t value_begin = text.find_first_not_of(kOperatorCharacters, name_end);
  if (value_begin == std::string_view::npos) return std::nullopt;
  const std::string_view name = text.substr(0, name_end);
  const std::string_view spelling = text.substr(name_end, value_begin - name_end);

  const auto* const property =
      std::find_if(kProperties.begin(), kProperties.end(),
                   [&](const Property& row) { return equals_ignoring_case(row.name, name); });
  const auto* const comparison =
      std::find_if(kOperators.begin(), kOperators.end(),
                   [&](const OperatorRow& row) { return row.spelling == spelling; });
  if (property == kProperties.end() || comparison == kOperators.end()) return std::nullopt;
  return Term{.property = property, .comparison = comparison, .value = text.substr(value_begin)};
}

bool holds(std::strong_ordering ordering, Operator op) {
  switch (op) {
    case Operator::kEqual:
      return ordering == 0;
    case Operator::kNotEqual:
      return ordering != 0;
    case Operator::kLess:
      return ordering < 0;
    case Operator::kAtMost:
      return ordering <= 0;
    case Operator::kGreater:
      return ordering > 0;
    case Operator::kAtLeast:
      return ordering >= 0;
  }
  return false;
}

Truth truth_of(bool value) { return value ? Truth::kTrue : Truth::kFalse; }

Truth compare_text(const Term& term, const std::optional<std::string>& fact) {
  const bool wants_equal = term.comparison->meaning == Operator::kEqual;
  if (!wants_equal && term.comparison->meaning != Operator::kNotEqual) return Truth::kInvalid;
  if (!fact) return Truth::kUnknown;
  return truth_of(equals_ignoring_case(*fact, term.value) == wants_equal);
}

// A fact that is no version says nothing: it counts as not known.
Truth compare_version(const Term& term, const std::optional<std::string>& fact) {
  if (!is_version(term.value)) return Truth::kInvalid;
  if (!fact || !is_version(*fact)) return Truth::kUnknown;
  return truth_of(holds(compare_versions(*fact, term.value), term.comparison->meaning));
}

Verdict evaluate_term(std::string_view text, const RequirementFacts& facts) {
  const std::optional<Term> term = parse_term(text);
  if (!term) return {.truth = Truth::kInvalid, .text = text};
  const Property& property = *term->property;
  if (facts.no_device && property.kind != PropertyKind::kNodeVersion) return {};

  const std::optional<std::string>& fact = facts.*property.fact;
  const Truth truth = property.kind == PropertyKind::kGpuText ? compare_text(*term, fact)
                                                              : compare_version(*term, fact);
  const bool too_long = term->length() > kMaxFalseTermLength;
  switch (truth) {
    case Truth::kTrue:
      return {};
    case Truth::kFalse:
      return {.truth = too_long ? Truth::kInvalid : Truth::kFalse, .text = text};
    case Truth::kUnknown:
      return {.truth = too_long ? Truth::kUnknownOrInvalid : Truth::kUnknown,
              .text = property.name};
    case Truth::kInvalid:
    case Truth::kUnknownOrInvalid:
      break;
  }
  return {.truth = Truth::kInvalid, .text = text};
}

// What follows something unknown is reached in one case and not in the other, so an error there is
// not yet an error.
Verdict after_unknown(const Verdict& unknown, const Verdict& next) {
  if (unknown.truth != Truth::kUnknown) return next;
  const bool may_fail = next.truth == Truth::kInvalid || next.truth == Truth::kUnknownOrInvalid;
  return {.truth = may_fail ? Truth::kUnknownOrInvalid : Truth::kUnknown, .text = unknown.text};
}

// All terms hold. A term that is false decides even behind an unknown one: the clauses of NVIDIA's
// images, brand=tesla,driver>=470,driver<471, can mostly be refuted without asking a GPU for its
// brand.
Verdict evaluate_group(std::string_view group, const RequirementFacts& facts) {
  Verdict verdict;
  for (const std::string_view text : split(group, ',')) {
    if (text.empty()) continue;
    const Verdict term = evaluate_term(text, facts);
    if (term.truth == Truth::kFalse) return term;
    if (term.truth == Truth::kTrue) continue;
    verdict = after_unknown(verdict, term);
    if (verdict.truth != Truth::kUnknown) return verdict;
  }
  return verdict;
}

std::string_view first_group(std::string_view expression) {
  const std::size_t begin = expression.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return expression.substr(begin, expression.find(' ', begin) - begin);
}

}  // namespace

RequirementOutcome evaluate_requirement(std::string_view expression,
                                        const RequirementFacts& facts) {
  if (first_group(expression).empty()) return {};
  Verdict verdict{.truth = Truth::kFalse, .text = first_group(expression)};
  for (const std::string_view group : split(expression, ' ')) {
    if (group.empty()) continue;
    const Verdict next = evaluate_group(group, facts);
    if (next.truth == Truth::kTrue) return {};
    if (next.truth == Truth::kFalse) continue;
    verdict = after_unknown(verdict, next);
    if (verdict.truth != Truth::kUnknown) break;
  }

  const std::string text(verdict.text);
  switch (verdict.truth) {
    case Truth::kInvalid:
      return {.state = RequirementState::kInvalid, .text = text};
    case Truth::kUnknown:
    case Truth::kUnknownOrInvalid:
      return {.state = RequirementState::kUnknown, .text = text};
    case Truth::kTrue:
    case Truth::kFalse:
      break;
  }
  return {.state = RequirementState::kUnsatisfied, .text = text};
}

std::string describe_outcome(const RequirementOutcome& outcome) {
  switch (outcome.state) {
    case RequirementState::kSatisfied:
      return "";
    case RequirementState::kInvalid:
      return "requirement error: invalid expression";
    case RequirementState::kUnknown:
      return "requirement error: unknown " + escape(outcome.text);
    case RequirementState::kUnsatisfied:
      break;
  }
  std::string line = "requirement error: unsatisfied condition: " + escape(outcome.text);
  if (outcome.text.starts_with("cuda>=")) {
    line.append(", please update your driver to a newer version, or use an earlier cuda container");
  }
  return line;
}

}  // namespace nvinject
