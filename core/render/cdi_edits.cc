// SPDX-License-Identifier: Apache-2.0
#include "core/render/cdi_edits.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/render/classic_hook.h"
#include "core/render/spec_member.h"

namespace nvinject {
namespace {

bool has_text(const Json& entry, std::string_view key, std::string_view text) {
  const Json* const member = find_member(entry, key);
  return member != nullptr && member->is_string() && member->get_ref<const std::string&>() == text;
}

bool contains(const Json& array, const Json& value) {
  return std::find(array.begin(), array.end(), value) != array.end();
}

Result<void> set_env(Json& spec, const CdiEdits& edits) {
  if (edits.env.empty()) return {};
  NVINJECT_ASSIGN_OR_RETURN(Json* const process, object_in(spec, "process", "process"));
  NVINJECT_ASSIGN_OR_RETURN(Json* const env, array_in(*process, "env", "process.env"));
  for (const std::string& variable : edits.env) {
    const std::string prefix = variable.substr(0, variable.find('=') + 1);
    erase_elements(*env, [&](const Json& entry) {
      return entry.is_string() && entry.get_ref<const std::string&>().starts_with(prefix);
    });
    env->push_back(variable);
  }
  return {};
}

// The owner of a node is the user of the container unless the file says another: as root nobody
// else could open one of mode 0600.
std::optional<std::int64_t> user_number(const Json& spec, std::string_view key) {
  const Json* const process = find_member(spec, "process");
  const Json* const user = process == nullptr ? nullptr : find_member(*process, "user");
  const Json* const number = user == nullptr ? nullptr : find_member(*user, key);
  if (number == nullptr || !number->is_number_integer()) return std::nullopt;
  const auto value = number->get<std::int64_t>();
  return value > 0 ? std::optional(value) : std::nullopt;
}

Json node_entry(const Json& spec, const CdiDeviceNode& node) {
  Json entry = {{"path", node.path}, {"type", node.type}};
  if (node.major) entry["major"] = *node.major;
  if (node.minor) entry["minor"] = *node.minor;
  if (node.file_mode) entry["fileMode"] = *node.file_mode;
  const auto put_owner = [&](const char* key, const auto& said) {
    if (said) {
      entry[key] = *said;
    } else if (const auto number = user_number(spec, key)) {
      entry[key] = *number;
    }
  };
  put_owner("uid", node.uid);
  put_owner("gid", node.gid);
  return entry;
}

Json rule_of(const CdiDeviceNode& node) {
  Json rule = {{"allow", true}, {"type", node.type == "u" ? "c" : node.type}};
  if (node.major) rule["major"] = *node.major;
  if (node.minor) rule["minor"] = *node.minor;
  rule["access"] = node.permissions.empty() ? "rwm" : node.permissions;
  return rule;
}

Result<void> add_nodes(Json& spec, const CdiEdits& edits) {
  if (edits.device_nodes.empty()) return {};
  NVINJECT_ASSIGN_OR_RETURN(Json* const linux_part, object_in(spec, "linux", "linux"));
  NVINJECT_ASSIGN_OR_RETURN(Json* const devices, array_in(*linux_part, "devices", "linux.devices"));
  for (const CdiDeviceNode& node : edits.device_nodes) {
    erase_elements(*devices, [&](const Json& entry) { return has_text(entry, "path", node.path); });
    devices->push_back(node_entry(spec, node));
  }
  return {};
}

// The last matching rule counts: what is there already is moved to the end.
Result<void> add_rules(Json& spec, const CdiEdits& edits) {
  if (edits.device_nodes.empty()) return {};
  NVINJECT_ASSIGN_OR_RETURN(Json* const linux_part, object_in(spec, "linux", "linux"));
  NVINJECT_ASSIGN_OR_RETURN(Json* const resources,
                            object_in(*linux_part, "resources", "linux.resources"));
  NVINJECT_ASSIGN_OR_RETURN(Json* const rules,
                            array_in(*resources, "devices", "linux.resources.devices"));
  for (const CdiDeviceNode& node : edits.device_nodes) {
    if (node.type == "p") continue;
    const Json rule = rule_of(node);
    erase_elements(*rules, [&](const Json& entry) { return entry == rule; });
    rules->push_back(rule);
  }
  return {};
}

// Without the flag runc mounts a file system of the type "bind", which there is not; without the
// type crun 1.8 crashes.
Json mount_entry(const CdiMount& mount) {
  const std::string type = mount.type.empty() ? "bind" : mount.type;
  Json options = mount.options;
  if (type == "bind" && !contains(options, "bind") && !contains(options, "rbind")) {
    options.push_back("rbind");
  }
  return Json{{"destination", mount.container_path},
              {"type", type},
              {"source", mount.host_path},
              {"options", std::move(options)}};
}

std::ptrdiff_t depth_of(const Json& mount) {
  const Json* const destination = find_member(mount, "destination");
  if (destination == nullptr || !destination->is_string()) return 0;
  const std::string& path = destination->get_ref<const std::string&>();
  const std::size_t end = path.find_last_not_of('/');
  const std::string_view clean = std::string_view(path).substr(0, end + 1);
  return std::count(clean.begin(), clean.end(), '/');
}

// Those of one depth keep their order.
void sort_by_depth(Json::array_t& mounts) {
  std::vector<std::pair<std::ptrdiff_t, std::size_t>> order;
  order.reserve(mounts.size());
  for (const Json& mount : mounts) order.emplace_back(depth_of(mount), order.size());
  std::sort(order.begin(), order.end());
  Json::array_t sorted;
  sorted.reserve(mounts.size());
  for (const auto& [depth, index] : order) sorted.push_back(std::move(mounts[index]));
  mounts = std::move(sorted);
}

Result<void> add_mounts(Json& spec, const CdiEdits& edits) {
  if (edits.mounts.empty()) return {};
  NVINJECT_ASSIGN_OR_RETURN(Json* const mounts, array_in(spec, "mounts", "mounts"));
  for (const CdiMount& mount : edits.mounts) {
    erase_elements(*mounts, [&](const Json& entry) {
      return has_text(entry, "destination", mount.container_path);
    });
    mounts->push_back(mount_entry(mount));
  }
  sort_by_depth(mounts->get_ref<Json::array_t&>());
  return {};
}

Json hook_entry(const CdiHook& hook) {
  Json entry = {{"path", hook.path}};
  if (!hook.args.empty()) entry["args"] = hook.args;
  if (!hook.env.empty()) entry["env"] = hook.env;
  if (hook.timeout) entry["timeout"] = *hook.timeout;
  return entry;
}

Result<void> add_hooks(Json& spec, const CdiEdits& edits) {
  for (const CdiHook& hook : edits.hooks) {
    NVINJECT_ASSIGN_OR_RETURN(Json* const hooks, object_in(spec, "hooks", "hooks"));
    NVINJECT_ASSIGN_OR_RETURN(Json* const list,
                              array_in(*hooks, hook.hook_name.c_str(), "hooks." + hook.hook_name));
    Json entry = hook_entry(hook);
    if (!contains(*list, entry)) list->push_back(std::move(entry));
  }
  return {};
}

Result<void> add_groups(Json& spec, const CdiEdits& edits) {
  for (const gid_t gid : edits.additional_gids) {
    if (gid == 0) continue;  // as the reference implementation: never root's
    NVINJECT_ASSIGN_OR_RETURN(Json* const process, object_in(spec, "process", "process"));
    NVINJECT_ASSIGN_OR_RETURN(Json* const user, object_in(*process, "user", "process.user"));
    NVINJECT_ASSIGN_OR_RETURN(Json* const groups,
                              array_in(*user, "additionalGids", "process.user.additionalGids"));
    if (!contains(*groups, gid)) groups->push_back(gid);
  }
  return {};
}

Json intel_rdt_entry(const CdiIntelRdt& rdt) {
  Json entry = Json::object();
  if (!rdt.class_of_service.empty()) entry["closID"] = rdt.class_of_service;
  if (!rdt.schemata.empty()) entry["schemata"] = rdt.schemata;
  if (!rdt.l3_cache_schema.empty()) entry["l3CacheSchema"] = rdt.l3_cache_schema;
  if (!rdt.memory_bandwidth_schema.empty()) entry["memBwSchema"] = rdt.memory_bandwidth_schema;
  if (rdt.enable_monitoring) entry["enableMonitoring"] = true;
  if (rdt.enable_cmt) entry["enableCMT"] = true;
  if (rdt.enable_mbm) entry["enableMBM"] = true;
  return entry;
}

// Instead of what the spec had: a container is in one class of service.
Result<void> set_intel_rdt(Json& spec, const CdiEdits& edits) {
  if (!edits.intel_rdt) return {};
  NVINJECT_ASSIGN_OR_RETURN(Json* const linux_part, object_in(spec, "linux", "linux"));
  (*linux_part)["intelRdt"] = intel_rdt_entry(*edits.intel_rdt);
  return {};
}

// By the name on the host (runtime specification 1.3.0).
Result<void> add_net_devices(Json& spec, const CdiEdits& edits) {
  if (edits.net_devices.empty()) return {};
  NVINJECT_ASSIGN_OR_RETURN(Json* const linux_part, object_in(spec, "linux", "linux"));
  NVINJECT_ASSIGN_OR_RETURN(Json* const devices,
                            object_in(*linux_part, "netDevices", "linux.netDevices"));
  for (const CdiNetDevice& device : edits.net_devices) {
    (*devices)[device.host_interface] = Json{{"name", device.name}};
  }
  return {};
}

}  // namespace

Result<Json> edit_by_cdi(Json spec, const CdiEdits& edits) {
  NVINJECT_RETURN_IF_ERROR(set_env(spec, edits));
  NVINJECT_RETURN_IF_ERROR(add_nodes(spec, edits));
  NVINJECT_RETURN_IF_ERROR(add_rules(spec, edits));
  NVINJECT_RETURN_IF_ERROR(add_mounts(spec, edits));
  NVINJECT_RETURN_IF_ERROR(add_hooks(spec, edits));
  NVINJECT_RETURN_IF_ERROR(add_groups(spec, edits));
  NVINJECT_RETURN_IF_ERROR(set_intel_rdt(spec, edits));
  NVINJECT_RETURN_IF_ERROR(add_net_devices(spec, edits));
  remove_classic_hooks(spec);
  return spec;
}

}  // namespace nvinject
