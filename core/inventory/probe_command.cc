// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/probe_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/inventory/library_directories.h"
#include "core/os/driver_root.h"
#include "core/os/file.h"
#include "core/os/trusted_file.h"
#include "core/os/user_namespace.h"

namespace nvinject {
namespace {

constexpr std::string_view kProbeName = "nvinject-probe";
constexpr const char* kInstalledDirectory = "/usr/libexec/nvinject";
constexpr const char* kNvml = "libnvidia-ml.so.1";
constexpr const char* kLibc = "libc.so.6";
constexpr uid_t kNobody = 65534;  // /proc/sys/kernel/overflowuid: owns nothing
constexpr gid_t kNogroup = 65534;
constexpr std::size_t kMaxReportBytes = 1024UL * 1024UL;

bool is_missing(const Error& error) {
  return error.os_errno == ENOENT || error.os_errno == ENOTDIR;
}

Result<HostPath> check_program(const HostPath& path) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd fd, open_file(path, O_PATH));
  if (auto trusted = check_trusted(fd.get(), path.string(), TrustedKind::kProgram); !trusted) {
    return tl::unexpected(std::move(trusted).error().wrap("use " + quote(path.string())));
  }
  return path;
}

Result<HostPath> find_probe(const ProbeOptions& options) {
  if (options.program) return check_program(*options.program);
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd self, open_file(HostPath("/proc/self/exe"), O_PATH));
  NVINJECT_ASSIGN_OR_RETURN(const HostPath program, path_of_fd(self.get(), "this program"));
  for (const HostPath& directory : {program.parent(), HostPath(kInstalledDirectory)}) {
    auto probe = check_program(directory / kProbeName);
    if (probe || !is_missing(probe.error())) return probe;
  }
  return fail(ErrorCode::kNotFound, "find 'nvinject-probe': it is neither in " +
                                        quote(program.parent().string()) + " nor in " +
                                        quote(kInstalledDirectory));
}

// The loader of a root, empty when it has none.
Result<std::optional<HostPath>> find_loader(const DriverRoot& root) {
  for (const std::string& path : loader_paths()) {
    auto file = root.locate(DriverPath(path), O_PATH);
    if (!file && is_missing(file.error())) continue;
    if (!file) return tl::unexpected(std::move(file).error());
    if (auto trusted = check_trusted(file->fd.get(), path, TrustedKind::kProgram); !trusted) {
      return tl::unexpected(std::move(trusted).error().wrap("use " + quote(file->host.string())));
    }
    return std::optional<HostPath>(std::move(file->host));
  }
  return std::nullopt;
}

// The directory, free of links, of the first file of that name: what the loader will find in it.
Result<std::optional<HostPath>> find_directory(const DriverRoot& root, const char* name,
                                               const std::vector<std::string>& directories) {
  for (const std::string& candidate : directories) {
    const DriverPath directory(candidate);
    auto file = root.locate(directory / name, O_PATH);
    if (!file && is_missing(file.error())) continue;
    if (!file) return tl::unexpected(std::move(file).error());
    if (auto trusted = check_trusted(file->fd.get(), name, TrustedKind::kRegularFile); !trusted) {
      return tl::unexpected(std::move(trusted).error().wrap("use " + quote(file->host.string())));
    }
    NVINJECT_ASSIGN_OR_RETURN(DriverRoot::Located located,
                              root.locate(directory, O_PATH | O_DIRECTORY));
    return std::optional<HostPath>(std::move(located.host));
  }
  return std::nullopt;
}

// Where NVML may be: beside the file that the scan found, which may be nowhere usual, then the
// usual places; before these the one that a link there leads to, because the loader follows links
// on the host.
std::vector<std::string> nvml_directories(const Inventory& inventory, const DriverRoot& root) {
  std::vector<std::string> directories = library_directories();
  for (const std::string& usual : library_directories()) {
    const auto file = root.locate(DriverPath(usual) / kNvml, O_PATH);
    if (!file) continue;
    directories.insert(directories.begin(), file->path.parent().string());
    break;
  }
  const std::string prefix = root.host().string() == "/" ? "" : root.host().string();
  for (const Library& library : inventory.libraries) {
    const std::string& path = library.host_path.string();
    if (library.name != "libnvidia-ml" || library.elf_class != ElfClass::k64) continue;
    if (path.starts_with(prefix + "/")) {
      const DriverPath directory = DriverPath(path.substr(prefix.size())).parent();
      directories.insert(directories.begin(), directory.string());
    }
  }
  return directories;
}

