// SPDX-License-Identifier: Apache-2.0
#include "core/apply/device_rules.h"

#include <fcntl.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/os/device_program.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxListBytes = std::size_t{1} << 20U;

std::string rule_for(const PlannedDevice& device) {
  return "c " + std::to_string(device.node.number.major) + ":" +
         std::to_string(device.node.number.minor) + " " + device.access;
}

// One line of devices.list: "c 195:* rwm"; "a *:* rwm" is a cgroup that forbids nothing.
bool allows(std::string_view line, const PlannedDevice& device) {
  const auto words = split(line, ' ');
  if (words.size() != 3) return false;
  if (words[0] == "a") return true;
  const auto numbers = split(words[1], ':');
  const auto fits = [](std::string_view text, std::uint32_t number) {
    return text == "*" || text == std::to_string(number);
  };
  return words[0] == "c" && numbers.size() == 2 && fits(numbers[0], device.node.number.major) &&
         fits(numbers[1], device.node.number.minor) &&
         std::all_of(device.access.begin(), device.access.end(),
                     [&](char one) { return words[2].find(one) != std::string_view::npos; });
}

// `allow` is devices.allow, opened with the first rule: most containers of a hook need some.
Result<void> write_rule(const HostPath& cgroup, UniqueFd& allow, const std::string& rule) {
  const HostPath path = cgroup / "devices.allow";
  if (!allow.valid()) {
    NVINJECT_ASSIGN_OR_RETURN(allow, open_file(path, O_WRONLY | O_NOFOLLOW));
  }
  return write_control_fd(allow.get(), path.string(), rule);
}

// A device that was allowed before gets no rule: to take that back later would forbid it.
Result<void> allow_in_v1(const HostPath& cgroup, const std::vector<PlannedDevice>& devices) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string list,
                            read_record_file(cgroup / "devices.list", kMaxListBytes));
  const auto lines = split(list, '\n');
  UniqueFd allow;
  std::vector<std::string> added;
  for (const PlannedDevice& device : devices) {
    if (std::any_of(lines.begin(), lines.end(),
                    [&](std::string_view line) { return allows(line, device); })) {
      continue;
    }
    auto done = write_rule(cgroup, allow, rule_for(device));
    if (done) {
      added.push_back(rule_for(device));
      continue;
    }
    for (const std::string& rule : added) {
      static_cast<void>(write_control_file(cgroup / "devices.deny", rule));
    }
    return tl::unexpected(std::move(done).error().wrap("allow devices in cgroup v1"));
  }
  return {};
}

// Every cgroup above has a say: one with a program of its own may still refuse.
void note_ancestors(const HostPath& cgroup, const HostPath& top, Decisions& decisions) {
  for (HostPath one = cgroup; one != top && one.string().size() > 1;) {
    one = one.parent();
    const auto fd = open_directory(one);
    if (!fd) return;
    const auto count = count_device_programs(fd->get());
    if (!count) return;  // no cgroup any more
    if (*count > 0) {
      decisions.push_back({one.string(), "left",
                           "a device program of this cgroup above must allow the devices too"});
    }
  }
}

std::vector<DeviceNumber> numbers_of(const std::vector<PlannedDevice>& devices) {
  std::vector<DeviceNumber> numbers;
  numbers.reserve(devices.size());
  for (const PlannedDevice& device : devices) numbers.push_back(device.node.number);
  return numbers;
}

// The v2 side first: only its change can be taken back whole when the other side fails.
Result<Decisions> allow_in_both(const DeviceCgroups& cgroups,
                                const std::vector<PlannedDevice>& devices) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd directory, open_directory(*cgroups.v2));
  auto programs = DevicePrograms::allow(directory.get(), numbers_of(devices));
  if (!programs) {
    return tl::unexpected(std::move(programs).error().wrap("allow devices in cgroup v2"));
  }
  if (cgroups.v1) {
    if (auto done = allow_in_v1(*cgroups.v1, devices); !done) {
      programs->restore(directory.get());
      return tl::unexpected(std::move(done).error());
    }
  }
  Decisions decisions;
  note_ancestors(*cgroups.v2, cgroups.v2_top, decisions);
  return decisions;
}

}  // namespace

Result<Decisions> allow_devices(const DeviceCgroups& cgroups,
                                const std::vector<PlannedDevice>& devices) {
  if (devices.empty()) return Decisions{};
  if (cgroups.v2) return allow_in_both(cgroups, devices);
  if (cgroups.v1) {
    NVINJECT_RETURN_IF_ERROR(allow_in_v1(*cgroups.v1, devices));
    return Decisions{};
  }
  return Decisions{{"device rules", "not set", "the container is in no cgroup for devices"}};
}

}  // namespace nvinject
