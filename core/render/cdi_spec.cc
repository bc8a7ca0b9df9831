// SPDX-License-Identifier: Apache-2.0
#include "core/render/cdi_spec.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/render/hook_command.h"

namespace nvinject {
namespace {

constexpr std::int64_t kHookSeconds = 10;
// Another injector that meets the container finds nothing to do.
constexpr const char* kServed = "NVIDIA_VISIBLE_DEVICES=void";

// A node of the host is named by its path alone: a number would be wrong as soon as a module is
// loaded again and gets another one.
CdiDeviceNode node_of(const PlannedDevice& device) {
  CdiDeviceNode node{.path = device.path.string(), .host_path = {}, .type = {}};
  if (!device.node.on_host) {
    node.type = "c";
    node.major = device.node.number.major;
    node.minor = device.node.number.minor;
  }
  node.file_mode = device.node.mode & 0777U;
  node.permissions = device.access;
  node.uid = device.node.uid;
  node.gid = device.node.gid;
  return node;
}

CdiMount mount_of(const PlannedMount& mount) {
  return {.host_path = mount.source.string(),
          .container_path = mount.destination.string(),
          .options = mount.options,
          .type = {}};
}

template <class Value>
bool contains(const std::vector<Value>& values, const Value& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

template <class Value>
void add_once(std::vector<Value>& values, Value value) {
  if (!contains(values, value)) values.push_back(std::move(value));
}

CdiEdits edits_of(const InjectionPlan& plan) {
  CdiEdits edits;
  for (const PlannedDevice& device : plan.devices) add_once(edits.device_nodes, node_of(device));
  edits.mounts.reserve(plan.mounts.size());
  for (const PlannedMount& mount : plan.mounts) edits.mounts.push_back(mount_of(mount));
  edits.additional_gids = plan.additional_gids;
  return edits;
}

template <class Value>
void remove_common(std::vector<Value>& values, const std::vector<Value>& common) {
  // The same list, as a rule: its elements need not be searched one by one.
  if (values == common) return values.clear();
  values.erase(std::remove_if(values.begin(), values.end(),
                              [&](const Value& value) { return contains(common, value); }),
               values.end());
}

// What `plan` has beyond the common edits.
CdiEdits edits_beyond(const CdiEdits& common, const InjectionPlan& plan) {
  CdiEdits edits = edits_of(plan);
  remove_common(edits.device_nodes, common.device_nodes);
  remove_common(edits.mounts, common.mounts);
  remove_common(edits.additional_gids, common.additional_gids);
  return edits;
}

void note_what_cannot_be_said(const InjectionPlan& plan, Decisions& decisions) {
  const auto note = [&](Decision decision) { add_once(decisions, std::move(decision)); };
  for (const PlannedEnv& env : plan.env) {
    note({env.name, "not set", "CDI would replace what the image says"});
  }
  for (const InRootStep& step : plan.in_root_steps) {
    if (std::holds_alternative<MaskDriverProc>(step)) {
      note({"/proc/driver/nvidia", "not masked", "CDI cannot say it"});
    } else if (std::holds_alternative<HideGpusFromEgl>(step)) {
      note({"application profile", "not written", "CDI cannot say it"});
    }
  }
}

void add_hook(const CdiHookCall& call, CdiEdits& edits) {
  if (call.program.empty() || call.args.empty()) return;
  CdiHook hook{.hook_name = "createContainer",
               .path = call.program,
               .args = {call.program.substr(call.program.rfind('/') + 1)},
               .env = {kHookPath},
               .timeout = kHookSeconds};
  hook.args.insert(hook.args.end(), call.args.begin(), call.args.end());
  edits.hooks.push_back(std::move(hook));
}

}  // namespace

RenderedCdi make_cdi_spec(const InjectionPlan& common, const std::vector<CdiDevicePlan>& devices,
                          const CdiHookCall& hook) {
  RenderedCdi rendered;
  CdiSpec& spec = rendered.spec;
  spec.kind = kGpuKind;
  spec.edits = edits_of(common);
  note_what_cannot_be_said(common, rendered.decisions);
  for (const CdiDevicePlan& device : devices) {
    const CdiEdits edits = edits_beyond(spec.edits, device.plan);
    note_what_cannot_be_said(device.plan, rendered.decisions);
    for (const std::string& name : device.names) {
      spec.devices.push_back({.name = name, .annotations = {}, .edits = edits});
    }
  }
  spec.edits.env = {kServed};
  add_hook(hook, spec.edits);
  return rendered;
}

}  // namespace nvinject
