// SPDX-License-Identifier: Apache-2.0
#include "core/render/oci_spec.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/render/additions.h"
#include "core/render/classic_hook.h"
#include "core/render/spec_member.h"

namespace nvinject {
namespace {

// A device of the same path with other numbers would win over ours or clash with it.
void remove_devices(Json& devices, const std::vector<PlannedDevice>& planned) {
  erase_elements(devices, [&](const Json& entry) {
    const Json* const path = find_member(entry, "path");
    if (path == nullptr || !path->is_string()) return false;
    return std::any_of(planned.begin(), planned.end(), [&](const PlannedDevice& device) {
      return device.path.string() == path->get_ref<const std::string&>();
    });
  });
}

Json device_entry(const PlannedDevice& device) {
  return Json{{"path", device.path.string()},
              {"type", "c"},
              {"major", device.node.number.major},
              {"minor", device.node.number.minor},
              {"fileMode", device.node.mode & 0777},
              {"uid", device.node.uid},
              {"gid", device.node.gid}};
}

Result<void> add_devices(Json& spec, const Additions& additions) {
  if (additions.devices.empty()) return {};
  NVINJECT_ASSIGN_OR_RETURN(Json* const linux_part, object_in(spec, "linux", "linux"));
  NVINJECT_ASSIGN_OR_RETURN(Json* const devices, array_in(*linux_part, "devices", "linux.devices"));
  remove_devices(*devices, additions.devices);
  for (const PlannedDevice& device : additions.devices) {
    devices->push_back(device_entry(device));
  }
  return {};
}

// The last matching rule counts: one in front of a rule that forbids may be worth nothing.
bool is_allowed_at_last(const Json& rules, const Json& rule) {
  for (std::size_t i = rules.size(); i-- > 0;) {
    if (rules[i] == rule) return true;
    const Json* const allow = find_member(rules[i], "allow");
    if (allow == nullptr || *allow != true) return false;
  }
  return false;
}

// Rules come for every device of the plan: a node that is already there may still lack its rule.
Result<void> add_device_rules(Json& spec, const InjectionPlan& plan) {
  if (plan.devices.empty()) return {};
  NVINJECT_ASSIGN_OR_RETURN(Json* const linux_part, object_in(spec, "linux", "linux"));
  NVINJECT_ASSIGN_OR_RETURN(Json* const resources,
                            object_in(*linux_part, "resources", "linux.resources"));
  NVINJECT_ASSIGN_OR_RETURN(Json* const rules,
                            array_in(*resources, "devices", "linux.resources.devices"));
  for (const PlannedDevice& device : plan.devices) {
    Json rule = {{"allow", true},
                 {"type", "c"},
                 {"major", device.node.number.major},
                 {"minor", device.node.number.minor},
                 {"access", device.access}};
    if (!is_allowed_at_last(*rules, rule)) rules->push_back(std::move(rule));
  }
  return {};
}

Result<void> add_mounts(Json& spec, const Additions& additions) {
  if (additions.mounts.empty()) return {};
  NVINJECT_ASSIGN_OR_RETURN(Json* const mounts, array_in(spec, "mounts", "mounts"));
  for (const PlannedMount& mount : additions.mounts) {
    mounts->push_back(Json{{"destination", mount.destination.string()},
                           {"type", "bind"},
                           {"source", mount.source.string()},
                           {"options", mount.options}});
  }
  return {};
}

// The last entry of the name is replaced in its place, for it is the one that counts.
void set_env(Json& env, const EnvValue& value) {
  const std::string prefix = value.name + "=";
  for (std::size_t i = env.size(); i-- > 0;) {
    if (env[i].is_string() && env[i].get_ref<const std::string&>().starts_with(prefix)) {
      env[i] = prefix + value.value;
      return;
    }
  }
  env.push_back(prefix + value.value);
}

Result<void> add_env(Json& spec, const Additions& additions) {
  if (additions.env.empty()) return {};
  NVINJECT_ASSIGN_OR_RETURN(Json* const process, object_in(spec, "process", "process"));
  NVINJECT_ASSIGN_OR_RETURN(Json* const env, array_in(*process, "env", "process.env"));
  for (const EnvValue& value : additions.env) set_env(*env, value);
  return {};
}

Result<void> add_groups(Json& spec, const InjectionPlan& plan) {
  if (plan.additional_gids.empty()) return {};
  NVINJECT_ASSIGN_OR_RETURN(Json* const process, object_in(spec, "process", "process"));
  NVINJECT_ASSIGN_OR_RETURN(Json* const user, object_in(*process, "user", "process.user"));
  NVINJECT_ASSIGN_OR_RETURN(Json* const groups,
                            array_in(*user, "additionalGids", "process.user.additionalGids"));
  for (const gid_t gid : plan.additional_gids) {
    if (std::find(groups->begin(), groups->end(), Json(gid)) == groups->end()) {
      groups->push_back(gid);
    }
  }
  return {};
}

}  // namespace

Result<Json> edit_oci_spec(Json spec, const ContainerFacts& facts, const InjectionPlan& plan) {
  const Additions additions = find_additions(plan, facts);
  NVINJECT_RETURN_IF_ERROR(add_devices(spec, additions));
  NVINJECT_RETURN_IF_ERROR(add_device_rules(spec, plan));
  NVINJECT_RETURN_IF_ERROR(add_mounts(spec, additions));
  NVINJECT_RETURN_IF_ERROR(add_env(spec, additions));
  NVINJECT_RETURN_IF_ERROR(add_groups(spec, plan));
  remove_classic_hooks(spec);
  return spec;
}

}  // namespace nvinject