// ld.so(8): colons and semicolons separate, and nothing quotes them.
Result<std::string> make_library_path(const std::vector<HostPath>& directories) {
  std::vector<std::string> paths;
  for (const HostPath& directory : directories) {
    if (directory.string().find_first_of(":;") != std::string::npos) {
      return fail(ErrorCode::kUnsupported, "load libraries from " + quote(directory.string()) +
                                               ": ':' and ';' cannot be in a library path");
    }
    if (std::find(paths.begin(), paths.end(), directory.string()) == paths.end()) {
      paths.push_back(directory.string());
    }
  }
  return join(paths, ":");
}

// Loader and its options; the program to load comes after them.
Result<std::vector<std::string>> make_loader_arguments(const Inventory& inventory,
                                                       const DriverRoot& root) {
  NVINJECT_ASSIGN_OR_RETURN(const auto nvml,
                            find_directory(root, kNvml, nvml_directories(inventory, root)));
  if (!nvml) {
    return fail(ErrorCode::kNotFound,
                "find " + quote(kNvml) + " below the driver root " + quote(root.host().string()));
  }
  std::vector<HostPath> directories{*nvml};
  NVINJECT_ASSIGN_OR_RETURN(auto loader, find_loader(root));
  const bool own_glibc = loader.has_value();
  if (!own_glibc) {
    // The root holds driver files only: they were meant for the host's glibc.
    NVINJECT_ASSIGN_OR_RETURN(const DriverRoot host, DriverRoot::open(HostPath("/")));
    NVINJECT_ASSIGN_OR_RETURN(loader, find_loader(host));
    if (!loader) {
      return fail(ErrorCode::kNotFound,
                  "find a dynamic loader: neither the driver root nor the host has one");
    }
  }
  std::vector<std::string> arguments{loader->string()};
  if (own_glibc && root.host().string() != "/") {
    // Loader and libc of one root only: a pair of two glibc versions crashes. The cache would be
    // the host's, because nobody has changed root.
    NVINJECT_ASSIGN_OR_RETURN(const auto libc, find_directory(root, kLibc, library_directories()));
    if (libc) directories.push_back(*libc);
    arguments.emplace_back("--inhibit-cache");
  }
  NVINJECT_ASSIGN_OR_RETURN(std::string library_path, make_library_path(directories));
  arguments.emplace_back("--library-path");
  arguments.push_back(std::move(library_path));
  return arguments;
}

// Nodes that only a group may use need that group; of others no group does.
gid_t find_device_group(const Inventory& inventory) {
  constexpr mode_t kOthersMayUse = 0006;
  constexpr mode_t kGroupMayUse = 0060;
  for (const ControlNode& control : inventory.control_nodes) {
    const DeviceNodeFacts& node = control.node;
    if ((node.mode & kOthersMayUse) != kOthersMayUse &&
        (node.mode & kGroupMayUse) == kGroupMayUse) {
      return node.gid;
    }
  }
  return kNogroup;
}

}  // namespace

Result<Subprocess> make_probe_command(const Inventory& inventory, const Roots& roots,
                                      const ProbeOptions& options) {
  NVINJECT_ASSIGN_OR_RETURN(const HostPath probe, find_probe(options));
  NVINJECT_ASSIGN_OR_RETURN(const DriverRoot root, DriverRoot::open(roots.driver));
  NVINJECT_ASSIGN_OR_RETURN(std::vector<std::string> arguments,
                            make_loader_arguments(inventory, root));
  arguments.push_back(probe.string());
  Subprocess command;
  command.program = HostPath(arguments.front());
  command.arguments = std::move(arguments);
  command.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  command.deadline = options.deadline;
  command.deadline_signal = SIGALRM;  // the probe then prints the GPUs that it knows so far
  command.max_output_bytes = kMaxReportBytes;
  // In a user namespace `nobody` may not exist, and root is nobody much already.
  if (::geteuid() == 0 && !in_user_namespace(roots.proc)) {
    command.identity = SubprocessIdentity{.uid = kNobody, .gid = find_device_group(inventory)};
  }
  return command;
}

}  // namespace nvinject
