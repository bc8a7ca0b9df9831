// SPDX-License-Identifier: Apache-2.0
#include "core/cli/print_inventory.h"

#include "core/cli/or_unknown.h"

namespace nvinject::cli {
namespace {

std::string describe(const Gpu& gpu) {
  return or_unknown(gpu.uuid) + "  " + gpu.bus_id + "  " +
         (gpu.minor ? "/dev/nvidia" + std::to_string(*gpu.minor) : "no device node") + "  " +
         or_unknown(gpu.model) + (gpu.mig_enabled ? "  MIG" : "") +
         (gpu.broken.empty() ? "" : "  BROKEN: " + gpu.broken);
}

// "1:0" and UUIDs are the driver's to tell: shown where it was asked.
std::string describe(const Gpu& gpu, const MigDevice& device) {
  return "MIG " +
         (device.index ? std::to_string(gpu.index) + ":" + std::to_string(*device.index) + "  "
                       : std::string()) +
         "instances " + std::to_string(device.gpu_instance) + "/" +
         std::to_string(device.compute_instance) +
         (device.uuid.empty() ? std::string() : "  " + device.uuid);
}

void print_gpus(const Inventory& inventory, std::string& text) {
  for (const Gpu& gpu : inventory.gpus) {
    text += "GPU " + std::to_string(gpu.index) + ": " + describe(gpu) + "\n";
    for (const MigDevice& device : gpu.mig_devices) text += "  " + describe(gpu, device) + "\n";
  }
}

std::string describe(const DeviceNodeFacts& node) {
  return std::to_string(node.number.major) + ":" + std::to_string(node.number.minor);
}

Json files_as_json(const std::vector<DriverFile>& files) {
  Json json = Json::array();
  for (const DriverFile& file : files) {
    json.push_back({{"name", file.name}, {"path", file.host_path.string()}});
  }
  return json;
}

Json gpu_as_json(const Gpu& gpu) {
  Json json = {{"index", gpu.index}, {"uuid", gpu.uuid},       {"bus_id", gpu.bus_id},
               {"model", gpu.model}, {"mig", gpu.mig_enabled}, {"broken", gpu.broken}};
  json["mig_devices"] = Json::array();
  for (const MigDevice& device : gpu.mig_devices) {
    json["mig_devices"].push_back({{"uuid", device.uuid},
                                   {"index", device.index ? Json(*device.index) : Json()},
                                   {"gpu_instance", device.gpu_instance},
                                   {"compute_instance", device.compute_instance}});
  }
  if (gpu.minor) json["minor"] = *gpu.minor;
  if (gpu.node) json["node"] = describe(*gpu.node);
  if (gpu.brand) json["brand"] = *gpu.brand;
  if (gpu.architecture) json["architecture"] = *gpu.architecture;
  return json;
}

}  // namespace

std::string inventory_summary(const Inventory& inventory) {
  std::string text;
  text += "Driver version:  " + or_unknown(inventory.driver_version) + "\n";
  text += "CUDA version:    " + inventory.cuda_version.value_or("unknown") + "\n";
  text += "Driver root:     " + inventory.driver_root.string() + "\n";
  text += "Driver files:    " + std::to_string(inventory.libraries.size()) + " libraries, " +
          std::to_string(inventory.programs.size()) + " programs, " +
          std::to_string(inventory.sockets.size()) + " sockets\n";
  text += "GPUs:            " + std::to_string(inventory.gpus.size()) + "\n\n";
  print_gpus(inventory, text);
  if (!inventory.findings.empty()) text += "\nFindings:\n";
  for (const Decision& finding : inventory.findings) {
    text += "  " + finding.subject + ": " + finding.choice + ": " + finding.reason + "\n";
  }
  return text;
}

std::string inventory_listing(const Inventory& inventory) {
  std::string text;
  print_gpus(inventory, text);
  for (const ControlNode& node : inventory.control_nodes) {
    text += "node: /dev/" + node.name + "  " + describe(node.node) + "\n";
  }
  for (const Library& library : inventory.libraries) {
    text += "library: " + library.soname + "  " + library.host_path.string() +
            (library.elf_class == ElfClass::k32 ? "  32-bit" : "") + "\n";
  }
  for (const DriverFile& program : inventory.programs) {
    text += "program: " + program.name + "  " + program.host_path.string() + "\n";
  }
  for (const DriverFile& socket : inventory.sockets) {
    text += "socket: " + socket.name + "  " + socket.host_path.string() + "\n";
  }
  return text;
}

Json inventory_as_json(const Inventory& inventory) {
  Json json = {{"driver_version", inventory.driver_version},
               {"cuda_version", inventory.cuda_version ? Json(*inventory.cuda_version) : Json()},
               {"driver_root", inventory.driver_root.string()},
               {"gpus", Json::array()},
               {"control_nodes", Json::array()},
               {"libraries", Json::array()},
               {"programs", files_as_json(inventory.programs)},
               {"sockets", files_as_json(inventory.sockets)},
               {"findings", Json::array()}};
  for (const Gpu& gpu : inventory.gpus) json["gpus"].push_back(gpu_as_json(gpu));
  for (const ControlNode& node : inventory.control_nodes) {
    json["control_nodes"].push_back({{"name", node.name}, {"number", describe(node.node)}});
  }
  for (const Library& library : inventory.libraries) {
    json["libraries"].push_back({{"soname", library.soname},
                                 {"path", library.host_path.string()},
                                 {"bits", library.elf_class == ElfClass::k64 ? 64 : 32}});
  }
  for (const Decision& finding : inventory.findings) {
    json["findings"].push_back(
        {{"subject", finding.subject}, {"choice", finding.choice}, {"reason", finding.reason}});
  }
  return json;
}

}  // namespace nvinject::cli
