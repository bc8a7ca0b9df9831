// SPDX-License-Identifier: Apache-2.0
#include "core/render/additions.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/base/text.h"

namespace nvinject {
namespace {

// "/usr/bin/" and "//usr/bin" are the same place; links are the runtime's affair.
std::string clean(std::string_view path) {
  std::string cleaned;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    cleaned.append("/").append(part);
  }
  return cleaned.empty() ? "/" : cleaned;
}

bool has_device(const ContainerFacts& facts, const PlannedDevice& device) {
  return std::any_of(facts.devices.begin(), facts.devices.end(), [&](const DeviceFact& fact) {
    return clean(fact.path) == device.path.string() && fact.major == device.node.number.major &&
           fact.minor == device.node.number.minor;
  });
}

bool has_mount(const ContainerFacts& facts, const PlannedMount& mount) {
  return std::any_of(facts.mounts.begin(), facts.mounts.end(), [&](const MountFact& fact) {
    return clean(fact.destination) == mount.destination.string();
  });
}

// Of equal names the last counts, as in every runtime.
std::optional<std::string_view> find_env(const ContainerFacts& facts, std::string_view name) {
  for (auto entry = facts.env.rbegin(); entry != facts.env.rend(); ++entry) {
    const std::string_view text = *entry;
    if (text.size() > name.size() && text.starts_with(name) && text[name.size()] == '=') {
      return text.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

// An empty element of a search path means the current directory: it is dropped, never added.
std::string append_to_list(std::string_view list, const PlannedEnv& env) {
  std::vector<std::string> elements;
  for (const std::string_view element : split(list, env.separator)) {
    if (!element.empty()) elements.emplace_back(element);
  }
  for (const std::string& element : env.append) {
    if (std::find(elements.begin(), elements.end(), element) == elements.end()) {
      elements.push_back(element);
    }
  }
  return join(elements, std::string_view(&env.separator, 1));
}

void leave(const ContainerPath& what, std::string_view why, Additions& additions) {
  additions.decisions.push_back({what.string(), "left", std::string(why)});
}

void add_device(const PlannedDevice& device, const ContainerFacts& facts, Additions& additions) {
  const auto is_same = [&](const PlannedDevice& other) { return other.path == device.path; };
  const auto& added = additions.devices;
  if (has_device(facts, device)) {
    leave(device.path, "the container has it already", additions);
  } else if (std::any_of(added.begin(), added.end(), is_same)) {
    leave(device.path, "the plan has a device there already", additions);
  } else {
    additions.devices.push_back(device);
  }
}

void add_mount(const PlannedMount& mount, const ContainerFacts& facts, Additions& additions) {
  const auto is_same = [&](const PlannedMount& other) {
    return other.destination == mount.destination;
  };
  const auto& added = additions.mounts;
  if (has_mount(facts, mount)) {
    leave(mount.destination, "the container has a mount there already", additions);
  } else if (std::any_of(added.begin(), added.end(), is_same)) {
    leave(mount.destination, "the plan has a mount there already", additions);
  } else {
    additions.mounts.push_back(mount);
  }
}

// A variable that the plan has twice is appended to twice.
void add_env(const PlannedEnv& env, const ContainerFacts& facts, Additions& additions) {
  auto& added = additions.env;
  const auto known = std::find_if(added.begin(), added.end(),
                                  [&](const EnvValue& value) { return value.name == env.name; });
  if (known != added.end()) {
    known->value = append_to_list(known->value, env);
    return;
  }
  const auto had = find_env(facts, env.name);
  std::string value = append_to_list(had.value_or(""), env);
  if (had != value) added.push_back({env.name, std::move(value)});
}

}  // namespace

Additions find_additions(const InjectionPlan& plan, const ContainerFacts& facts) {
  Additions additions;
  for (const PlannedDevice& device : plan.devices) add_device(device, facts, additions);
  for (const PlannedMount& mount : plan.mounts) add_mount(mount, facts, additions);
  for (const PlannedEnv& env : plan.env) add_env(env, facts, additions);
  return additions;
}

bool has_driver_files(const ContainerFacts& facts) {
  return std::any_of(facts.mounts.begin(), facts.mounts.end(), [](const MountFact& mount) {
    const ContainerPath destination(clean(mount.destination));
    return destination.file_name().starts_with("libcuda.so.") ||
           destination.file_name().starts_with("libnvidia-ml.so.");
  });
}

}  // namespace nvinject
