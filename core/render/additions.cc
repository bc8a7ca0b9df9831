// SPDX-License-Identifier: Apache-2.0
#include "core/render/additions.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/base/text.h"

namespace nvinject {
namespace {

// "/usr/bin/" and "//usr/bin" are the same place; links are the runtime's affair.
std::string clean(std::string_view path) {
  const bool may_be_untidy = path.find("//") != std::string_view::npos ||
                             path.find("/.") != std::string_view::npos || path.ends_with('/') ||
                             !path.starts_with('/');
  if (!may_be_untidy) return std::string(path);
  std::string cleaned;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    cleaned.append("/").append(part);
  }
  return cleaned.empty() ? "/" : cleaned;
}

// What the container has, looked up once for a plan of a hundred mounts.
struct Present {
  explicit Present(const ContainerFacts& facts) {
    for (const MountFact& mount : facts.mounts) destinations.insert(clean(mount.destination));
    for (const DeviceFact& device : facts.devices) {
      devices.emplace(clean(device.path), std::pair(device.major, device.minor));
    }
  }

  [[nodiscard]] bool has(const PlannedDevice& device) const {
    const auto [first, last] = devices.equal_range(device.path.string());
    const std::pair<std::int64_t, std::int64_t> number(device.node.number.major,
                                                       device.node.number.minor);
    return std::any_of(first, last, [&](const auto& entry) { return entry.second == number; });
  }
  [[nodiscard]] bool has(const PlannedMount& mount) const {
    return destinations.contains(mount.destination.string());
  }

  std::unordered_set<std::string> destinations;
  std::unordered_multimap<std::string, std::pair<std::int64_t, std::int64_t>> devices;
};

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

const ContainerPath& place_of(const PlannedDevice& device) { return device.path; }
const ContainerPath& place_of(const PlannedMount& mount) { return mount.destination; }
constexpr std::string_view kind_of(const PlannedDevice& /*device*/) { return "device"; }
constexpr std::string_view kind_of(const PlannedMount& /*mount*/) { return "mount"; }

// Those that the container has not, each place once.
template <class Planned>
void add_places(std::vector<Planned>& planned, const Present& present, std::vector<Planned>& added,
                Decisions& decisions) {
  // Borrowed from `added`, which does not move again.
  std::unordered_set<std::string_view> places;
  added.reserve(planned.size());
  for (Planned& one : planned) {
    const ContainerPath& place = place_of(one);
    std::string_view who;
    if (present.has(one)) {
      who = "the container";
    } else if (places.contains(place.string())) {
      who = "the plan";
    } else {
      added.push_back(std::move(one));
      places.insert(place_of(added.back()).string());
      continue;
    }
    decisions.push_back(
        {place.string(), "left",
         join({std::string(who), "has a", std::string(kind_of(one)), "there already"}, " ")});
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
  const auto had = find_variable(facts.env, env.name);
  std::string value = append_to_list(had.value_or(""), env);
  if (had != value) added.push_back({env.name, std::move(value), had.has_value()});
}

}  // namespace

Additions find_additions(InjectionPlan plan, const ContainerFacts& facts) {
  const Present present(facts);
  Additions additions;
  add_places(plan.devices, present, additions.devices, additions.decisions);
  add_places(plan.mounts, present, additions.mounts, additions.decisions);
  for (const PlannedEnv& env : plan.env) add_env(env, facts, additions);
  return additions;
}

bool has_driver_files(const ContainerFacts& facts) {
  return std::any_of(facts.mounts.begin(), facts.mounts.end(), [](const MountFact& mount) {
    const ContainerPath destination(clean(mount.destination));
    const std::string_view name = destination.file_name();
    return name.starts_with("libcuda.so.") ||
           (name.starts_with("libnvidia-") && name.find(".so.") != std::string_view::npos);
  });
}

}  // namespace nvinject
