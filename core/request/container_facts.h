// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a front door knows about a container before it is created. Each door fills it from its own
// message; from here on nobody can tell which door it was. Every string is untrusted.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nvinject {

struct MountFact {
  std::string source;
  std::string destination;
  bool operator==(const MountFact&) const = default;
};

struct DeviceFact {
  std::string path;
  std::int64_t major = 0;
  std::int64_t minor = 0;
  bool operator==(const DeviceFact&) const = default;
};

struct ContainerFacts {
  std::vector<std::string> env;  // "NAME=value" in order; of equal names the last counts
  std::vector<MountFact> mounts;
  std::vector<DeviceFact> devices;  // device nodes that the container already has
  std::vector<std::pair<std::string, std::string>> annotations;
  // Where a door knows them: of the pod that the container belongs to, and its name in that pod.
  std::vector<std::pair<std::string, std::string>> pod_annotations;
  std::string container_name;
  // CAP_SYS_ADMIN in the bounding set: what the classic tools call privileged.
  bool privileged = false;
  // The container has a user namespace of its own.
  bool user_namespace = false;
  bool operator==(const ContainerFacts&) const = default;
};

// "/dev/nvidia3" -> 3: of the GPU whose node that is, where nobody renamed it.
[[nodiscard]] std::optional<unsigned> minor_of_node(std::string_view path);

// What an entry of env ("NAME=value") gives the variable `name`; empty: it is another one's.
[[nodiscard]] std::optional<std::string_view> value_in_entry(std::string_view entry,
                                                             std::string_view name);

// The value of a variable: of equal names the last counts, an entry without "=" sets nothing.
[[nodiscard]] std::optional<std::string_view> find_variable(const std::vector<std::string>& env,
                                                            std::string_view name);

}  // namespace nvinject
