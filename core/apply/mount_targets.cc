// SPDX-License-Identifier: Apache-2.0
#include "core/apply/mount_targets.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/os/in_root.h"
#include "core/os/namespaces.h"

namespace nvinject {
namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kDirectoryMode = 0755;

const char* describe(mode_t mode) {
  if (S_ISLNK(mode)) return "a symbolic link";
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a fifo";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode)) return "another character device";
  if (S_ISBLK(mode)) return "a block device";
  return "a file";
}

bool fits(SourceKind kind, mode_t mode) {
  switch (kind) {
    case SourceKind::kFile:
    case SourceKind::kDevice:
      return S_ISREG(mode);
    case SourceKind::kSocket:
      return S_ISREG(mode) || S_ISSOCK(mode);
    case SourceKind::kDirectory:
      return S_ISDIR(mode);
  }
  return false;
}

// What an earlier run of ours, another injector or the runtime has put there.
bool is_source_itself(const MountSource& source, const FileFacts& found) {
  if (source.kind == SourceKind::kDevice) {
    return S_ISCHR(found.mode) && found.number == source.facts.number;
  }
  return found.device == source.facts.device && found.inode == source.facts.inode;
}

tl::unexpected<Error> may_not_make(const ContainerPath& path) {
  return fail(ErrorCode::kInvalidRequest,
              "make " + quote(path.string()) +
                  " in the container: its directory is a volume of the host, which must not get "
                  "files of ours");
}

}  // namespace

MountTargets::MountTargets(const ContainerRoot& root, const FileFacts& root_facts,
                           std::set<std::uint64_t> own_mounts, ContainerOwner owner)
    : root_(root),
      root_facts_(root_facts),
      own_mounts_(std::move(own_mounts)),
      owner_(owner),
      is_somebody_else_(owner.uid != ::geteuid()) {}

// A mount that nobody told us of may be anybody's.
bool MountTargets::may_make_in(const FileFacts& directory) const {
  return directory.mount_id == root_facts_.mount_id || own_mounts_.contains(directory.mount_id);
}

int MountTargets::keep(UniqueFd fd) {
  const int borrowed = fd.get();
  opened_.add(std::move(fd));
  return borrowed;
}

Result<int> MountTargets::make(const Directory& directory, const ContainerPath& path,
                               SourceKind kind) {
  if (!may_make_in(directory.facts)) return may_not_make(path);
  const std::string name(path.file_name());
  std::optional<FileSystemIdentity> owner;
  if (is_somebody_else_) owner.emplace(owner_.uid, owner_.gid);
  auto made = kind == SourceKind::kDirectory ? make_directory_at(directory.fd, name, kDirectoryMode)
                                             : make_file_at(directory.fd, name, kFileMode);
  if (!made) return tl::unexpected(std::move(made).error());
  const int fd = keep(*std::move(made));
  made_.push_back({directory.fd, fd, name, path.string()});
  return fd;
}

Result<MountTargets::Directory> MountTargets::open_or_make(const ContainerPath& path) {
  Directory directory;
  auto opened = root_.open_in_root(path, O_PATH | O_DIRECTORY);
  if (opened) {
    directory.fd = keep(*std::move(opened));
  } else if (opened.error().os_errno != ENOENT || path.string() == "/") {
    return tl::unexpected(std::move(opened).error());
  } else {
    NVINJECT_ASSIGN_OR_RETURN(const Directory* const parent, find_directory(path.parent()));
    NVINJECT_ASSIGN_OR_RETURN(directory.fd, make(*parent, path, SourceKind::kDirectory));
  }
  NVINJECT_ASSIGN_OR_RETURN(directory.facts, file_facts(directory.fd, path.string()));
  return directory;
}

Result<const MountTargets::Directory*> MountTargets::find_directory(const ContainerPath& path) {
  if (const auto known = directories_.find(path.string()); known != directories_.end()) {
    return &known->second;
  }
  NVINJECT_ASSIGN_OR_RETURN(const Directory directory, open_or_make(path));
  return &directories_.emplace(path.string(), directory).first->second;
}

Result<MountTarget> MountTargets::open(const MountSource& source) {
  const ContainerPath& path = source.destination;
  NVINJECT_ASSIGN_OR_RETURN(const Directory* const directory, find_directory(path.parent()));
  // Images seldom have these files: making one first saves looking.
  auto made = make(*directory, path, source.kind);
  if (made) return MountTarget{*made, directory->facts.mount_id, false};
  auto opened = open_in_root(directory->fd, path.file_name(), O_PATH | O_NOFOLLOW);
  if (!opened) {
    Error problem = opened.error().os_errno == ENOENT ? made.error() : opened.error();
    return tl::unexpected(
        std::move(problem).wrap("mount onto " + quote(path.string()) + " in the container"));
  }
  MountTarget target{.fd = keep(*std::move(opened))};
  NVINJECT_ASSIGN_OR_RETURN(const FileFacts found, file_facts(target.fd, path.string()));
  target.mount_id = found.mount_id;
  target.already_there = is_source_itself(source, found);
  if (!target.already_there && !fits(source.kind, found.mode)) {
    return fail(ErrorCode::kInvalidRequest, "mount onto " + quote(path.string()) +
                                                " in the container: " + describe(found.mode) +
                                                " is in the way");
  }
  return target;
}

Result<MountTarget> MountTargets::open_directory(const ContainerPath& path, Missing missing) {
  if (missing == Missing::kMake) {
    NVINJECT_ASSIGN_OR_RETURN(const Directory* const parent, find_directory(path.parent()));
    static_cast<void>(make(*parent, path, SourceKind::kDirectory));
  }
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd fd,
                            root_.open_in_root(path, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  NVINJECT_ASSIGN_OR_RETURN(const FileFacts found, file_facts(fd.get(), path.string()));
  // Something is mounted there: an earlier run of ours, or whoever knows better.
  NVINJECT_ASSIGN_OR_RETURN(const Directory* const parent, find_directory(path.parent()));
  return MountTarget{keep(std::move(fd)), found.mount_id, found.mount_id != parent->facts.mount_id};
}

void MountTargets::remove_made(std::size_t kept) {
  std::optional<FileSystemIdentity> owner;
  if (is_somebody_else_) owner.emplace(owner_.uid, owner_.gid);
  while (made_.size() > kept) {
    const Made& made = made_.back();
    remove_empty_at(made.directory_fd, made.name, made.fd);
    directories_.erase(made.path);
    made_.pop_back();
  }
}

}  // namespace nvinject
