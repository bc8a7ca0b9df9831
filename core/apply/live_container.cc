// SPDX-License-Identifier: Apache-2.0
#include "core/apply/live_container.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <variant>

#include "core/apply/device_cgroup.h"
#include "core/apply/device_rules.h"
#include "core/apply/driver_proc.h"
#include "core/apply/in_root.h"
#include "core/apply/mount_sources.h"
#include "core/apply/mount_targets.h"
#include "core/base/text.h"
#include "core/os/fd_collection.h"
#include "core/os/file.h"
#include "core/os/mount.h"

namespace nvinject {
namespace {

constexpr const char* kDriverProc = "/proc/driver/nvidia";
constexpr const char* kEglProfiles = "/etc/nvidia/nvidia-application-profiles-rc.d";
constexpr std::size_t kMaxCgroupBytes = std::size_t{1} << 20U;

constexpr Capabilities kForNamespaces = {CAP_SYS_ADMIN, CAP_SYS_CHROOT, CAP_SYS_PTRACE,
                                         CAP_DAC_READ_SEARCH};
// Files of the container belong to whomever its image says.
constexpr Capabilities kForMounts = {CAP_SYS_ADMIN,       CAP_SYS_CHROOT,   CAP_SYS_PTRACE,
                                     CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE, CAP_CHOWN,
                                     CAP_FOWNER,          CAP_SETUID,       CAP_SETGID};
constexpr Capabilities kForRules = {CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_BPF, CAP_DAC_OVERRIDE};

// `process` is a directory of the host's /proc: the container's says what the container likes.
Result<std::vector<MountEntry>> read_mounts(const HostPath& process) {
  const HostPath path = process / "mountinfo";
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_RDONLY));
  NVINJECT_ASSIGN_OR_RETURN(const std::string text,
                            read_stream(fd.get(), path.string(), kMaxMountInfoBytes));
  return parse_mountinfo(text);
}

HostPath path_through(const UniqueFd& process) {
  return HostPath("/proc/self/fd/" + std::to_string(process.get()));
}

// Mounts of the container whose file system is mounted nowhere else: a tmpfs that its runtime made.
// Both sides are told by mountinfo, whose device of a btrfs subvolume is another than stat(2)'s.
// Standalone, the container's own mounts are among those that this process sees: they are below its
// root.
std::set<std::uint64_t> own_mounts(const std::vector<MountEntry>& inside,
                                   const std::vector<MountEntry>& host, const HostPath& root) {
  const std::string below = root.string() + "/";
  std::set<dev_t> devices_outside;
  for (const MountEntry& mount : host) {
    if (!mount.mount_point.starts_with(below)) devices_outside.insert(mount.device);
  }
  std::set<std::uint64_t> own;
  for (const MountEntry& mount : inside) {
    if (!devices_outside.contains(mount.device)) own.insert(mount.id);
  }
  return own;
}

// In the container's mount namespace: what has been mounted so far, for the way back.
class Attachments {
 public:
  Attachments(MountTargets& targets, Detacher detacher, std::vector<MountEntry> mounts,
              std::uint64_t root_mount)
      : targets_(targets),
        detacher_(std::move(detacher)),
        mounts_(std::move(mounts)),
        root_mount_(root_mount) {}

  // `root_fd` outlives this.
  Result<void> keep_from_the_host(int root_fd, Decisions& decisions) {
    if (!is_shared(root_mount_)) return {};
    root_fd_ = root_fd;
    // A kernel that cannot say it serves all the same, and cannot give it back.
    if (auto shared = Propagation::of(root_fd)) shared_.emplace(*std::move(shared));
    if (auto done = make_mount_slave(root_fd); !done) {
      return fail(ErrorCode::kInvalidRequest,
                  "keep the container's mounts from the host: its root is on a mount with shared "
                  "propagation, and is none of its own");
    }
    decisions.push_back({"/", "made a slave",
                         "its mount is shared: what is mounted in the container would show on the "
                         "host"});
    return {};
  }

