// SPDX-License-Identifier: Apache-2.0
#include "core/request/requirement.h"

#include <gtest/gtest.h>

#include <vector>

namespace nvinject {
namespace {

constexpr auto kSatisfied = RequirementState::kSatisfied;
constexpr auto kUnsatisfied = RequirementState::kUnsatisfied;
constexpr auto kInvalid = RequirementState::kInvalid;
constexpr auto kUnknown = RequirementState::kUnknown;

const RequirementFacts kNode = {
    .cuda = "11.4", .driver = "470.82.01", .arch = "8.0", .brand = "Tesla"};

struct Row {
  std::string expression;
  RequirementState state;
  std::string text;
};

void expect_outcomes(const std::vector<Row>& rows, const RequirementFacts& facts) {
  for (const Row& row : rows) {
    EXPECT_EQ(evaluate_requirement(row.expression, facts),
              (RequirementOutcome{row.state, row.text}))
        << row.expression;
  }
}

// What the original answers for this node.
TEST(Requirement, AgreesWithTheOriginalWhenSatisfied) {
  for (const std::string_view expression :
       {"cuda>=11.0", "cuda>=11.4", "cuda>11", "cuda=11.4.0", "cuda>=11..4", "cuda>=11.4,",
        "cuda>=12.6 brand=tesla,driver>=470,driver<471", "BRAND=tesla", "brand=TESLA", "arch>=8",
        "arch<9.0", "driver>=470.82.1", "cuda>=11.0 foo=1", "", ",", ", cuda>=12"}) {
    EXPECT_EQ(evaluate_requirement(expression, kNode).state, kSatisfied) << expression;
  }
}

TEST(Requirement, AgreesWithTheOriginalWhenUnsatisfied) {
  const std::string update =
      ", please update your driver to a newer version, or use an earlier cuda container";
  struct Described {
    std::string_view expression;
    std::string condition;
  };
  const std::vector<Described> rows = {
      {"cuda<=11", "cuda<=11"},
      {"cuda=11", "cuda=11"},
      {"cuda!=11.4", "cuda!=11.4"},
      {"cuda!11.4", "cuda!11.4"},
      {"arch>8.0", "arch>8.0"},
      {"driver>470.82.001", "driver>470.82.001"},
      {"cuda>=11.6", "cuda>=11.6" + update},
      {"cuda>=12.6 brand=geforce,driver>=470,driver<471 brand=tesla,driver>=450,driver<451",
       "cuda>=12.6" + update},
  };
  for (const Described& row : rows) {
    const RequirementOutcome outcome = evaluate_requirement(row.expression, kNode);
    EXPECT_EQ(outcome.state, kUnsatisfied) << row.expression;
    EXPECT_EQ(describe_outcome(outcome),
              "requirement error: unsatisfied condition: " + row.condition);
  }
}

TEST(Requirement, AgreesWithTheOriginalWhenInvalid) {
  const std::vector<Row> rows = {
      {"brand>tesla", kInvalid, "brand>tesla"},
      {"foo=1", kInvalid, "foo=1"},
      {"cuda", kInvalid, "cuda"},
      {"cuda>=", kInvalid, "cuda>="},
      {"cuda==11.4", kInvalid, "cuda==11.4"},
      {"cuda=>11", kInvalid, "cuda=>11"},
      {"cuda>=11a", kInvalid, "cuda>=11a"},
      {"cuda >= 11.0", kInvalid, "cuda"},
      {"cuda>=12 foo=1", kInvalid, "foo=1"},
  };
  expect_outcomes(rows, kNode);
  for (const Row& row : rows) {
    EXPECT_EQ(describe_outcome(evaluate_requirement(row.expression, kNode)),
              "requirement error: invalid expression");
  }
}

TEST(Requirement, NamesTheFirstGroupBehindLeadingSpaces) {
  // The original names an empty condition.
  expect_outcomes(
      {{"  cuda>=12", kUnsatisfied, "cuda>=12"}, {" cuda>=12 brand=x ", kUnsatisfied, "cuda>=12"}},
      kNode);
}

TEST(Requirement, KnowsEveryOperator) {
  expect_outcomes({{"cuda=11.4", kSatisfied, ""},
                   {"cuda!=11.5", kSatisfied, ""},
                   {"cuda!11.5", kSatisfied, ""},
                   {"cuda<11.5", kSatisfied, ""},
                   {"cuda<11.4", kUnsatisfied, "cuda<11.4"},
                   {"cuda<=11.4", kSatisfied, ""},
                   {"cuda>11.4", kUnsatisfied, "cuda>11.4"},
                   {"cuda>=11.5", kUnsatisfied, "cuda>=11.5"},
                   {"cuda=<11", kInvalid, "cuda=<11"},
                   {"cuda<>11", kInvalid, "cuda<>11"},
                   {"cuda!!11", kInvalid, "cuda!!11"},
                   {"cuda>>11", kInvalid, "cuda>>11"},
                   {"cuda>=<11", kInvalid, "cuda>=<11"},
                   {"brand!=geforce", kSatisfied, ""},
                   {"brand!tesla", kUnsatisfied, "brand!tesla"},
                   {"brand<=tesla", kInvalid, "brand<=tesla"}},
                  kNode);
}

TEST(Requirement, ComparesVersionsFieldByField) {
  expect_outcomes({{"cuda>=9.9", kSatisfied, ""},
                   {"cuda<11.10", kSatisfied, ""},
                   {"cuda=011.04", kSatisfied, ""},
                   {"cuda=.11...4.", kSatisfied, ""},
                   {"cuda<11.4.0.1", kSatisfied, ""},
                   {"cuda>0", kSatisfied, ""},
                   {"cuda>.", kSatisfied, ""},
                   {"cuda<99999999999999999999999999", kSatisfied, ""},
                   {"cuda=4294967307.4", kUnsatisfied, "cuda=4294967307.4"},
                   {"cuda>=-1", kInvalid, "cuda>=-1"},
                   {"cuda>=11,4", kInvalid, "4"}},
                  kNode);
}

TEST(Requirement, NeedsANameAndAValue) {
  expect_outcomes({{"=11", kInvalid, "=11"},
                   {">=", kInvalid, ">="},
                   {"=", kInvalid, "="},
                   {"cuda11", kInvalid, "cuda11"},
                   {"cudas>=11", kInvalid, "cudas>=11"},
                   {"cuda>=11>2", kInvalid, "cuda>=11>2"},
                   {"brand=a=b", kUnsatisfied, "brand=a=b"},
                   {"cuda>=11\t", kInvalid, "cuda>=11\t"}},
                  kNode);
}

TEST(Requirement, StopsWhereItIsDecided) {
  expect_outcomes({{"cuda>=12,foo=1 cuda>=11", kSatisfied, ""},
                   {"cuda>=11,foo=1", kInvalid, "foo=1"},
                   {"cuda>=12,foo=1", kUnsatisfied, "cuda>=12,foo=1"},
                   {"cuda>=11 foo", kSatisfied, ""}},
                  kNode);
}

TEST(Requirement, ThatIsFalseMayHave127Characters) {
  const std::string longest = "brand=" + std::string(121, 'x');
  const std::string too_long = longest + "x";
  const std::string with_full_operator = "brand!" + std::string(120, 'x');
  expect_outcomes({{longest, kUnsatisfied, longest},
                   {too_long, kInvalid, too_long},
                   {"cuda>=" + std::string(200, '0'), kSatisfied, ""},
                   {"driver>=1," + too_long, kInvalid, too_long}},
                  kNode);
  RequirementFacts node = kNode;
  node.brand = std::string(120, 'x');
  expect_outcomes({{with_full_operator, kUnsatisfied, with_full_operator}}, node);
  node.brand->push_back('x');
  expect_outcomes({{with_full_operator + "x", kInvalid, with_full_operator + "x"}}, node);
}

TEST(Requirement, OfTheGpuIsSatisfiedWithoutAGpu) {
  RequirementFacts facts = {.cuda = "11.4", .driver = "470.82.01", .no_device = true};
  expect_outcomes({{"arch>=99", kSatisfied, ""},
                   {"brand=geforce", kSatisfied, ""},
                   {"brand>geforce", kSatisfied, ""},
                   {"arch>=x", kSatisfied, ""},
                   {"arch==1", kInvalid, "arch==1"},
                   {"cuda>=12,arch>=1", kUnsatisfied, "cuda>=12,arch>=1"},
                   {"driver<1", kUnsatisfied, "driver<1"}},
                  facts);
}

TEST(Requirement, IsUnknownOnlyWhenTheMissingFactMakesADifference) {
  RequirementFacts facts = {.cuda = "11.4", .driver = "470.82.01"};
  expect_outcomes({{"brand=tesla", kUnknown, "brand"},
                   {"BRAND=tesla", kUnknown, "brand"},
                   {"arch>=8.0", kUnknown, "arch"},
                   {"cuda>=11 brand=tesla", kSatisfied, ""},
                   {"brand=tesla cuda>=11", kSatisfied, ""},
                   {"cuda>=12 brand=tesla", kUnknown, "brand"},
                   {"cuda>=12 brand=tesla,driver>=470,driver<471", kUnknown, "brand"},
                   {"cuda>=12 brand=tesla,driver>=450,driver<451", kUnsatisfied, "cuda>=12"},
                   {"brand=tesla,arch>=8", kUnknown, "brand"},
                   {"brand>tesla", kInvalid, "brand>tesla"},
                   {"arch>=x", kInvalid, "arch>=x"}},
                  facts);
  facts.cuda.reset();
  expect_outcomes({{"cuda>=11", kUnknown, "cuda"}, {"cuda>=1x", kInvalid, "cuda>=1x"}}, facts);
  facts.driver = "garbage";
  expect_outcomes({{"driver>=1", kUnknown, "driver"}}, facts);
}

TEST(Requirement, DoesNotJudgeWhatIsReachedOnlyInOneCase) {
  const RequirementFacts facts = {.cuda = "11.4", .driver = "470.82.01"};
  const std::string long_term = "brand=" + std::string(200, 'x');
  expect_outcomes({{"brand=tesla,foo=1", kUnknown, "brand"},
                   {"brand=tesla foo=1", kUnknown, "brand"},
                   {"brand=tesla,foo=1 cuda>=11", kUnknown, "brand"},
                   {long_term, kUnknown, "brand"},
                   {long_term + ",cuda>=12", kUnknown, "brand"},
                   {long_term + " cuda>=11", kUnknown, "brand"}},
                  facts);
}

TEST(Requirement, SurvivesOneMebibyteOfAnything) {
  for (const char c : {' ', ',', '=', '>', '1', '.', 'a', '\0', '\xff'}) {
    const std::string text(1 << 20, c);
    EXPECT_LT(describe_outcome(evaluate_requirement(text, kNode)).size(), 1000U);
    EXPECT_LT(describe_outcome(evaluate_requirement("brand=" + text, kNode)).size(), 1000U);
    EXPECT_LT(describe_outcome(evaluate_requirement("cuda>" + text, kNode)).size(), 1000U);
  }
}

TEST(DescribedOutcome, IsOneSafeLine) {
  EXPECT_EQ(describe_outcome({}), "");
  EXPECT_EQ(describe_outcome({kUnknown, "brand"}), "requirement error: unknown brand");
  EXPECT_EQ(describe_outcome(evaluate_requirement("brand=x\ny", kNode)),
            R"(requirement error: unsatisfied condition: brand=x\x0ay)");
}

}  // namespace
}  // namespace nvinject
