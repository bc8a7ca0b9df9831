// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/parse_edits.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "core/cdi/spec_member.h"

namespace nvinject {
namespace {

constexpr std::array<std::string_view, 6> kHookNames = {
    "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"};
constexpr std::array<std::string_view, 4> kNodeTypes = {"b", "c", "u", "p"};

template <class Known>
bool is_one_of(std::string_view text, const Known& names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

Result<CdiDeviceNode> parse_node(const Json& json, std::string_view where) {
  NVINJECT_RETURN_IF_ERROR(check_members(
      json, {"path", "hostPath", "type", "major", "minor", "fileMode", "permissions", "uid", "gid"},
      where));
  CdiDeviceNode node;
  NVINJECT_ASSIGN_OR_RETURN(node.path, path_of(json, "path", where));
  NVINJECT_ASSIGN_OR_RETURN(node.host_path, text_of(json, "hostPath", where));
  if (!node.host_path.empty()) {
    NVINJECT_RETURN_IF_ERROR(path_of(json, "hostPath", where));
  }
  NVINJECT_ASSIGN_OR_RETURN(node.type, text_of(json, "type", where));
  if (!node.type.empty() && !is_one_of(node.type, kNodeTypes)) {
    return refuse(member(where, "type"), quote(node.type) + " is none of b, c, u and p");
  }
  NVINJECT_ASSIGN_OR_RETURN(node.major, number_of<std::uint32_t>(json, "major", where));
  NVINJECT_ASSIGN_OR_RETURN(node.minor, number_of<std::uint32_t>(json, "minor", where));
  NVINJECT_ASSIGN_OR_RETURN(node.file_mode, number_of<mode_t>(json, "fileMode", where));
  NVINJECT_ASSIGN_OR_RETURN(node.permissions, text_of(json, "permissions", where));
  if (node.permissions.find_first_not_of("rwm") != std::string::npos) {
    return refuse(member(where, "permissions"), quote(node.permissions) + " is not of r, w and m");
  }
  NVINJECT_ASSIGN_OR_RETURN(node.uid, number_of<uid_t>(json, "uid", where));
  NVINJECT_ASSIGN_OR_RETURN(node.gid, number_of<gid_t>(json, "gid", where));
  return node;
}

Result<CdiMount> parse_mount(const Json& json, std::string_view where) {
  NVINJECT_RETURN_IF_ERROR(
      check_members(json, {"hostPath", "containerPath", "options", "type"}, where));
  CdiMount mount;
  // A tmpfs comes from no path.
  NVINJECT_ASSIGN_OR_RETURN(mount.host_path, needed_text(json, "hostPath", where));
  NVINJECT_ASSIGN_OR_RETURN(mount.container_path, path_of(json, "containerPath", where));
  NVINJECT_ASSIGN_OR_RETURN(mount.options, texts_of(json, "options", where));
  NVINJECT_ASSIGN_OR_RETURN(mount.type, text_of(json, "type", where));
  return mount;
}

Result<CdiHook> parse_hook(const Json& json, std::string_view where) {
  NVINJECT_RETURN_IF_ERROR(
      check_members(json, {"hookName", "path", "args", "env", "timeout"}, where));
  CdiHook hook;
  NVINJECT_ASSIGN_OR_RETURN(hook.hook_name, needed_text(json, "hookName", where));
  if (!is_one_of(hook.hook_name, kHookNames)) {
    return refuse(member(where, "hookName"), quote(hook.hook_name) + " is no hook of a runtime");
  }
  NVINJECT_ASSIGN_OR_RETURN(hook.path, path_of(json, "path", where));
  NVINJECT_ASSIGN_OR_RETURN(hook.args, texts_of(json, "args", where));
  NVINJECT_ASSIGN_OR_RETURN(hook.env, texts_of(json, "env", where));
  NVINJECT_ASSIGN_OR_RETURN(hook.timeout, find_integer(json, "timeout", where));
  return hook;
}

Result<void> parse_groups(const Json& object, const std::string& where, CdiEdits& edits) {
  NVINJECT_ASSIGN_OR_RETURN(const Json* const groups, find_array(object, "additionalGids", where));
  if (groups == nullptr) return {};
  const std::string list = member(where, "additionalGids");
  for (const Json& group : *groups) {
    const std::string name = element(list, edits.additional_gids.size());
    if (!group.is_number_integer()) return refuse(name, "not a number");
    NVINJECT_ASSIGN_OR_RETURN(const auto gid, number_of<gid_t>(Json{{name, group}}, name, ""));
    edits.additional_gids.push_back(*gid);
  }
  return {};
}

Result<void> check_env(const std::vector<std::string>& env, const std::string& where) {
  for (std::size_t i = 0; i < env.size(); ++i) {
    const std::size_t equals = env[i].find('=');
    if (equals == 0 || equals == std::string::npos) {
      return refuse(element(member(where, "env"), i), quote(env[i]) + " is not NAME=value");
    }
  }
  return {};
}

// Of a class of service the kernel makes a directory: no path may leave the place.
Result<void> check_class_of_service(const std::string& id, std::string_view where) {
  constexpr std::size_t kMaxLength = 4096;
  const bool is_root = id == "/";
  const bool is_name = id.size() < kMaxLength && id != "." && id != ".." &&
                       id.find_first_of("/\n") == std::string::npos;
  if (is_root || is_name) return {};
  return refuse(member(where, "closID"), quote(id) + " is no name of a class of service");
}

Result<bool> flag_of(const Json& object, std::string_view key, std::string_view where) {
  NVINJECT_ASSIGN_OR_RETURN(const std::optional<bool> flag, find_bool(object, key, where));
  return flag.value_or(false);
}

Result<std::optional<CdiIntelRdt>> parse_intel_rdt(const Json& edits, std::string_view owner) {
  NVINJECT_ASSIGN_OR_RETURN(const Json* const json, find_object(edits, "intelRdt", owner));
  if (json == nullptr) return std::nullopt;
  const std::string where = member(owner, "intelRdt");
  NVINJECT_RETURN_IF_ERROR(check_members(*json,
                                         {"closID", "l3CacheSchema", "memBwSchema", "schemata",
                                          "enableMonitoring", "enableCMT", "enableMBM"},
                                         where));
  CdiIntelRdt rdt;
  NVINJECT_ASSIGN_OR_RETURN(rdt.class_of_service, text_of(*json, "closID", where));
  NVINJECT_RETURN_IF_ERROR(check_class_of_service(rdt.class_of_service, where));
  NVINJECT_ASSIGN_OR_RETURN(rdt.l3_cache_schema, text_of(*json, "l3CacheSchema", where));
  NVINJECT_ASSIGN_OR_RETURN(rdt.memory_bandwidth_schema, text_of(*json, "memBwSchema", where));
  NVINJECT_ASSIGN_OR_RETURN(rdt.schemata, texts_of(*json, "schemata", where));
  NVINJECT_ASSIGN_OR_RETURN(rdt.enable_monitoring, flag_of(*json, "enableMonitoring", where));
  NVINJECT_ASSIGN_OR_RETURN(rdt.enable_cmt, flag_of(*json, "enableCMT", where));
  NVINJECT_ASSIGN_OR_RETURN(rdt.enable_mbm, flag_of(*json, "enableMBM", where));
  return rdt;
}

Result<CdiNetDevice> parse_net_device(const Json& json, std::string_view where) {
  NVINJECT_RETURN_IF_ERROR(check_members(json, {"hostInterfaceName", "name"}, where));
  CdiNetDevice device;
  NVINJECT_ASSIGN_OR_RETURN(device.host_interface, needed_text(json, "hostInterfaceName", where));
  NVINJECT_ASSIGN_OR_RETURN(device.name, needed_text(json, "name", where));
  return device;
}

// An interface can be moved to one place, and a name be that of one.
Result<void> check_net_devices(const std::vector<CdiNetDevice>& devices, const std::string& where) {
  std::set<std::string_view> interfaces;
  std::set<std::string_view> names;
  for (const CdiNetDevice& device : devices) {
    if (!interfaces.insert(device.host_interface).second) {
      return refuse(member(where, "netDevices"),
                    quote(device.host_interface) + " is moved to two names");
    }
    if (!names.insert(device.name).second) {
      return refuse(member(where, "netDevices"), quote(device.name) + " is the name of two");
    }
  }
  return {};
}

}  // namespace

Result<CdiEdits> parse_cdi_edits(const Json& owner_json, std::string_view owner) {
  CdiEdits edits;
  const std::string where = member(owner, "containerEdits");
  NVINJECT_ASSIGN_OR_RETURN(const Json* const json,
                            find_object(owner_json, "containerEdits", owner));
  if (json == nullptr) return edits;
  NVINJECT_RETURN_IF_ERROR(check_members(
      *json, {"env", "deviceNodes", "mounts", "hooks", "additionalGids", "intelRdt", "netDevices"},
      where));
  NVINJECT_ASSIGN_OR_RETURN(edits.env, texts_of(*json, "env", where));
  NVINJECT_RETURN_IF_ERROR(check_env(edits.env, where));
  NVINJECT_ASSIGN_OR_RETURN(edits.device_nodes,
                            parse_list(*json, "deviceNodes", where, parse_node));
  NVINJECT_ASSIGN_OR_RETURN(edits.mounts, parse_list(*json, "mounts", where, parse_mount));
  NVINJECT_ASSIGN_OR_RETURN(edits.hooks, parse_list(*json, "hooks", where, parse_hook));
  NVINJECT_RETURN_IF_ERROR(parse_groups(*json, where, edits));
  NVINJECT_ASSIGN_OR_RETURN(edits.intel_rdt, parse_intel_rdt(*json, where));
  NVINJECT_ASSIGN_OR_RETURN(edits.net_devices,
                            parse_list(*json, "netDevices", where, parse_net_device));
  NVINJECT_RETURN_IF_ERROR(check_net_devices(edits.net_devices, where));
  return edits;
}

}  // namespace nvinject
