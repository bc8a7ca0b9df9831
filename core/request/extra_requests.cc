// SPDX-License-Identifier: Apache-2.0
#include "core/request/extra_requests.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/request/device_list.h"
#include "core/request/word_list.h"

namespace nvinject {
namespace {

constexpr std::string_view kImexChannels = "NVIDIA_IMEX_CHANNELS";
constexpr std::string_view kEnabled = "enabled";
// In the order in which the classic runtime serves them.
constexpr std::array<std::string_view, 4> kGates = {"NVIDIA_GDS", "NVIDIA_MOFED", "NVIDIA_GDRCOPY",
                                                    "NVIDIA_NVSWITCH"};
// Channel numbers have 20 bits: they are minor device numbers.
constexpr std::uint32_t kMaxImexChannel = (1U << 20) - 1;

// Both let a container reconfigure GPUs that others use.
Result<std::string> parse_mig_management(const RequestInputs& inputs, std::string_view name) {
  const std::string variable = "NVIDIA_" + std::string(name);
  const std::string_view value = inputs.environment.value_of(variable);
  if (!value.empty() && !inputs.facts.privileged) {
    return fail(ErrorCode::kInvalidRequest, "parse " + variable + "=" + quote(value) +
                                                ": cannot set " + std::string(name) +
                                                " in non privileged container");
  }
  return std::string(value);
}

void ignore_imex(std::string_view subject, std::string reason, Decisions& decisions) {
  decisions.push_back(
      {.subject = std::string(subject), .choice = "ignored", .reason = std::move(reason)});
}

// "all" is what classic versions put there for every legacy image, so nobody is taken to mean it;
// "none" gave all channels in classic mode "jit-cdi", and gives none here.
DeviceList find_imex_list(const RequestInputs& inputs, Decisions& decisions) {
  if (!inputs.mounts.imex_channels.empty()) {
    return {.source = "volume mounts", .words = inputs.mounts.imex_channels};
  }
  DeviceList list{.source = std::string(kImexChannels), .words = {}};
  for (const std::string_view word : parse_word_list(inputs.environment.value_of(kImexChannels))) {
    list.words.emplace_back(word);
  }
  const DeviceScope scope = scope_of(list.words);
  if (scope == DeviceScope::kNothing || scope == DeviceScope::kDriverOnly) return {};
  if (!inputs.accepts_environment()) {
    ignore_imex(kImexChannels, "the container is not privileged", decisions);
    return {};
  }
  if (scope == DeviceScope::kAll) {
    ignore_imex(kImexChannels, "'all' is not served: channels are asked for by number", decisions);
    return {};
  }
  return list;
}

std::optional<std::uint32_t> parse_imex_channel(std::string_view text) {
  constexpr std::string_view kPrefix = "channel";
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  const std::optional<std::uint32_t> channel = parse_unsigned<std::uint32_t>(text);
  return channel && *channel <= kMaxImexChannel ? channel : std::nullopt;
}

Result<std::vector<std::string>> parse_imex_channels(const RequestInputs& inputs,
                                                     Decisions& decisions) {
  std::vector<std::string> channels;
  if (inputs.rules.ignore_imex_channels) {
    if (!inputs.mounts.imex_channels.empty() ||
        !inputs.environment.value_of(kImexChannels).empty()) {
      ignore_imex(kImexChannels, "features.ignore-imex-channel-requests is on", decisions);
    }
    return channels;
  }
  const DeviceList list = find_imex_list(inputs, decisions);
  const auto doing = [&list] {
    return "parse IMEX channels of " + list.source + "=" + quote(join(list.words, ","));
  };
  if (list.words.size() > kMaxListedDevices) {
    return fail(ErrorCode::kInvalidRequest,
                doing() + ": more than " + std::to_string(kMaxListedDevices) + " channels");
  }
  for (const std::string& word : list.words) {
    const std::optional<std::uint32_t> channel = parse_imex_channel(word);
    if (!channel) {
      return fail(ErrorCode::kInvalidRequest,
                  doing() + ": " + quote(word) + " is no channel number below 2^20");
    }
    std::string number = std::to_string(*channel);
    if (std::find(channels.begin(), channels.end(), number) == channels.end()) {
      channels.push_back(std::move(number));
    }
  }
  return channels;
}

}  // namespace

Result<ExtraRequests> parse_extra_requests(const RequestInputs& inputs, Decisions& decisions) {
  ExtraRequests extras;
  NVINJECT_ASSIGN_OR_RETURN(extras.mig_config, parse_mig_management(inputs, "MIG_CONFIG_DEVICES"));
  NVINJECT_ASSIGN_OR_RETURN(extras.mig_monitor,
                            parse_mig_management(inputs, "MIG_MONITOR_DEVICES"));
  NVINJECT_ASSIGN_OR_RETURN(extras.imex_channels, parse_imex_channels(inputs, decisions));
  for (const std::string_view gate : kGates) {
    if (inputs.environment.value_of(gate) == kEnabled) extras.gates.emplace_back(gate);
  }
  return extras;
}

}  // namespace nvinject
