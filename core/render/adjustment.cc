// SPDX-License-Identifier: Apache-2.0
#include "core/render/adjustment.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/base/utf8.h"

namespace nvinject {
namespace {

Result<void> check_text(const std::string& what, std::string_view text) {
  if (is_utf8(text)) return {};
  return fail(ErrorCode::kInvalidRequest,
              "say " + what + "=" + quote(text) + " in an NRI adjustment: it is not UTF-8");
}

// Devices are named by ourselves; paths of the host and variables of the container are not.
Result<void> check_texts(const Adjustment& adjustment) {
  for (const PlannedMount& mount : adjustment.mounts) {
    NVINJECT_RETURN_IF_ERROR(check_text("mount source", mount.source.string()));
    NVINJECT_RETURN_IF_ERROR(check_text("mount destination", mount.destination.string()));
  }
  for (const EnvValue& env : adjustment.env) {
    NVINJECT_RETURN_IF_ERROR(check_text(escape(env.name), env.value));
  }
  return {};
}

Decision unsaid_step(const MergeLdCache& /*step*/) {
  return {"/etc/ld.so.cache", "left", "an NRI adjustment cannot change files of the image"};
}
Decision unsaid_step(const MaskDriverProc& /*step*/) {
  return {"/proc/driver/nvidia", "not masked", "an NRI adjustment has no masked paths"};
}
Decision unsaid_step(const HideGpusFromEgl& /*step*/) {
  return {"application profile", "not written", "an NRI adjustment has no files of its own"};
}

void add_rule(const PlannedDevice& device, std::vector<DeviceRule>& rules) {
  DeviceRule rule{.number = device.node.number, .access = device.access};
  if (std::find(rules.begin(), rules.end(), rule) == rules.end()) rules.push_back(std::move(rule));
}

}  // namespace

Result<Adjustment> make_adjustment(InjectionPlan plan, const ContainerFacts& facts) {
  Adjustment adjustment;
  for (const PlannedDevice& device : plan.devices) add_rule(device, adjustment.device_rules);
  Decisions unsaid;
  for (const gid_t gid : plan.additional_gids) {
    unsaid.push_back(
        {"group " + std::to_string(gid), "not added", "an NRI adjustment has no groups"});
  }
  for (const InRootStep& step : plan.in_root_steps) {
    unsaid.push_back(std::visit([](const auto& one) { return unsaid_step(one); }, step));
  }
  Additions additions = find_additions(std::move(plan), facts);
  adjustment.devices = std::move(additions.devices);
  adjustment.mounts = std::move(additions.mounts);
  adjustment.env = std::move(additions.env);
  adjustment.decisions = std::move(additions.decisions);
  std::move(unsaid.begin(), unsaid.end(), std::back_inserter(adjustment.decisions));
  NVINJECT_RETURN_IF_ERROR(check_texts(adjustment));
  return adjustment;
}

}  // namespace nvinject
