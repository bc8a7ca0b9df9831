// SPDX-License-Identifier: Apache-2.0
#include "core/request/capability_request.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/text.h"
#include "core/request/word_list.h"

namespace nvinject {
namespace {

constexpr std::string_view kDriverCapabilities = "NVIDIA_DRIVER_CAPABILITIES";
constexpr CapabilitySet kDefaultCapabilities = {Capability::kCompute, Capability::kUtility};

}  // namespace

Result<CapabilitySet> parse_capability_request(const Environment& environment,
                                               CapabilitySet supported) {
  const std::optional<std::string_view> value = environment.find(kDriverCapabilities);
  if (!value && is_legacy_image(environment)) return supported;

  const std::string_view text = value.value_or(std::string_view());
  const std::vector<std::string_view> words = parse_word_list(text);
  if (words.empty()) return kDefaultCapabilities & supported;
  if (std::find(words.begin(), words.end(), "all") != words.end()) return supported;

  CapabilitySet capabilities;
  bool unsupported = false;
  for (const std::string_view word : words) {
    const std::optional<Capability> capability = find_capability(word);
    if (capability && supported.has(*capability)) {
      capabilities.add(*capability);
    } else {
      unsupported = true;
    }
  }
  if (!unsupported) return capabilities;

  // The wording of the classic tools: what was asked in alphabetical order, and what of it is
  // allowed.
  const std::set<std::string> asked(words.begin(), words.end());
  return fail(ErrorCode::kInvalidRequest, "parse " + std::string(kDriverCapabilities) + "=" +
                                              quote(text) + ": unsupported capabilities found in " +
                                              quote(join({asked.begin(), asked.end()}, ",")) +
                                              " (allowed " + quote(to_string(capabilities)) + ")");
}

}  // namespace nvinject