  Result<void> attach(UniqueFd mount, const MountTarget& target, const ContainerPath& path) {
    // The root itself has been made a slave by then.
    if (target.mount_id != root_mount_ && is_shared(target.mount_id)) {
      return fail(ErrorCode::kInvalidRequest,
                  "mount onto " + quote(path.string()) +
                      " in the container: it is on a volume with shared propagation, and would "
                      "show on the host");
    }
    auto done = attach_mount(mount.get(), target.fd);
    if (!done) return tl::unexpected(std::move(done).error().wrap("mount " + path.string()));
    attached_.add(std::move(mount));
    return {};
  }

  void undo() {
    const auto mounts = attached_.all();
    for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) {
      detacher_.detach(mount->get());
    }
    attached_.close_all();
    targets_.remove_made();
    if (shared_) static_cast<void>(shared_->restore(root_fd_));
  }

  // One that is not listed, because the process has a root of its own below it, may be.
  [[nodiscard]] bool is_shared(std::uint64_t mount_id) const {
    const auto mount =
        std::find_if(mounts_.begin(), mounts_.end(),
                     [mount_id](const MountEntry& entry) { return entry.id == mount_id; });
    return mount == mounts_.end() || mount->shared;
  }

 private:
  MountTargets& targets_;
  Detacher detacher_;
  std::vector<MountEntry> mounts_;
  std::uint64_t root_mount_;
  FdCollection attached_;
  int root_fd_ = -1;
  std::optional<Propagation> shared_;  // what the root was before
};

// Everything of one application, in the container's mount namespace.
struct Work {
  const ContainerRoot& root;
  MountTargets& targets;
  Attachments& attachments;
  int host_driver_proc;  // /proc/driver/nvidia of the host, or -1
  Decisions& decisions;
};

Result<void> attach_source(MountSource source, Work& work) {
  const std::string path = source.destination.string();
  const std::size_t made_before = work.targets.made();
  auto target = work.targets.open(source);
  if (target && target->already_there) {
    work.decisions.push_back({path, "left", "it is there already"});
    return {};
  }
  auto done = target ? work.attachments.attach(std::move(source.mount), *std::move(target),
                                               source.destination)
                     : tl::unexpected(std::move(target).error());
  if (done || source.need == Need::kRequired) return done;
  work.targets.remove_made(made_before);
  work.decisions.push_back({path, "skipped", done.error().message});
  return {};
}

Result<void> attach_directory(Result<UniqueFd> mount, const char* path,
                              MountTargets::Missing missing, Work& work) {
  if (!mount) return tl::unexpected(std::move(mount).error());
  const ContainerPath place{std::string(path)};
  NVINJECT_ASSIGN_OR_RETURN(const MountTarget target, work.targets.open_directory(place, missing));
  if (target.already_there) {
    work.decisions.push_back({path, "left", "something is mounted there already"});
    return {};
  }
  return work.attachments.attach(*std::move(mount), target, place);
}

Result<void> take_step(const MergeLdCache& /*step*/, Work& /*work*/) { return {}; }

Result<void> take_step(const MaskDriverProc& step, Work& work) {
  const bool has_proc =
      work.root.open_in_root(ContainerPath(kDriverProc), O_PATH | O_DIRECTORY, Links::kRefuse)
          .has_value();
  if (!has_proc || work.host_driver_proc < 0) {
    work.decisions.push_back({kDriverProc, "not masked", "the container does not have it"});
    return {};
  }
  return attach_directory(make_driver_proc(work.host_driver_proc, step), kDriverProc,
                          MountTargets::Missing::kLeave, work);
}

Result<void> take_step(const HideGpusFromEgl& step, Work& work) {
  const std::size_t made_before = work.targets.made();
  auto done =
      attach_directory(make_egl_profiles(step), kEglProfiles, MountTargets::Missing::kMake, work);
  if (!done) {
    work.targets.remove_made(made_before);
    work.decisions.push_back({"application profile", "skipped", done.error().message});
  }
  return {};
}

