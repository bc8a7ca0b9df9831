// SPDX-License-Identifier: Apache-2.0
#include "core/render/explain.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/text.h"

namespace nvinject {
namespace {

Decisions all_decisions(const Explanation& explanation) {
  Decisions all = explanation.request.decisions;
  for (const Decisions* const more :
       {&explanation.grant.decisions, &explanation.plan.decisions, &explanation.notes}) {
    all.insert(all.end(), more->begin(), more->end());
  }
  return all;
}

std::vector<std::string> capability_names(CapabilitySet capabilities) {
  std::vector<std::string> names;
  for (const CapabilityName& row : kCapabilityNames) {
    if (capabilities.has(row.capability)) names.emplace_back(row.name);
  }
  return names;
}

Json asked_as_json(const GpuRequest& request) {
  Json requirements = Json::array();
  for (const Requirement& requirement : request.requirements) {
    requirements.push_back(
        {{"variable", requirement.variable}, {"expression", requirement.expression}});
  }
  return Json{{"source", request.source},
              {"devices", request.words()},
              {"capabilities", capability_names(request.capabilities)},
              {"requirements", std::move(requirements)},
              {"mig_config", request.extras.mig_config},
              {"mig_monitor", request.extras.mig_monitor},
              {"imex_channels", request.extras.imex_channels},
              {"gates", request.extras.gates}};
}

Json mig_devices_as_json(const GrantedGpu& granted) {
  Json devices = Json::array();
  for (const MigDevice& device : granted.mig_devices) {
    devices.push_back({{"uuid", device.uuid},
                       {"gpu_instance", device.gpu_instance},
                       {"compute_instance", device.compute_instance}});
  }
  return devices;
}

Json granted_as_json(const Grant& grant) {
  Json gpus = Json::array();
  for (const GrantedGpu& granted : grant.gpus) {
    gpus.push_back({{"index", granted.gpu.index},
                    {"uuid", granted.gpu.uuid},
                    {"bus_id", granted.gpu.bus_id},
                    {"model", granted.gpu.model},
                    {"mig_devices", mig_devices_as_json(granted)},
                    {"reason", granted.reason}});
  }
  return Json{{"gpus", std::move(gpus)},
              {"capabilities", capability_names(grant.capabilities)},
              {"mig_config", grant.mig_config},
              {"mig_monitor", grant.mig_monitor},
              {"imex_channels", grant.imex_channels},
              {"gates", grant.gates}};
}

void add_step(const MergeLdCache& step, Json& json) {
  for (const LdCacheEntry& entry : step.entries) {
    json["ld_cache"].push_back({{"soname", entry.soname}, {"path", entry.path}});
  }
}
void add_step(const MaskDriverProc& step, Json& json) {
  json["proc_shows"] = step.bus_ids;
  json["proc_shows_capabilities"] = step.capabilities;
}
void add_step(const HideGpusFromEgl& step, Json& json) { json["egl_shows"] = step.visible_minors; }

Json plan_as_json(const InjectionPlan& plan) {
  Json json = {{"devices", Json::array()},
               {"mounts", Json::array()},
               {"env", Json::array()},
               {"additional_gids", plan.additional_gids},
               {"ld_cache", Json::array()}};
  for (const PlannedDevice& device : plan.devices) {
    json["devices"].push_back({{"path", device.path.string()},
                               {"major", device.node.number.major},
                               {"minor", device.node.number.minor},
                               {"access", device.access}});
  }
  for (const PlannedMount& mount : plan.mounts) {
    json["mounts"].push_back({{"source", mount.source.string()},
                              {"destination", mount.destination.string()},
                              {"options", mount.options},
                              {"required", mount.need == Need::kRequired}});
  }
  for (const PlannedEnv& env : plan.env) {
    json["env"].push_back({{"name", env.name}, {"append", env.append}});
  }
  for (const InRootStep& step : plan.in_root_steps) {
    std::visit([&json](const auto& one) { add_step(one, json); }, step);
  }
  return json;
}

// Lines of "  name   value", the first column as wide as its longest entry.
class TextTable {
 public:
  // Much of what is said here an image has written.
  void add(std::string_view name, std::string_view value) {
    rows_.emplace_back(without_control_characters(name), without_control_characters(value));
    width_ = std::max(width_, rows_.back().first.size());
  }
  void print(std::string_view title, std::string& text) const {
    if (rows_.empty()) return;
    text.append(title).append("\n");
    for (const auto& [name, value] : rows_) {
      text.append("  ")
          .append(name)
          .append(width_ - name.size() + 2, ' ')
          .append(value)
          .append("\n");
    }
  }

