// SPDX-License-Identifier: Apache-2.0
#include "core/apply/in_root.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <variant>

#include "core/linker/ld_cache.h"
#include "core/os/file.h"
#include "core/os/user_namespace.h"

namespace nvinject {
namespace {

constexpr const char* kEtc = "/etc";
constexpr const char* kLdCacheName = "ld.so.cache";
constexpr const char* kLdCachePath = "/etc/ld.so.cache";

// Set-id and sticky bits of a file that an image brings are not carried over to one that we write.
constexpr mode_t kKeptModeBits = 0777;

// What the kernel shows where an owner has no number in this user namespace.
constexpr uid_t kOverflowId = 65534;

// In a user namespace 65534 may be a user of its own or mean "somebody outside": a file that we
// write cannot be given to the latter.
bool owner_is_unknown(const struct stat& facts) {
  return (facts.st_uid == kOverflowId || facts.st_gid == kOverflowId) &&
         in_user_namespace(HostPath("/proc"));
}

// The cache of an image is hostile input, and its place is a hostile place (CVE-2025-23267: a link
// to a file of the host). So: no link is followed, not even inside the root; the directory is
// opened once and everything after goes through that descriptor; the old file is read, never
// written; the new one replaces it by name, and rename(2) replaces a link or fails on a directory
// that was put there meanwhile. A volume over /etc or over the file is not the image's: it may be
// the host's own /etc.
Result<Decision> apply(const ContainerRoot& root, const MergeLdCache& step) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd etc,
                            root.open_in_root(ContainerPath(kEtc), O_RDONLY | O_DIRECTORY,
                                              Links::kRefuse, Mounts::kRefuse));
  NVINJECT_ASSIGN_OR_RETURN(
      const UniqueFd file,
      open_regular_in_root(etc.get(), kLdCacheName, Links::kRefuse, Mounts::kRefuse));
  NVINJECT_ASSIGN_OR_RETURN(const struct stat facts, stat_fd(file.get(), kLdCachePath));
  if (owner_is_unknown(facts)) {
    return fail(ErrorCode::kUnsupported,
                "keep the owner of '/etc/ld.so.cache': it has none in this user namespace");
  }
  NVINJECT_ASSIGN_OR_RETURN(const std::string bytes,
                            read_fd(file.get(), kLdCachePath, kMaxLdCacheBytes, facts));
  NVINJECT_ASSIGN_OR_RETURN(const LdCache image, parse_ld_cache(bytes));
  const LdCache merged = merge_ld_cache(image, step.entries);
  if (merged == image) {
    return Decision{kLdCachePath, "unchanged",
                    "it already names every library of the driver first"};
  }
  const FileOwner owner{
      .uid = facts.st_uid, .gid = facts.st_gid, .mode = facts.st_mode & kKeptModeBits};
  NVINJECT_RETURN_IF_ERROR(
      write_file_atomically(etc.get(), kLdCacheName, serialise_ld_cache(merged), owner));
  return Decision{
      kLdCachePath, "merged",
      std::to_string(step.entries.size()) + " library names of the driver added in front"};
}

Result<Decision> apply(const ContainerRoot& /*root*/, const MaskDriverProc& /*step*/) {
  return Decision{"/proc/driver/nvidia", "not masked",
                  "it is mounted when the container is there, and runtimes refuse mounts in /proc"};
}

Result<Decision> apply(const ContainerRoot& /*root*/, const HideGpusFromEgl& /*step*/) {
  return Decision{"application profile", "not written", "the container's mounts are not there yet"};
}

Decision skipped(const Error& error) {
  if (error.code == ErrorCode::kNotFound) return {kLdCachePath, "skipped", "the image has none"};
  return {kLdCachePath, "skipped", error.message};
}

}  // namespace

Decision merge_ld_cache_in_root(const ContainerRoot& root, const MergeLdCache& step) {
  const auto done = apply(root, step);
  return done ? *done : skipped(done.error());
}

Decisions apply_in_root(const ContainerRoot& root, const std::vector<InRootStep>& steps) {
  Decisions decisions;
  for (const InRootStep& step : steps) {
    const auto done = std::visit([&root](const auto& one) { return apply(root, one); }, step);
    decisions.push_back(done ? *done : skipped(done.error()));
    const auto* const merge = std::get_if<MergeLdCache>(&step);
    if (!done && merge != nullptr && !merge->cuda_compat.empty()) {
      decisions.push_back({merge->cuda_compat.string(), "not used",
                           "the linker learns of it by /etc/ld.so.cache, which stays as it was"});
    }
  }
  return decisions;
}

}  // namespace nvinject
