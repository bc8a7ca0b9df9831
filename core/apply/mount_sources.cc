// SPDX-License-Identifier: Apache-2.0
#include "core/apply/mount_sources.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "core/os/mount.h"
#include "core/os/trusted_file.h"

namespace nvinject {
namespace {

std::optional<SourceKind> kind_of(mode_t mode) {
  if (S_ISREG(mode)) return SourceKind::kFile;
  if (S_ISSOCK(mode)) return SourceKind::kSocket;
  if (S_ISDIR(mode)) return SourceKind::kDirectory;
  return std::nullopt;
}

// A directory that is known to be the one that was looked at may be shared.
TrustedKind trust_in(SourceKind kind, bool is_known) {
  if (kind == SourceKind::kFile) return TrustedKind::kRegularFile;
  return kind == SourceKind::kDirectory && is_known ? TrustedKind::kSharedDirectory
                                                    : TrustedKind::kSocketOrDirectory;
}

MountAttributes attributes_of(const std::vector<std::string>& options) {
  const auto has = [&](const char* option) {
    return std::find(options.begin(), options.end(), option) != options.end();
  };
  return {.read_only = has("ro"),
          .no_suid = has("nosuid"),
          .no_devices = has("nodev"),
          .no_execution = has("noexec")};
}

constexpr MountAttributes kDeviceAttributes = {.no_suid = true, .no_execution = true};

Result<MountSource> open_source(const PlannedMount& planned, MountCloner& cloner) {
  const std::string& path = planned.source.string();
  MountSource source{.destination = planned.destination, .need = planned.need};
  NVINJECT_ASSIGN_OR_RETURN(source.mount,
                            cloner.clone(planned.source, attributes_of(planned.options)));
  NVINJECT_ASSIGN_OR_RETURN(source.facts, file_facts(source.mount.get(), path));
  const auto kind = kind_of(source.facts.mode);
  if (!kind) {
    return fail(ErrorCode::kUnavailable,
                "mount " + quote(path) + ": it is not a file of the expected kind any more");
  }
  source.kind = *kind;
  const FileIdentity found{.device = source.facts.device, .inode = source.facts.inode};
  if (planned.identity && *planned.identity != found) {
    return fail(ErrorCode::kUnavailable,
                "mount " + quote(path) + ": it is not the file any more that was looked at");
  }
  auto trusted = check_trusted(source.facts, trust_in(*kind, planned.identity.has_value()));
  if (!trusted) return tl::unexpected(std::move(trusted).error().wrap("mount " + quote(path)));
  return source;
}

Result<UniqueFd> open_node(const PlannedDevice& planned, MountCloner& cloner) {
  if (planned.node.on_host) return cloner.clone(HostPath(planned.path.string()), kDeviceAttributes);
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd mount, make_device_mount(planned.node));
  NVINJECT_RETURN_IF_ERROR(set_mount_attributes(mount.get(), kDeviceAttributes));
  return mount;
}

Result<MountSource> open_device(const PlannedDevice& planned, MountCloner& cloner) {
  const std::string& path = planned.path.string();
  const DeviceNumber& number = planned.node.number;
  MountSource source{.kind = SourceKind::kDevice, .destination = planned.path};
  NVINJECT_ASSIGN_OR_RETURN(source.mount, open_node(planned, cloner));
  NVINJECT_ASSIGN_OR_RETURN(source.facts, file_facts(source.mount.get(), path));
  if (!S_ISCHR(source.facts.mode) || source.facts.number != makedev(number.major, number.minor)) {
    return fail(ErrorCode::kUnavailable,
                "mount " + quote(path) + ": it is not the character device " +
                    std::to_string(number.major) + ":" + std::to_string(number.minor));
  }
  return source;
}

}  // namespace

Result<std::vector<MountSource>> open_mount_sources(const std::vector<PlannedMount>& mounts,
                                                    Decisions& decisions) {
  MountCloner cloner;
  std::vector<MountSource> sources;
  sources.reserve(mounts.size());
  for (const PlannedMount& planned : mounts) {
    auto source = open_source(planned, cloner);
    if (source) {
      sources.push_back(*std::move(source));
    } else if (planned.need == Need::kRequired || source.error().code == ErrorCode::kUnsupported) {
      return tl::unexpected(std::move(source).error());
    } else {
      decisions.push_back({planned.destination.string(), "skipped", source.error().message});
    }
  }
  return sources;
}

Result<std::vector<MountSource>> open_device_sources(const std::vector<PlannedDevice>& devices) {
  MountCloner cloner;
  std::vector<MountSource> sources;
  sources.reserve(devices.size());
  for (const PlannedDevice& planned : devices) {
    NVINJECT_ASSIGN_OR_RETURN(MountSource source, open_device(planned, cloner));
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace nvinject
