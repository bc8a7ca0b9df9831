// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "core/base/text.h"
#include "core/plan/capability_table.h"
#include "core/plan/cuda_compat.h"
#include "core/plan/extra_devices.h"
#include "core/plan/library_layout.h"
#include "core/plan/plan.h"

namespace nvinject {
namespace {

const std::vector<std::string> kProgramOptions = {"ro", "nosuid", "nodev", "bind", "rprivate"};
// Not read-only: connect(2) needs to write to a socket.
const std::vector<std::string> kSocketOptions = {"nosuid", "nodev", "noexec", "bind", "rprivate"};

constexpr const char* kLdCache = "/etc/ld.so.cache";

const ControlNode* find_control_node(const Inventory& inventory, std::string_view name) {
  const auto& nodes = inventory.control_nodes;
  const auto found = std::find_if(nodes.begin(), nodes.end(),
                                  [&](const ControlNode& node) { return node.name == name; });
  return found == nodes.end() ? nullptr : &*found;
}

Result<void> plan_control_nodes(const Grant& grant, const Inventory& inventory,
                                InjectionPlan& plan) {
  for (const NodeRow& row : node_table()) {
    if (!row.capabilities.intersects(grant.capabilities)) continue;
    const std::string path = "/dev/" + std::string(row.name);
    if (const ControlNode* const node = find_control_node(inventory, row.name)) {
      plan.devices.push_back({.path = ContainerPath(path), .node = node->node});
    } else if (row.need == Need::kRequired) {
      return fail(ErrorCode::kUnavailable,
                  "capabilities " + quote(to_string(grant.capabilities)) + " need " + path +
                      ", which is neither there nor offered by a loaded driver: run 'nvinject "
                      "prepare' and see the kernel log");
    } else {
      plan.decisions.push_back({path, "missing", "neither there nor offered by a loaded driver"});
    }
  }
  return {};
}

void plan_gpu_nodes(const Grant& grant, InjectionPlan& plan) {
  for (const GrantedGpu& granted : grant.gpus) {
    // grant gives no GPU without them
    if (!granted.gpu.minor || !granted.gpu.node) continue;
    const std::string name = "nvidia" + std::to_string(*granted.gpu.minor);
    plan.devices.push_back({.path = ContainerPath("/dev/" + name), .node = *granted.gpu.node});
  }
}

// Users other than root may open a node of mode 0660 only as members of its group.
void plan_groups(const Policy& policy, InjectionPlan& plan) {
  for (const PlannedDevice& device : plan.devices) {
    const DeviceNodeFacts& node = device.node;
    const bool open_to_all = (node.mode & 0006) == 0006;
    const bool open_to_group = (node.mode & 0060) == 0060;
    if (node.gid == 0 || open_to_all || !open_to_group) continue;
    auto& groups = plan.additional_gids;
    if (std::find(groups.begin(), groups.end(), node.gid) != groups.end()) continue;
    if (policy.additional_gids) {
      groups.push_back(node.gid);
    } else {
      plan.decisions.push_back({device.path.string(), "group not added",
                                "features.no-additional-gids-for-device-nodes is set"});
    }
  }
}

bool is_found(const Inventory& inventory, std::string_view library) {
  return std::any_of(inventory.libraries.begin(), inventory.libraries.end(),
                     [&](const Library& found) {
                       return found.name == library && found.elf_class == ElfClass::k64;
                     });
}

Result<void> check_required_libraries(const Grant& grant, const Inventory& inventory) {
  for (const LibraryRow& row : library_table()) {
    if (!row.required_by.intersects(grant.capabilities) || is_found(inventory, row.name)) continue;
    return fail(
        ErrorCode::kUnavailable,
        "capability " + quote(to_string(row.required_by & grant.capabilities)) + " needs " +
            std::string(row.name) + " of driver " + quote(inventory.driver_version) +
            ", not found in driver root " + quote(inventory.driver_root.string()) +
            ": install the driver's user-space libraries of exactly that version ('nvinject "
            "list' shows what is there)");
  }
  return {};
}

void plan_libraries(const Grant& grant, const Inventory& inventory, const ImageFacts& image,
                    const Policy& policy, InjectionPlan& plan) {
  std::vector<Library> libraries;
  for (const Library& library : inventory.libraries) {
    const LibraryRow* const row = find_library_row(library.name);
    const bool wanted =
        row != nullptr && row->capabilities.intersects(grant.capabilities) &&
        (library.elf_class == ElfClass::k64 || grant.capabilities.has(Capability::kCompat32));
    if (wanted) libraries.push_back(library);
  }
  LibraryLayout layout =
      lay_out_libraries(libraries, inventory.driver_version, image, policy.ld_cache);
  std::move(layout.mounts.begin(), layout.mounts.end(), std::back_inserter(plan.mounts));
  std::move(layout.env.begin(), layout.env.end(), std::back_inserter(plan.env));
  std::move(layout.decisions.begin(), layout.decisions.end(), std::back_inserter(plan.decisions));
  if (layout.ld_cache_entries.empty()) return;
  if (policy.ld_cache != LdCachePolicy::kWrite) {
    const bool off = policy.ld_cache == LdCachePolicy::kOff;
    plan.decisions.push_back(
        {kLdCache, "left", off ? "nvinject.ld-cache is off" : "nvinject-hook writes it"});
  } else if (!image.has_ld_cache) {
    plan.decisions.push_back({kLdCache, "skipped", "the image has none"});
  } else {
    plan.in_root_steps.emplace_back(MergeLdCache{.entries = std::move(layout.ld_cache_entries)});
  }
}

MergeLdCache* find_cache_step(InjectionPlan& plan) {
  for (InRootStep& step : plan.in_root_steps) {
    if (auto* const merge = std::get_if<MergeLdCache>(&step)) return merge;
  }
  return nullptr;
}

template <class Rows>
bool is_wanted(const Rows& rows, std::string_view name, CapabilitySet capabilities) {
  return std::any_of(rows.begin(), rows.end(), [&](const FileRow& row) {
    return row.name == name && row.capabilities.intersects(capabilities);
  });
}

void plan_files(const Grant& grant, const Inventory& inventory, const Policy& policy,
                InjectionPlan& plan) {
  const auto& omitted = policy.omitted_sockets;
  for (const DriverFile& program : inventory.programs) {
    if (!is_wanted(program_table(), program.name, grant.capabilities)) continue;
    plan.mounts.push_back({.source = program.host_path,
                           .destination = ContainerPath("/usr/bin/" + program.name),
                           .options = kProgramOptions,
                           .identity = program.identity});
  }
  for (const DriverFile& socket : inventory.sockets) {
    if (!is_wanted(socket_table(), socket.name, grant.capabilities)) continue;
    if (std::find(omitted.begin(), omitted.end(), socket.name) != omitted.end()) continue;
    plan.mounts.push_back({.source = socket.host_path,
                           .destination = ContainerPath(socket.path.string()),
                           .options = kSocketOptions,
                           .need = Need::kWherePossible,
                           .identity = socket.identity});
  }
}

void plan_masks(const Grant& grant, const Inventory& inventory, InjectionPlan& plan) {
  MaskDriverProc mask{.bus_ids = {}, .capabilities = granted_capabilities(grant, inventory)};
  HideGpusFromEgl egl;
  for (const GrantedGpu& granted : grant.gpus) {
    mask.bus_ids.push_back(granted.gpu.bus_id);
    if (granted.gpu.minor) egl.visible_minors.push_back(*granted.gpu.minor);
  }
  if (grant.mig_config || grant.mig_monitor) {
    plan.decisions.push_back({"/proc/driver/nvidia", "not masked",
                              "who manages MIG has to see how the layout changes, and may unmount "
                              "what hides it"});
  } else {
    plan.in_root_steps.emplace_back(std::move(mask));
  }
  if (grant.capabilities.intersects({Capability::kGraphics, Capability::kDisplay})) {
    plan.in_root_steps.emplace_back(std::move(egl));
  }
}

void note_what_is_not_offered(const Grant& grant, InjectionPlan& plan) {
  if (!grant.capabilities.intersects({Capability::kGraphics, Capability::kDisplay})) return;
  plan.decisions.push_back(
      {"graphics configuration", "not injected",
       "Vulkan, EGL, GLX and OpenCL vendor files are not offered yet: an image "
       "needs its own"});
  plan.decisions.push_back(
      {"/dev/dri", "not injected", "DRM card and render nodes are not offered yet"});
}

}  // namespace

Result<InjectionPlan> make_plan(const Grant& grant, const Inventory& inventory,
                                const ImageFacts& image, const Policy& policy) {
  InjectionPlan plan;
  if (grant.scope == DeviceScope::kNothing) return plan;
  NVINJECT_RETURN_IF_ERROR(check_required_libraries(grant, inventory));
  NVINJECT_RETURN_IF_ERROR(plan_control_nodes(grant, inventory, plan));
  plan_gpu_nodes(grant, plan);
  NVINJECT_RETURN_IF_ERROR(plan_extra_devices(grant, inventory, plan));
  plan_groups(policy, plan);
  plan_libraries(grant, inventory, image, policy, plan);
  if (image.cuda_compat && grant.capabilities.has(Capability::kCompute)) {
    plan.decisions.push_back(prefer_cuda_compat(
        *image.cuda_compat, {.driver = inventory.driver_version, .cuda = inventory.cuda_version},
        policy.cuda_compat, find_cache_step(plan)));
  }
  plan_files(grant, inventory, policy, plan);
  plan_gated_files(grant, inventory, plan);
  plan_masks(grant, inventory, plan);
  note_what_is_not_offered(grant, plan);
  return plan;
}

}  // namespace nvinject
