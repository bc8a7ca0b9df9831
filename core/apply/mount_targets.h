// SPDX-License-Identifier: Apache-2.0
#pragma once

// The container's side of a mount: the file or directory that it goes onto, opened below the
// container's root by descriptor, made where it is missing. The tree is hostile (CVE-2024-0132,
// CVE-2024-0133): links are followed inside the root and only for directories; nothing is made but
// on file systems of the container's own, so that no volume of the host gets a file of ours.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/apply/mount_sources.h"
#include "core/base/path.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/os/container_root.h"
#include "core/os/fd_collection.h"

namespace nvinject {

// Whom files that are made belong to: the container's root user.
struct ContainerOwner {
  uid_t uid = 0;
  gid_t gid = 0;
};

struct MountTarget {
  int fd = -1;                 // borrowed: MountTargets keeps it open
  std::uint64_t mount_id = 0;  // of the mount that it is on
  bool already_there = false;  // the source itself, or a node with its number
};

class MountTargets {
 public:
  // `root_facts` are those of the root's directory; `own_mounts` are ids of mounts that, beside the
  // root's, are the container's alone. `root` outlives this.
  MountTargets(const ContainerRoot& root, const FileFacts& root_facts,
               std::set<std::uint64_t> own_mounts, ContainerOwner owner);

  // Call these in the container's mount namespace. kInvalidRequest: what is there is not what a
  // mount of this kind can go onto, or it may not be made there.
  [[nodiscard]] Result<MountTarget> open(const MountSource& source);
  // Makes it where `make` says so; without, kNotFound-like errors carry ENOENT.
  enum class Missing { kMake, kLeave };
  [[nodiscard]] Result<MountTarget> open_directory(const ContainerPath& path, Missing missing);

  // How many files and directories have been made so far.
  [[nodiscard]] std::size_t made() const { return made_.size(); }
  // After unmounting: removes what was made, but for the first `kept`, as far as it is empty, in
  // reverse order.
  void remove_made(std::size_t kept = 0);

 private:
  struct Directory {
    int fd = -1;
    FileFacts facts;
  };
  struct Made {
    int directory_fd;
    int fd;  // the file or directory itself
    std::string name;
    std::string path;  // of a directory: not to be found in directories_ any more
  };
  [[nodiscard]] Result<const Directory*> find_directory(const ContainerPath& path);
  [[nodiscard]] Result<Directory> open_or_make(const ContainerPath& path);
  [[nodiscard]] int keep(UniqueFd fd);
  [[nodiscard]] Result<int> make(const Directory& directory, const ContainerPath& path,
                                 SourceKind kind);
  [[nodiscard]] bool may_make_in(const FileFacts& directory) const;

  const ContainerRoot& root_;
  const FileFacts root_facts_;
  const std::set<std::uint64_t> own_mounts_;
  const ContainerOwner owner_;
  const bool is_somebody_else_;                   // than the user that this process runs as
  std::map<std::string, Directory> directories_;  // by path; each is opened once
  std::vector<Made> made_;
  FdCollection opened_;  // all of them: which file a name was is known until the end
};

}  // namespace nvinject
