// SPDX-License-Identifier: Apache-2.0
#include "core/prepare/kernel_modules.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/os/capabilities.h"
#include "core/os/driver_root.h"
#include "core/os/file.h"
#include "core/os/subprocess.h"
#include "core/os/trusted_file.h"

namespace nvinject {
namespace {

constexpr const char* kDefaultModprobe = "/sbin/modprobe";

// proc(5): empty where the kernel must not load modules on its own.
DriverPath configured_modprobe(const Roots& roots) {
  const std::string path = read_attribute(roots.proc / "sys/kernel/modprobe");
  return DriverPath(path.starts_with('/') ? path : kDefaultModprobe);
}

// modprobe below `root`, empty when it is not there.
Result<std::optional<DriverPath>> find_modprobe(const HostPath& root,
                                                const DriverPath& configured) {
  NVINJECT_ASSIGN_OR_RETURN(const DriverRoot driver_root, DriverRoot::open(root));
  for (const DriverPath& path : {configured, DriverPath(kDefaultModprobe)}) {
    auto file = driver_root.locate(path, O_PATH);
    if (!file && (file.error().os_errno == ENOENT || file.error().os_errno == ENOTDIR)) continue;
    if (!file) return tl::unexpected(std::move(file).error());
    if (auto trusted = check_trusted(file->fd.get(), path.string(), TrustedKind::kProgram);
        !trusted) {
      return tl::unexpected(std::move(trusted).error().wrap("use " + quote(file->host.string())));
    }
    // Not the resolved path: modprobe is a link to kmod, which looks at the name it is called by.
    return path;
  }
  return std::nullopt;
}

Result<Subprocess> make_modprobe_command(const Roots& roots, const std::string& module) {
  const DriverPath configured = configured_modprobe(roots);
  Subprocess command;
  NVINJECT_ASSIGN_OR_RETURN(auto modprobe, find_modprobe(roots.driver, configured));
  if (modprobe && roots.driver.string() != "/") command.root = roots.driver;
  // A driver root that only holds the driver's files: the modules are the host's.
  if (!modprobe) {
    NVINJECT_ASSIGN_OR_RETURN(modprobe, find_modprobe(HostPath("/"), configured));
  }
  if (!modprobe) {
    return fail(ErrorCode::kNotFound, "find " + quote(configured.string()) +
                                          ": neither the driver root nor the host has it");
  }
  command.program = HostPath(modprobe->string());
  command.arguments = {modprobe->string(), module};
  // modprobe.d(5): an install line is a shell command.
  command.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"};
  // With SELinux, modprobe changes its domain as it starts.
  command.new_privileges = NewPrivileges::kAllow;
  return command;
}

}  // namespace

bool is_module_loaded(const Roots& roots, const std::string& module) {
  std::string name = module;
  std::replace(name.begin(), name.end(), '-', '_');
  const HostPath directory = roots.sys / "module" / name;
  // "coming" while it starts; a module that is built in has no such file.
  const std::string state = read_attribute(directory / "initstate");
  if (!state.empty()) return state == "live";
  return open_file(directory, O_PATH | O_DIRECTORY).has_value();
}

Result<void> load_module(const Roots& roots, const std::string& module,
                         std::chrono::milliseconds deadline) {
  NVINJECT_ASSIGN_OR_RETURN(Subprocess command, make_modprobe_command(roots, module));
  command.deadline = deadline;
  // It has the driver's root for its own, and may have to be stopped.
  const RaisedCapabilities raised({CAP_SYS_CHROOT, CAP_KILL});
  NVINJECT_ASSIGN_OR_RETURN(const SubprocessOutcome outcome, run_subprocess(command));
  if (outcome.succeeded() && is_module_loaded(roots, module)) return {};
  std::string message = "run " + quote(join(command.arguments, " "));
  if (command.root) message += " in " + quote(command.root->string());
  message += ": " + describe(outcome);
  if (outcome.succeeded()) message += ", but the module is not loaded";
  if (!trim(outcome.error_tail).empty())
    message += "; it printed " + quote(trim(outcome.error_tail));
  return fail(ErrorCode::kUnavailable, std::move(message));
}

}  // namespace nvinject