Result<void> attach_all(std::vector<MountSource> sources, const InjectionPlan& plan, Work& work) {
  for (MountSource& source : sources) {
    NVINJECT_RETURN_IF_ERROR(attach_source(std::move(source), work));
  }
  for (const InRootStep& step : plan.in_root_steps) {
    NVINJECT_RETURN_IF_ERROR(
        std::visit([&work](const auto& one) { return take_step(one, work); }, step));
  }
  return {};
}

void note_what_comes_too_late(const InjectionPlan& plan, Decisions& decisions) {
  constexpr const char* kTooLate = "the container's process is there already";
  for (const PlannedEnv& env : plan.env) decisions.push_back({env.name, "not set", kTooLate});
  for (const gid_t gid : plan.additional_gids) {
    decisions.push_back({"group " + std::to_string(gid), "not added", kTooLate});
  }
}

Result<void> allow_plan_devices(const DeviceCgroups& cgroups, const InjectionPlan& plan,
                                Decisions& decisions) {
  const RaisedCapabilities raised(kForRules);
  NVINJECT_ASSIGN_OR_RETURN(const Decisions more, allow_devices(cgroups, plan.devices));
  decisions.insert(decisions.end(), more.begin(), more.end());
  return {};
}

// What lies on the host's side, opened before the container's namespace is entered.
struct HostParts {
  std::vector<MountSource> sources;
  std::vector<MountEntry> mounts;
  UniqueFd driver_proc;
  Detacher detacher;
};

Result<HostParts> open_host_side(const InjectionPlan& plan, const LiveOptions& options,
                                 Detacher detacher, Decisions& decisions) {
  HostParts host{.sources = {}, .mounts = {}, .driver_proc = {}, .detacher = std::move(detacher)};
  NVINJECT_ASSIGN_OR_RETURN(host.mounts, read_mounts(HostPath("/proc/self")));
  NVINJECT_ASSIGN_OR_RETURN(host.sources, open_mount_sources(plan.mounts, decisions));
  if (options.device_nodes) {
    NVINJECT_ASSIGN_OR_RETURN(auto nodes, open_device_sources(plan.devices));
    std::move(nodes.begin(), nodes.end(), std::back_inserter(host.sources));
  }
  if (auto fd = open_file(HostPath(kDriverProc), O_PATH | O_DIRECTORY)) {
    host.driver_proc = *std::move(fd);
  }
  return host;
}

Result<UniqueFd> open_inside(int namespace_fd, const HomeNamespace& home, const HostPath& path) {
  NVINJECT_ASSIGN_OR_RETURN(const InMountNamespace inside,
                            InMountNamespace::enter(namespace_fd, home));
  return open_file(path, O_PATH | O_DIRECTORY);
}

}  // namespace

Result<LiveContainer> LiveContainer::open(const LivePlace& place) {
  const RaisedCapabilities raised(kForNamespaces);
  const std::string process_path =
      "/proc/" + (place.pid ? std::to_string(*place.pid) : std::string("self"));
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd process,
                            open_file(HostPath(process_path), O_PATH | O_DIRECTORY));
  if (!place.pid) {
    NVINJECT_ASSIGN_OR_RETURN(ContainerRoot root, ContainerRoot::open(place.root));
    return LiveContainer(std::move(process), std::nullopt, std::move(root));
  }
  const HostPath held = path_through(process);
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd mount_namespace, open_file(held / "ns/mnt", O_RDONLY));
  NVINJECT_ASSIGN_OR_RETURN(HomeNamespace home, HomeNamespace::open());
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd directory,
                            open_inside(mount_namespace.get(), home, place.root));
  NVINJECT_ASSIGN_OR_RETURN(ContainerRoot root,
                            ContainerRoot::from_fd(std::move(directory), place.root.string()));
  return LiveContainer(std::move(process), Elsewhere{std::move(mount_namespace), std::move(home)},
                       std::move(root));
}

