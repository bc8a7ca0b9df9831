// SPDX-License-Identifier: Apache-2.0
#include "core/grant/grant_extras.h"

#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/inventory/lookup.h"

namespace nvinject {
namespace {

// "mig-config error: " and "mig-monitor error: " are what users and their scripts know.
struct MigManagement {
  std::string_view name;        // "mig-config"
  std::string_view capability;  // "mig/config"
};
constexpr MigManagement kConfig = {"mig-config", kMigConfig};
constexpr MigManagement kMonitor = {"mig-monitor", kMigMonitor};

// `asked` is the value of the variable. True when the right is granted.
Result<bool> grant_mig_management(const MigManagement& what, const std::string& asked,
                                  const Selection& selection, const Inventory& inventory) {
  if (asked.empty()) return false;
  const std::string prefix = std::string(what.name) + " error: ";
  if (asked != "all") {
    return fail(ErrorCode::kInvalidRequest,
                prefix + "only 'all' devices are currently supported, not " + quote(asked));
  }
  if (selection.names_mig_devices) {
    return fail(ErrorCode::kInvalidRequest, prefix + "cannot enable " + std::string(what.name) +
                                                " with specific MIG devices selected");
  }
  const MigCapability* const capability = find_mig_capability(inventory, what.capability);
  if (capability == nullptr || !capability->node) {
    return fail(ErrorCode::kNotFound,
                prefix + "the driver shows no /proc/driver/nvidia/capabilities/" +
                    std::string(what.capability) + " with a device node: no GPU here has MIG");
  }
  return true;
}

std::string describe_channels(const ImexChannels& channels) {
  if (channels.nodes.empty() && (channels.offered == 0 || !channels.made)) {
    return "this node has none";
  }
  std::string text = "this node has " + std::to_string(channels.nodes.size()) + " nodes";
  if (channels.made) {
    text += ", and the driver offers " + std::to_string(channels.offered) + " channels";
  }
  return text;
}

Result<void> grant_imex_channels(const GpuRequest& request, const Inventory& inventory,
                                 Grant& grant) {
  for (const std::string& channel : request.extras.imex_channels) {
    const auto number = parse_unsigned<unsigned>(channel);
    if (!number || !find_imex_channel(inventory.imex_channels, *number)) {
      return fail(ErrorCode::kNotFound,
                  "unknown IMEX channel " + quote(channel) + ": " +
                      describe_channels(inventory.imex_channels) +
                      " (/dev/nvidia-caps-imex-channels, NVreg_ImexChannelCount)");
    }
    grant.imex_channels.push_back(*number);
    grant.decisions.push_back(
        {"IMEX channel " + channel, "granted", "asked for beside " + request.source});
  }
  return {};
}

}  // namespace

Result<void> grant_extras(const GpuRequest& request, const Selection& selection,
                          const Inventory& inventory, Grant& grant) {
  const ExtraRequests& extras = request.extras;
  NVINJECT_ASSIGN_OR_RETURN(grant.mig_config,
                            grant_mig_management(kConfig, extras.mig_config, selection, inventory));
  NVINJECT_ASSIGN_OR_RETURN(
      grant.mig_monitor, grant_mig_management(kMonitor, extras.mig_monitor, selection, inventory));
  if (grant.mig_config) {
    grant.decisions.push_back(
        {"MIG configuration", "granted", "asked for beside " + request.source});
  }
  if (grant.mig_monitor) {
    grant.decisions.push_back({"MIG monitoring", "granted", "asked for beside " + request.source});
  }
  NVINJECT_RETURN_IF_ERROR(grant_imex_channels(request, inventory, grant));
  grant.gates = extras.gates;
  return {};
}

}  // namespace nvinject
