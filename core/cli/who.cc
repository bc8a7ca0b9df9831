// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/base/text.h"
#include "core/cli/commands.h"
#include "core/cli/read_status.h"
#include "core/json/json.h"

namespace nvinject::cli {
namespace {

bool holds(const ContainerStatus& container, unsigned gpu) {
  return std::find(container.gpus.begin(), container.gpus.end(), gpu) != container.gpus.end();
}

// What pods are called and why, on one line whatever it holds.
std::string line(const std::string& text) { return without_control_characters(text) + "\n"; }

std::string asked_by(const ContainerStatus& container) {
  return container.asked.empty() ? ""
                                 : ", asked for " + container.asked + " by " + container.source;
}

std::string describe_kubelet(const KubeletStatus& kubelet) {
  std::string text = "kubelet: " + kubelet.resource +
                     (kubelet.registered ? " registered, " : " NOT registered, ") +
                     std::to_string(kubelet.healthy) + " of " + std::to_string(kubelet.devices) +
                     " devices healthy";
  if (kubelet.replicas > 1) text += ", " + std::to_string(kubelet.replicas) + " to a GPU";
  if (kubelet.xid_watch == XidWatch::kWatched) text += "; Xid events are watched";
  if (kubelet.xid_watch == XidWatch::kReleased) text += "; GPUs released: no Xid event is seen";
  if (!kubelet.problem.empty()) text += "; " + kubelet.problem;
  return text;
}

std::string state_of(const GpuStatus& gpu) {
  if (!gpu.problem.empty()) return "  BROKEN: " + gpu.problem;
  if (!gpu.kept_back.empty()) return "  KEPT BACK: " + gpu.kept_back;
  return gpu.mig ? "  in MIG mode" : "";
}

std::string who_as_text(const StatusReport& report) {
  std::string text = line(describe_plugin(report));
  if (report.kubelet) text += line(describe_kubelet(*report.kubelet));
  for (const GpuStatus& gpu : report.gpus) {
    text += line("GPU " + std::to_string(gpu.index) + "  " + gpu.model + "  " +
                 (gpu.uuid.empty() ? "UUID not shown yet" : gpu.uuid) + state_of(gpu));
    bool held = false;
    for (const ContainerStatus& container : report.containers) {
      if (!holds(container, gpu.index)) continue;
      held = true;
      text += line("  " + describe_container(container));
    }
    if (!held) text += "  nobody\n";
  }
  std::string without;
  for (const ContainerStatus& container : report.containers) {
    if (!container.gpus.empty()) continue;
    without += line("  " + describe_container(container) + "  " +
                    std::string(to_string(container.outcome)) + ": " + container.reason +
                    asked_by(container));
  }
  return without.empty() ? text : text + "without a GPU\n" + without;
}

Json container_as_json(const ContainerStatus& container) {
  return Json{{"namespace", container.name_space},
              {"pod", container.pod},
              {"container", container.name},
              {"id", container.id},
              {"asked", container.asked},
              {"source", container.source},
              {"outcome", to_string(container.outcome)},
              {"reason", container.reason}};
}

Json who_as_json(const StatusReport& report) {
  Json json = {{"registered", report.registered}, {"synchronised", report.synchronised},
               {"runtime", report.runtime},       {"mode", report.mode},
               {"enforce", report.enforce},       {"driver_version", report.driver_version},
               {"gpus", Json::array()},           {"without", Json::array()}};
  if (report.kubelet) {
    json["kubelet"] = {{"resource", report.kubelet->resource},
                       {"registered", report.kubelet->registered},
                       {"replicas", report.kubelet->replicas},
                       {"devices", report.kubelet->devices},
                       {"healthy", report.kubelet->healthy},
                       {"problem", report.kubelet->problem},
                       {"xid_watch", to_string(report.kubelet->xid_watch)}};
  }
  for (const GpuStatus& gpu : report.gpus) {
    Json containers = Json::array();
    for (const ContainerStatus& container : report.containers) {
      if (holds(container, gpu.index)) containers.push_back(container_as_json(container));
    }
    json["gpus"].push_back({{"index", gpu.index},
                            {"uuid", gpu.uuid},
                            {"model", gpu.model},
                            {"problem", gpu.problem},
                            {"mig", gpu.mig},
                            {"kept_back", gpu.kept_back},
                            {"containers", std::move(containers)}});
  }
  for (const ContainerStatus& container : report.containers) {
    if (container.gpus.empty()) json["without"].push_back(container_as_json(container));
  }
  return json;
}

}  // namespace

int who(const Config& config, const StatusOptions& options) {
  return print_status(config, options, &who_as_json, &who_as_text);
}

}  // namespace nvinject::cli