 private:
  std::size_t width_ = 0;
  std::vector<std::pair<std::string, std::string>> rows_;
};

std::string comma_list(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text.append(text.empty() ? "" : ",").append(item);
  return text.empty() ? "nothing" : text;
}

void print_asked(const GpuRequest& request, std::string& text) {
  TextTable table;
  table.add("devices", comma_list(request.words()));
  if (!request.empty()) {
    table.add("by", request.source);
    table.add("capabilities", comma_list(capability_names(request.capabilities)));
  }
  for (const Requirement& requirement : request.requirements) {
    table.add(requirement.variable, requirement.expression);
  }
  table.print("asked", text);
}

void print_granted(const Grant& grant, std::string& text) {
  TextTable table;
  for (const GrantedGpu& granted : grant.gpus) {
    const Gpu& gpu = granted.gpu;
    table.add("GPU " + std::to_string(gpu.index),
              gpu.model + "  " + (gpu.uuid.empty() ? "UUID not shown yet" : gpu.uuid) + "  " +
                  gpu.bus_id);
    for (const MigDevice& device : granted.mig_devices) {
      table.add("  MIG " + std::to_string(device.gpu_instance) + "/" +
                    std::to_string(device.compute_instance),
                device.uuid.empty() ? "UUID not asked for" : device.uuid);
    }
  }
  table.print("granted", text);
}

std::pair<std::string, std::string> step_in_words(const MergeLdCache& step) {
  return {"/etc/ld.so.cache", "merge " + std::to_string(step.entries.size()) + " entries"};
}
std::pair<std::string, std::string> step_in_words(const MaskDriverProc& step) {
  return {"/proc/driver/nvidia", "show " + comma_list(step.bus_ids) + ", where a door can"};
}
std::pair<std::string, std::string> step_in_words(const HideGpusFromEgl& /*step*/) {
  return {"application profile", "show EGL the granted GPUs, where a door can"};
}

void print_plan(const InjectionPlan& plan, std::string& text) {
  TextTable devices;
  for (const PlannedDevice& device : plan.devices) {
    devices.add(device.path.string(), std::to_string(device.node.number.major) + ":" +
                                          std::to_string(device.node.number.minor) + " " +
                                          device.access);
  }
  devices.print("devices", text);
  TextTable mounts;
  for (const PlannedMount& mount : plan.mounts) {
    mounts.add(mount.destination.string(), "<- " + mount.source.string());
  }
  mounts.print("mounts", text);
  TextTable env;
  for (const PlannedEnv& variable : plan.env) {
    env.add(variable.name, "append " + comma_list(variable.append));
  }
  for (const gid_t gid : plan.additional_gids) env.add("additional group", std::to_string(gid));
  for (const InRootStep& step : plan.in_root_steps) {
    const auto [name, value] = std::visit([](const auto& one) { return step_in_words(one); }, step);
    env.add(name, value);
  }
  env.print("also", text);
}

}  // namespace

std::string explain_as_text(const Explanation& explanation) {
  std::string text;
  print_asked(explanation.request, text);
  print_granted(explanation.grant, text);
  print_plan(explanation.plan, text);
  TextTable decisions;
  for (const Decision& decision : all_decisions(explanation)) {
    decisions.add(decision.subject, decision.choice + ": " + decision.reason);
  }
  decisions.print("decisions", text);
  if (explanation.error) text.append("error\n  ").append(explanation.error->message).append("\n");
  return text;
}

Json explain_as_json(const Explanation& explanation) {
  Json decisions = Json::array();
  for (const Decision& decision : all_decisions(explanation)) {
    decisions.push_back(
        {{"subject", decision.subject}, {"choice", decision.choice}, {"reason", decision.reason}});
  }
  Json json = {{"asked", asked_as_json(explanation.request)},
               {"granted", granted_as_json(explanation.grant)},
               {"plan", plan_as_json(explanation.plan)},
               {"decisions", std::move(decisions)}};
  if (explanation.error) json["error"] = explanation.error->message;
  return json;
}

}  // namespace nvinject
