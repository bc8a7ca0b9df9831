// SPDX-License-Identifier: Apache-2.0
#include "core/request/facts_from_oci.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/text.h"

namespace nvinject {
namespace {

constexpr std::string_view kPrivilegedCapability = "CAP_SYS_ADMIN";

// 1.0.0-rc1 to 1.0.0-rc4, also with a suffix ("1.0.0-rc2-dev", Docker 1.13): there the capabilities
// of a process are one list rather than an object of five.
bool has_flat_capabilities(std::string_view version) {
  constexpr std::string_view kCandidate = "1.0.0-rc";
  if (!version.starts_with(kCandidate)) return false;
  const std::string_view rest = version.substr(kCandidate.size());
  const std::string_view number = rest.substr(0, rest.find_first_not_of("0123456789"));
  return number.size() == 1 && number[0] >= '1' && number[0] <= '4';
}

Result<bool> find_privilege(const Json& spec, const Json& process) {
  NVINJECT_ASSIGN_OR_RETURN(const std::optional<std::string> version,
                            find_string(spec, "ociVersion", ""));
  std::vector<std::string> bounding;
  if (has_flat_capabilities(version.value_or(""))) {
    NVINJECT_ASSIGN_OR_RETURN(bounding, find_strings(process, "capabilities", "process"));
  } else {
    NVINJECT_ASSIGN_OR_RETURN(const Json* const sets,
                              find_object(process, "capabilities", "process"));
    if (sets == nullptr) return false;
    NVINJECT_ASSIGN_OR_RETURN(bounding, find_strings(*sets, "bounding", "process.capabilities"));
  }
  return std::find(bounding.begin(), bounding.end(), kPrivilegedCapability) != bounding.end();
}

std::string element_name(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

Result<std::vector<MountFact>> find_mounts(const Json& spec) {
  NVINJECT_ASSIGN_OR_RETURN(const std::vector<const Json*> elements,
                            find_objects(spec, "mounts", ""));
  std::vector<MountFact> mounts;
  for (const Json* const element : elements) {
    const std::string where = element_name("mounts", mounts.size());
    NVINJECT_ASSIGN_OR_RETURN(std::optional<std::string> source,
                              find_string(*element, "source", where));
    NVINJECT_ASSIGN_OR_RETURN(std::optional<std::string> destination,
                              find_string(*element, "destination", where));
    mounts.push_back({.source = std::move(source).value_or(""),
                      .destination = std::move(destination).value_or("")});
  }
  return mounts;
}

Result<std::vector<DeviceFact>> find_devices(const Json& linux_section) {
  NVINJECT_ASSIGN_OR_RETURN(const std::vector<const Json*> elements,
                            find_objects(linux_section, "devices", "linux"));
  std::vector<DeviceFact> devices;
  for (const Json* const element : elements) {
    const std::string where = element_name("linux.devices", devices.size());
    NVINJECT_ASSIGN_OR_RETURN(std::optional<std::string> path,
                              find_string(*element, "path", where));
    NVINJECT_ASSIGN_OR_RETURN(const std::optional<std::int64_t> major,
                              find_integer(*element, "major", where));
    NVINJECT_ASSIGN_OR_RETURN(const std::optional<std::int64_t> minor,
                              find_integer(*element, "minor", where));
    devices.push_back({.path = std::move(path).value_or(""),
                       .major = major.value_or(0),
                       .minor = minor.value_or(0)});
  }
  return devices;
}

Result<bool> find_user_namespace(const Json& linux_section) {
  NVINJECT_ASSIGN_OR_RETURN(const std::vector<const Json*> elements,
                            find_objects(linux_section, "namespaces", "linux"));
  bool found = false;
  std::size_t index = 0;
  for (const Json* const element : elements) {
    NVINJECT_ASSIGN_OR_RETURN(
        const std::optional<std::string> type,
        find_string(*element, "type", element_name("linux.namespaces", index++)));
    found = found || type == "user";
  }
  return found;
}

}  // namespace

Result<ContainerFacts> facts_from_oci(const Json& spec) {
  if (!spec.is_object()) {
    return fail(ErrorCode::kInvalidRequest,
                std::string("read OCI spec: ") + spec.type_name() + " instead of object");
  }
  ContainerFacts facts;
  NVINJECT_ASSIGN_OR_RETURN(const Json* const process, find_object(spec, "process", ""));
  if (process != nullptr) {
    NVINJECT_ASSIGN_OR_RETURN(facts.env, find_strings(*process, "env", "process"));
    NVINJECT_ASSIGN_OR_RETURN(facts.privileged, find_privilege(spec, *process));
  }
  NVINJECT_ASSIGN_OR_RETURN(facts.mounts, find_mounts(spec));
  NVINJECT_ASSIGN_OR_RETURN(facts.annotations, find_string_map(spec, "annotations", ""));
  NVINJECT_ASSIGN_OR_RETURN(const Json* const linux_section, find_object(spec, "linux", ""));
  if (linux_section != nullptr) {
    NVINJECT_ASSIGN_OR_RETURN(facts.devices, find_devices(*linux_section));
    NVINJECT_ASSIGN_OR_RETURN(facts.user_namespace, find_user_namespace(*linux_section));
  }
  return facts;
}

}  // namespace nvinject
