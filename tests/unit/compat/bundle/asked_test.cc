// SPDX-License-Identifier: Apache-2.0
#include "compat/bundle/asked.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::Succeeds;
using nvinject::testing::TempTree;

TEST(MayAsk, OnlyWhereAWordOfARequestIs) {
  AcceptRules rules;
  EXPECT_FALSE(may_ask(R"({"process":{"env":["PATH=/bin"]}})", rules));
  for (const char* const text : {R"("NVIDIA_VISIBLE_DEVICES=0")", R"("CUDA_VERSION=12.4")",
                                 R"("/var/run/nvidia-container-devices/0")", "nvidia.com/gpu=0",
                                 R"("\u004eVIDIA_VISIBLE_DEVICES=0")"}) {
    EXPECT_TRUE(may_ask(text, rules)) << text;
  }
  EXPECT_FALSE(may_ask("DOCKER_RESOURCE_GPU=0", rules));
  rules.swarm_resources = {"DOCKER_RESOURCE_GPU"};
  EXPECT_TRUE(may_ask("DOCKER_RESOURCE_GPU=0", rules));
}

TEST(ParseAsked, ReadsSpecFactsAndRequest) {
  const TempTree tree;
  tree.file("config.json", R"({"process":{"env":["NVIDIA_VISIBLE_DEVICES=0,3"]}})");
  const auto bundle = Bundle::open(tree.path(), "");
  ASSERT_THAT(bundle, Succeeds());
  const auto asked = parse_asked(*bundle, {}, JsonRules::kStrict);
  ASSERT_THAT(asked, Succeeds());
  EXPECT_THAT(asked->request.words(), ::testing::ElementsAre("0", "3"));
  EXPECT_THAT(asked->facts.env, ::testing::ElementsAre("NVIDIA_VISIBLE_DEVICES=0,3"));
}

TEST(ParseAsked, WhoWasDeniedGpusAsksForNone) {
  const TempTree tree;
  tree.file("config.json",
            R"({"process":{"env":["NVIDIA_VISIBLE_DEVICES=all","NVINJECT_DENIED=because"]}})");
  const auto bundle = Bundle::open(tree.path(), "");
  ASSERT_THAT(bundle, Succeeds());
  const auto asked = parse_asked(*bundle, {}, JsonRules::kStrict);
  ASSERT_THAT(asked, Succeeds());
  EXPECT_TRUE(asked->request.empty());
}

TEST(ParseAsked, NamesTheFileThatIsMalformed) {
  const TempTree tree;
  tree.file("config.json", "{");
  const auto bundle = Bundle::open(tree.path(), "");
  ASSERT_THAT(bundle, Succeeds());
  EXPECT_THAT(parse_asked(*bundle, {}, JsonRules::kLenient),
              FailsWith(ErrorCode::kInvalidRequest, "config.json"));
}

}  // namespace
}  // namespace nvinject::compat
