// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/find_devices.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "core/base/text.h"
#include "core/request/cdi_name.h"

namespace nvinject {
namespace {

struct Found {
  const CdiFile* file = nullptr;
  const CdiDevice* device = nullptr;
};

const CdiDevice* find_in(const CdiFile& file, std::string_view kind, std::string_view name) {
  if (file.spec.kind != kind) return nullptr;
  const auto& devices = file.spec.devices;
  const auto found = std::find_if(devices.begin(), devices.end(),
                                  [&](const CdiDevice& device) { return device.name == name; });
  return found == devices.end() ? nullptr : &*found;
}

std::string kind_of(const CdiName& name) {
  return std::string(name.vendor).append("/").append(name.device_class);
}

tl::unexpected<Error> ambiguous(std::string_view name, const CdiFile& one, const CdiFile& other) {
  return fail(ErrorCode::kInvalidRequest, "find CDI device " + quote(name) + ": both " +
                                              quote(one.path.string()) + " and " +
                                              quote(other.path.string()) + " have it");
}

// Nothing when no file has it.
Result<std::optional<Found>> find_one(const CdiRegistry& registry, std::string_view text) {
  const auto name = parse_cdi_name(text);
  if (!name) {
    return fail(ErrorCode::kInvalidRequest,
                "find CDI device " + quote(text) + ": a name is vendor/class=device");
  }
  const std::string kind = kind_of(*name);
  std::optional<Found> best;
  const CdiFile* rival = nullptr;
  for (const CdiFile& file : registry.files) {
    const CdiDevice* const device = find_in(file, kind, name->device);
    if (device == nullptr) continue;
    rival = best && best->file->directory == file.directory ? best->file : nullptr;
    best = Found{.file = &file, .device = device};
  }
  if (rival != nullptr) return ambiguous(text, *rival, *best->file);
  return best;
}

tl::unexpected<Error> not_found(const CdiRegistry& registry, std::vector<std::string> names) {
  for (std::string& name : names) name = quote(name);
  std::string message = "find CDI device " + join(names, ", ") + ": no file in " +
                        join(registry.directories, ", ") +
                        " has it ('nvinject cdi list' shows what is there, 'nvinject cdi "
                        "generate' writes that of NVIDIA's GPUs)";
  for (const Decision& problem : registry.problems) {
    message += "; " + quote(problem.subject) + " was left out: " + problem.reason;
  }
  return fail(ErrorCode::kNotFound, std::move(message));
}

template <class Element>
void append(std::vector<Element>& all, const std::vector<Element>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

void add_edits(const CdiEdits& more, CdiEdits& all) {
  append(all.env, more.env);
  append(all.device_nodes, more.device_nodes);
  append(all.mounts, more.mounts);
  append(all.hooks, more.hooks);
  append(all.additional_gids, more.additional_gids);
  // A container is in one class of service: the last device says which.
  if (more.intel_rdt) all.intel_rdt = more.intel_rdt;
  append(all.net_devices, more.net_devices);
}

void note_what_depends_on_the_runtime(CdiChoice& choice) {
  if (choice.edits.intel_rdt) {
    choice.decisions.push_back(
        {"linux.intelRdt", "set", "the runtime fails where the machine has no resctrl"});
  }
  for (const CdiNetDevice& device : choice.edits.net_devices) {
    choice.decisions.push_back({"interface " + device.host_interface, "moves to " + device.name,
                                "by runtimes of OCI 1.3.0; older ones do not know of it"});
  }
}

CdiChoice choose(const std::vector<Found>& devices) {
  CdiChoice choice;
  std::vector<const CdiFile*> seen;
  for (const Found& found : devices) {
    if (std::find(seen.begin(), seen.end(), found.file) == seen.end()) {
      seen.push_back(found.file);
      add_edits(found.file->spec.edits, choice.edits);
    }
    add_edits(found.device->edits, choice.edits);
    choice.decisions.push_back(
        {found.file->spec.kind + "=" + found.device->name, "found", found.file->path.string()});
  }
  note_what_depends_on_the_runtime(choice);
  return choice;
}

}  // namespace

Result<CdiChoice> find_cdi_devices(const CdiRegistry& registry,
                                   const std::vector<std::string>& names) {
  std::vector<Found> devices;
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    NVINJECT_ASSIGN_OR_RETURN(const std::optional<Found> found, find_one(registry, name));
    if (!found) {
      missing.push_back(name);
      continue;
    }
    const bool known = std::any_of(devices.begin(), devices.end(), [&](const Found& other) {
      return other.device == found->device;
    });
    if (!known) devices.push_back(*found);
  }
  if (!missing.empty()) return not_found(registry, std::move(missing));
  return choose(devices);
}

bool has_cdi_kind(const CdiRegistry& registry, std::string_view kind) {
  return std::any_of(registry.files.begin(), registry.files.end(),
                     [&](const CdiFile& file) { return file.spec.kind == kind; });
}

std::vector<std::string> cdi_device_names(const CdiRegistry& registry) {
  std::vector<std::string> names;
  for (const CdiFile& file : registry.files) {
    for (const CdiDevice& device : file.spec.devices) {
      names.push_back(file.spec.kind + "=" + device.name);
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace nvinject
