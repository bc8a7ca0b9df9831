// SPDX-License-Identifier: Apache-2.0
#pragma once

// The host's side of a mount: what a plan names, opened, checked once more and cloned, all through
// one descriptor, while this process is in the host's mount namespace.

#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/os/mount_table.h"
#include "core/plan/plan.h"

namespace nvinject {

enum class SourceKind { kFile, kDevice, kSocket, kDirectory };

struct MountSource {
  UniqueFd mount;  // attached nowhere, its attributes set
  SourceKind kind = SourceKind::kFile;
  FileFacts facts;
  ContainerPath destination;
  Need need = Need::kRequired;
};

// An inventory is a snapshot: a file that is not root's alone any more, and a node with another
// number than the plan's, is refused. For the required ones that is an Error, for others a
// decision.
[[nodiscard]] Result<std::vector<MountSource>> open_mount_sources(
    const std::vector<PlannedMount>& mounts, Decisions& decisions);

// Nodes of the host's own /dev, under the name that they get; one that the host does not have is
// made in a file system of its own, which nobody else sees.
[[nodiscard]] Result<std::vector<MountSource>> open_device_sources(
    const std::vector<PlannedDevice>& devices);

}  // namespace nvinject
