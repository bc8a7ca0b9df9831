// SPDX-License-Identifier: Apache-2.0
#include "core/request/extra_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Parsed {
  Result<ExtraRequests> extras;
  Decisions decisions;
};

Parsed parsed(const ContainerFacts& facts, const AcceptRules& rules = {}) {
  Parsed result;
  result.extras = parse_extra_requests(make_request_inputs(facts, rules), result.decisions);
  return result;
}

MountFact imex_mount(const std::string& channel) {
  return {"/dev/null", "/var/run/nvidia-container-devices/imex/" + channel};
}

TEST(MigManagement, IsForPrivilegedContainersOnly) {
  ContainerFacts facts{.env = {"NVIDIA_MIG_CONFIG_DEVICES=all", "NVIDIA_MIG_MONITOR_DEVICES=0"},
                       .privileged = true};
  const Parsed privileged = parsed(facts);
  EXPECT_EQ(privileged.extras->mig_config, "all");
  EXPECT_EQ(privileged.extras->mig_monitor, "0");

  facts.privileged = false;
  EXPECT_EQ(parsed(facts).extras.error().code, ErrorCode::kInvalidRequest);
  EXPECT_THAT(parsed(facts).extras.error().message,
              EndsWith("cannot set MIG_CONFIG_DEVICES in non privileged container"));
  EXPECT_THAT(parsed({.env = {"NVIDIA_MIG_MONITOR_DEVICES=all"}}).extras.error().message,
              EndsWith("cannot set MIG_MONITOR_DEVICES in non privileged container"));
}

TEST(MigManagement, IsNotAskedForByAnEmptyValue) {
  EXPECT_EQ(parsed({.env = {"NVIDIA_MIG_CONFIG_DEVICES="}}).extras, ExtraRequests());
}

TEST(ImexChannels, AreNumbersWithoutDuplicates) {
  EXPECT_THAT(
      parsed({.env = {"NVIDIA_IMEX_CHANNELS=0, channel7,1048575,00"}}).extras->imex_channels,
      ElementsAre("0", "7", "1048575"));
}

TEST(ImexChannels, OfMountsComeBeforeTheVariable) {
  const ContainerFacts facts{.env = {"NVIDIA_IMEX_CHANNELS=1"}, .mounts = {imex_mount("2")}};
  EXPECT_THAT(parsed(facts, {.volume_mounts = true}).extras->imex_channels, ElementsAre("2"));
  EXPECT_THAT(parsed(facts).extras->imex_channels, ElementsAre("1"));
}

TEST(ImexChannels, AreNotGivenForWords) {
  struct Row {
    std::string value;
    bool decision;
  };
  // "none" gave all channels in one of the classic modes.
  const std::vector<Row> rows = {{"", false},       {"void", false}, {"none", false},
                                 {"0,none", false}, {"all", true},   {"0,all", true}};
  for (const Row& row : rows) {
    const Parsed result = parsed({.env = {"NVIDIA_IMEX_CHANNELS=" + row.value}});
    EXPECT_THAT(result.extras->imex_channels, IsEmpty()) << row.value;
    EXPECT_EQ(result.decisions.size(), row.decision ? 1U : 0U) << row.value;
  }
  EXPECT_THAT(parsed({.env = {"CUDA_VERSION=8.0"}}).extras->imex_channels, IsEmpty());
}

TEST(ImexChannels, OfTheVariableFollowThePrivilegeRule) {
  ContainerFacts facts{.env = {"NVIDIA_IMEX_CHANNELS=1"}};
  const AcceptRules rules{.env_when_unprivileged = false};
  const Parsed result = parsed(facts, rules);
  EXPECT_THAT(result.extras->imex_channels, IsEmpty());
  EXPECT_THAT(result.decisions, ElementsAre(Field(&Decision::subject, "NVIDIA_IMEX_CHANNELS")));
  facts.privileged = true;
  EXPECT_THAT(parsed(facts, rules).extras->imex_channels, ElementsAre("1"));
}

TEST(ImexChannels, AreIgnoredWhenTheRulesSaySo) {
  const AcceptRules rules{.volume_mounts = true, .ignore_imex_channels = true};
  for (const ContainerFacts& facts : {ContainerFacts{.env = {"NVIDIA_IMEX_CHANNELS=foo"}},
                                      ContainerFacts{.mounts = {imex_mount("foo")}}}) {
    const Parsed result = parsed(facts, rules);
    EXPECT_THAT(result.extras->imex_channels, IsEmpty());
    EXPECT_THAT(result.decisions, ElementsAre(Field(&Decision::choice, "ignored")));
  }
  EXPECT_THAT(parsed({}, rules).decisions, IsEmpty());
}

TEST(ImexChannels, HaveTwentyBits) {
  for (const std::string channel : {"1048576", "-1", "0x1", "x", "channel", "channel channel0"}) {
    const Parsed by_variable = parsed({.env = {"NVIDIA_IMEX_CHANNELS=0," + channel}});
    ASSERT_FALSE(by_variable.extras.has_value()) << channel;
    EXPECT_EQ(by_variable.extras.error().code, ErrorCode::kInvalidRequest);
    EXPECT_THAT(by_variable.extras.error().message,
                HasSubstr("NVIDIA_IMEX_CHANNELS='0," + channel + "'"));
  }
  const Parsed by_mount = parsed({.mounts = {imex_mount("all")}}, {.volume_mounts = true});
  EXPECT_THAT(by_mount.extras.error().message, HasSubstr("volume mounts='all'"));
}

TEST(ImexChannels, AreLimited) {
  std::string value = "0";
  for (int i = 1; i <= 512; ++i) value.append(",").append(std::to_string(i));
  EXPECT_THAT(parsed({.env = {"NVIDIA_IMEX_CHANNELS=" + value}}).extras.error().message,
              HasSubstr("more than 512"));
}

TEST(Gates, AreOpenedByTheExactWordOnly) {
  EXPECT_THAT(parsed({.env = {"NVIDIA_NVSWITCH=enabled", "NVIDIA_GDS=enabled", "NVIDIA_MOFED=true",
                              "NVIDIA_GDRCOPY=Enabled"}})
                  .extras->gates,
              ElementsAre("NVIDIA_GDS", "NVIDIA_NVSWITCH"));
  EXPECT_THAT(
      parsed({.env = {"NVIDIA_MOFED=enabled", "NVIDIA_GDRCOPY=enabled", "NVIDIA_GDS= enabled"}})
          .extras->gates,
      ElementsAre("NVIDIA_MOFED", "NVIDIA_GDRCOPY"));
}

}  // namespace
}  // namespace nvinject