// A runtime may die with its container, and the number that it gave us be somebody else's by now:
// of a process that is in no container, as a rule, in whose namespace a mount would be one of the
// host.
Result<void> LiveContainer::refuse_own_namespace() const {
  if (!elsewhere_) return {};
  NVINJECT_ASSIGN_OR_RETURN(const struct stat ours,
                            stat_fd(elsewhere_->home.mount_namespace(), "mount namespace"));
  NVINJECT_ASSIGN_OR_RETURN(const struct stat theirs,
                            stat_fd(elsewhere_->mount_namespace.get(), "mount namespace"));
  if (ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino) return {};
  return fail(ErrorCode::kInvalidRequest,
              "mount in the container: its process has no mount namespace of its own, so that all "
              "would be mounted on the host");
}

Result<std::optional<InMountNamespace>> LiveContainer::enter() const {
  std::optional<InMountNamespace> inside;
  if (elsewhere_) {
    NVINJECT_ASSIGN_OR_RETURN(
        InMountNamespace entered,
        InMountNamespace::enter(elsewhere_->mount_namespace.get(), elsewhere_->home));
    inside.emplace(std::move(entered));
  }
  return inside;
}

Result<DeviceCgroups> LiveContainer::find_cgroups(const std::vector<MountEntry>& mounts) const {
  auto text = read_record_file(path_through(process_) / "cgroup", kMaxCgroupBytes);
  if (!text) {
    return tl::unexpected(
        std::move(text).error().wrap("find the cgroup of the container's process"));
  }
  return find_device_cgroups(*text, mounts);
}

Result<Decisions> LiveContainer::apply(const InjectionPlan& plan,
                                       const LiveOptions& options) const {
  const RaisedCapabilities raised(kForMounts);
  NVINJECT_RETURN_IF_ERROR(refuse_own_namespace());
  Decisions decisions;
  NVINJECT_ASSIGN_OR_RETURN(
      Detacher detacher, elsewhere_ ? Detacher::below(elsewhere_->home.root()) : Detacher::open());
  NVINJECT_ASSIGN_OR_RETURN(HostParts host,
                            open_host_side(plan, options, std::move(detacher), decisions));
  DeviceCgroups cgroups;
  if (options.device_rules) {
    NVINJECT_ASSIGN_OR_RETURN(cgroups, find_cgroups(host.mounts));
  }
  // Also the last look at whether the process still lives.
  auto mounts_inside = read_mounts(path_through(process_));
  if (!mounts_inside) {
    return tl::unexpected(
        std::move(mounts_inside).error().wrap("find the mounts of the container's process"));
  }
  NVINJECT_ASSIGN_OR_RETURN(const struct stat owner, stat_fd(process_.get(), "process"));

  NVINJECT_ASSIGN_OR_RETURN(auto inside, enter());
  NVINJECT_ASSIGN_OR_RETURN(const FileFacts facts, file_facts(root_.fd(), "/"));
  MountTargets targets(root_, facts, own_mounts(*mounts_inside, host.mounts, root_.resolved()),
                       {.uid = owner.st_uid, .gid = owner.st_gid});
  Attachments attachments(targets, std::move(host.detacher), *std::move(mounts_inside),
                          facts.mount_id);
  NVINJECT_RETURN_IF_ERROR(attachments.keep_from_the_host(root_.fd(), decisions));
  Work work{root_, targets, attachments, host.driver_proc.get(), decisions};
  if (auto done = attach_all(std::move(host.sources), plan, work); !done) {
    attachments.undo();
    return tl::unexpected(std::move(done).error());
  }
  inside.reset();
  if (options.device_rules) {
    if (auto allowed = allow_plan_devices(cgroups, plan, decisions); !allowed) {
      const auto again = enter();
      if (again) attachments.undo();
      return tl::unexpected(std::move(allowed).error());
    }
  }
  note_what_comes_too_late(plan, decisions);
  return decisions;
}

Decisions LiveContainer::merge_ld_caches(const InjectionPlan& plan) const {
  const RaisedCapabilities raised(kForFiles);
  Decisions decisions;
  for (const InRootStep& step : plan.in_root_steps) {
    const auto* const merge = std::get_if<MergeLdCache>(&step);
    if (merge != nullptr) decisions.push_back(merge_ld_cache_in_root(root_, *merge));
  }
  return decisions;
}

}  // namespace nvinject
