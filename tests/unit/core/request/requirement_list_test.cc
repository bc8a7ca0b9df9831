// SPDX-License-Identifier: Apache-2.0
#include "core/request/requirement_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nvinject {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct ParsedList {
  Result<std::vector<Requirement>> requirements;
  Decisions decisions;
};

ParsedList parsed_list(std::vector<std::string> env, const AcceptRules& rules = {}) {
  const ContainerFacts facts{.env = std::move(env)};
  ParsedList result;
  result.requirements = parse_requirement_list(make_request_inputs(facts, rules), result.decisions);
  return result;
}

TEST(RequirementList, HoldsEveryRequireVariableByName) {
  EXPECT_THAT(*parsed_list({"NVIDIA_REQUIRE_DRIVER=driver>=470", "NVIDIA_REQUIRE_CUDA=cuda>=11.0",
                            "NVIDIA_REQUIRE_DRIVER=driver>=550", "NVIDIA_REQUIRE=x"})
                   .requirements,
              ElementsAre(Requirement{"NVIDIA_REQUIRE_CUDA", "cuda>=11.0"},
                          Requirement{"NVIDIA_REQUIRE_DRIVER", "driver>=550"}));
}

TEST(RequirementList, LeavesOutJetpackAndEmptyOnes) {
  EXPECT_THAT(*parsed_list({"NVIDIA_REQUIRE_JETPACK=csv-mounts=all",
                            "NVIDIA_REQUIRE_JETPACK_HOST_MOUNTS=x", "NVIDIA_REQUIRE_CUDA="})
                   .requirements,
              IsEmpty());
}

TEST(RequirementList, HoldsTheCudaVersionOfALegacyImage) {
  struct Row {
    std::string_view version;
    std::string_view expression;
  };
  const std::vector<Row> rows = {{"11.4.2", "cuda>=11.4"},
                                 {"8.0", "cuda>=8.0"},
                                 {"11", "cuda>=11.0"},
                                 {"v12.10.1", "cuda>=12.10"}};
  for (const Row& row : rows) {
    EXPECT_THAT(*parsed_list({"CUDA_VERSION=" + std::string(row.version)}).requirements,
                ElementsAre(Requirement{"CUDA_VERSION", std::string(row.expression)}));
  }
  EXPECT_THAT(*parsed_list({"CUDA_VERSION=x", "NVIDIA_REQUIRE_CUDA=cuda>=11"}).requirements,
              ElementsAre(Requirement{"NVIDIA_REQUIRE_CUDA", "cuda>=11"}));
}

TEST(RequirementList, RefusesACudaVersionThatIsNone) {
  for (const std::string version :
       {"foo", "v", "11.4.2.1", "-11", "11.-4", "+11.4", "11.", ".4", "11..4", "11.4a", "11.x",
        " 11", "vv11", "4294967296.0", "11.4.99999999999999999999"}) {
    const ParsedList result = parsed_list({"CUDA_VERSION=" + version});
    ASSERT_FALSE(result.requirements.has_value()) << version;
    EXPECT_EQ(result.requirements.error().code, ErrorCode::kInvalidRequest);
    EXPECT_THAT(result.requirements.error().message, HasSubstr("CUDA_VERSION='" + version + "'"));
  }
}

TEST(RequirementList, IsEmptyWhenSwitchedOffAndSaysSo) {
  const std::string requirement = "NVIDIA_REQUIRE_CUDA=cuda>=99";
  for (const std::string value : {"1", "t", "T", "TRUE", "true", "True"}) {
    const ParsedList result = parsed_list({requirement, "NVIDIA_DISABLE_REQUIRE=" + value});
    EXPECT_THAT(*result.requirements, IsEmpty()) << value;
    EXPECT_THAT(result.decisions,
                ElementsAre(AllOf(Field(&Decision::subject, "NVIDIA_REQUIRE_CUDA"),
                                  Field(&Decision::reason, HasSubstr("NVIDIA_DISABLE_REQUIRE")))));
  }
  const ParsedList by_rule = parsed_list({requirement}, {.disable_require = true});
  EXPECT_THAT(*by_rule.requirements, IsEmpty());
  EXPECT_THAT(by_rule.decisions,
              ElementsAre(Field(&Decision::reason, HasSubstr("disable-require"))));
}

TEST(RequirementList, DoesNotReadACudaVersionWhenSwitchedOff) {
  const ParsedList result = parsed_list({"CUDA_VERSION=foo", "NVIDIA_DISABLE_REQUIRE=true"});
  EXPECT_THAT(*result.requirements, IsEmpty());
  EXPECT_THAT(result.decisions, ElementsAre(Field(&Decision::subject, "CUDA_VERSION")));
}

TEST(RequirementList, StaysOnForOtherValues) {
  const std::string requirement = "NVIDIA_REQUIRE_CUDA=cuda>=99";
  for (const std::string value : {"", "0", "f", "F", "FALSE", "false", "False"}) {
    const ParsedList result = parsed_list({requirement, "NVIDIA_DISABLE_REQUIRE=" + value});
    EXPECT_EQ(result.requirements->size(), 1U) << value;
    EXPECT_THAT(result.decisions, IsEmpty()) << value;
  }
  for (const std::string value : {"yes", "tRUE", " 1", "on"}) {
    const ParsedList result = parsed_list({requirement, "NVIDIA_DISABLE_REQUIRE=" + value});
    EXPECT_EQ(result.requirements->size(), 1U) << value;
    EXPECT_THAT(result.decisions, ElementsAre(Field(&Decision::subject, "NVIDIA_DISABLE_REQUIRE")))
        << value;
  }
}

}  // namespace
}  // namespace nvinject
