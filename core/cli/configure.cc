// SPDX-License-Identifier: Apache-2.0
#include "core/cli/configure.h"

#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/engines/daemon_json.h"
#include "core/engines/oci_hook.h"
#include "core/engines/runtime_configs.h"
#include "core/os/file.h"
#include "core/os/program.h"
#include "core/os/subprocess.h"

namespace nvinject::cli {
namespace {

constexpr std::string_view kNameCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
constexpr const char* kSystemctl = "/usr/bin/systemctl";
constexpr std::chrono::minutes kRestartDeadline{2};

// "runc" means the engine's own to Docker and CRI-O.
Result<void> check_name(const std::string& name) {
  if (!name.empty() && name != "runc" &&
      name.find_first_not_of(kNameCharacters) == std::string::npos) {
    return {};
  }
  return fail(ErrorCode::kInvalidRequest,
              "name the runtime " + quote(name) + ": letters, digits, '_', '.' and '-', not runc");
}

// An engine starts with an entry that leads nowhere, and then each container fails.
Result<std::string> choose_program(const std::string& wanted, std::string_view name,
                                   const char* option) {
  const HostPath path = !wanted.empty()
                            ? HostPath(wanted)
                            : find_beside_this_program(name).value_or(HostPath("/usr/bin") / name);
  if (path.string().front() != '/') {
    return fail(ErrorCode::kInvalidRequest,
                "use program " + quote(wanted) + ": " + option + " wants an absolute path");
  }
  if (!is_program(path)) {
    return fail(ErrorCode::kNotFound, "use program " + quote(path.string()) +
                                          ": not an executable file (" + option +
                                          " names another)");
  }
  return path.string();
}

HostPath or_usual(const std::string& path, const char* usual) {
  return HostPath(path.empty() ? usual : path);
}

bool removes(const ConfigureOptions& options) { return options.action == ConfigureAction::kRemove; }

Result<std::string> choose_runtime(const ConfigureOptions& options) {
  NVINJECT_RETURN_IF_ERROR(check_name(options.runtime_name));
  if (removes(options)) return std::string();
  return choose_program(options.runtime_path, "nvidia-container-runtime", "--runtime-path");
}

Result<ConfigurePlan> plan_docker(const ConfigureOptions& options) {
  NVINJECT_ASSIGN_OR_RETURN(std::string path, choose_runtime(options));
  const DockerEntry entry{
      .name = options.runtime_name,
      .path = std::move(path),
      .default_runtime = options.set_as_default ? DefaultRuntime::kOurs : DefaultRuntime::kLeave,
      .cdi = options.cdi ? DockerCdi::kEnabled : DockerCdi::kLeave};
  const HostPath file = or_usual(options.config_file, "/etc/docker/daemon.json");
  const auto edit = [entry, file,
                     remove = removes(options)](const FileText& before) -> Result<EditedFile> {
    if (remove && !before) return EditedFile{};
    const auto edited = remove ? remove_from_daemon_json(*before, file.string(), entry)
                               : add_to_daemon_json(before.value_or(""), file.string(), entry);
    if (!edited) return tl::unexpected(edited.error());
    return EditedFile{.after = *edited, .backup = Backup::kBeside, .note = {}};
  };
  // What is said of runtimes is read again on SIGHUP, which no container notices. What is no longer
  // said stays as it was, and CDI is looked at, only when dockerd starts (tried with 26.1
  // and 28.5).
  const char* const how = options.cdi || removes(options) ? "restart" : "reload";
  return ConfigurePlan{.edits = {{file, kMaxDaemonJsonBytes, edit}},
                       .restart = {how, "docker.service"},
                       .afterwards = std::string("dockerd does not know it yet: systemctl ") + how +
                                     " docker (or --restart does it)"};
}

// As it was before we changed it; empty where nothing was kept.
FileText kept_text(const HostPath& file) {
  auto text = read_file(HostPath(file.string() + std::string(kBackupSuffix)), kMaxOciHookBytes);
  return text ? FileText(*std::move(text)) : std::nullopt;
}

// What was kept of a file of others is not replaced by what we made of it.
Result<EditedFile> add_hook(const HostPath& file, const FileText& before, const std::string& hook) {
  if (!before) return EditedFile{.after = oci_hook_json(hook), .backup = Backup::kNone, .note = {}};
  NVINJECT_ASSIGN_OR_RETURN(std::string after, set_oci_hook(*before, file.string(), hook));
  const bool is_changed = removal_of_oci_hook(*before, kept_text(file)) == HookRemoval::kRestore;
  return EditedFile{.after = std::move(after),
                    .backup = is_changed ? Backup::kNone : Backup::kBeside,
                    .note = {}};
}

EditedFile remove_hook(const HostPath& file, const FileText& before) {
  if (!before) return {};
  FileText kept = kept_text(file);
  switch (removal_of_oci_hook(*before, kept)) {
    case HookRemoval::kDelete:
      return {};
    case HookRemoval::kRestore:
      return {.after = std::move(kept),
              .backup = Backup::kNone,
              .note = file.string() + " becomes what it was before nvinject changed it"};
    case HookRemoval::kLeave:
      break;
  }
  const std::string program = program_of_gpu_hook(*before);
  return {.after = before,
          .backup = Backup::kNone,
          .note = file.string() + " stays: it is not as nvinject wrote it" +
                  (program.empty() ? "" : ", and it runs " + escape(program))};
}

// A hook of the classic toolkit becomes ours, one of somebody else never.
Result<FileEdit> edit_hook(const ConfigureOptions& options, const char* usual_directory) {
  const HostPath file = or_usual(options.hooks_directory, usual_directory) / kOciHookFile;
  if (removes(options)) {
    return FileEdit{file, kMaxOciHookBytes, [file](const FileText& before) -> Result<EditedFile> {
                      return remove_hook(file, before);
                    }};
  }
  NVINJECT_ASSIGN_OR_RETURN(
      const std::string hook,
      choose_program(options.hook_path, "nvidia-container-runtime-hook", "--hook-path"));
  return FileEdit{file, kMaxOciHookBytes,
                  [hook, file](const FileText& before) { return add_hook(file, before, hook); }};
}

Result<ConfigurePlan> plan_podman(const ConfigureOptions& options) {
  NVINJECT_ASSIGN_OR_RETURN(FileEdit hook, edit_hook(options, "/etc/containers/oci/hooks.d"));
  return ConfigurePlan{.edits = {std::move(hook)},
                       .restart = {},
                       .afterwards =
                           "Podman reads it with the next container of root; rootless "
                           "ones name the directory: podman --hooks-dir"};
}

// Without a backup: CRI-O reads every file of that directory, whatever it is called.
Result<FileEdit> edit_drop_in(const ConfigureOptions& options) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string path, choose_runtime(options));
  const HostPath file = options.config_file.empty()
                            ? HostPath("/etc/crio/crio.conf.d") / kCrioDropInFile
                            : HostPath(options.config_file);
  const std::string text =
      crio_drop_in(options.runtime_name, path,
                   options.set_as_default ? DefaultRuntime::kOurs : DefaultRuntime::kLeave);
  const auto edit = [text, file,
                     remove = removes(options)](const FileText& before) -> Result<EditedFile> {
    if (before && !is_crio_drop_in(*before)) {
      return fail(ErrorCode::kInvalidRequest,
                  "edit " + quote(file.string()) + ": it was not written by nvinject");
    }
    return EditedFile{
        .after = remove ? FileText() : FileText(text), .backup = Backup::kNone, .note = {}};
  };
  return FileEdit{file, kMaxCrioDropInBytes, edit};
}

Result<ConfigurePlan> plan_crio(const ConfigureOptions& options) {
  NVINJECT_ASSIGN_OR_RETURN(FileEdit drop_in, edit_drop_in(options));
  NVINJECT_ASSIGN_OR_RETURN(FileEdit hook, edit_hook(options, "/usr/share/containers/oci/hooks.d"));
  return ConfigurePlan{.edits = {std::move(drop_in), std::move(hook)},
                       .restart = {"restart", "crio.service"},
                       .afterwards =
                           "CRI-O does not know it yet: systemctl restart crio (or "
                           "--restart does it); running containers stay"};
}

Result<void> restart(const std::vector<std::string>& words) {
  Subprocess command{.program = HostPath(kSystemctl),
                     .arguments = {"systemctl"},
                     .environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
                     .deadline = kRestartDeadline};
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  const auto outcome = run_subprocess(command);
  if (!outcome) return tl::unexpected(outcome.error());
  if (outcome->succeeded()) return {};
  return fail(ErrorCode::kSystem, "run " + quote("systemctl " + join(words, " ")) + ": " +
                                      describe(*outcome) + ": " +
                                      escape(trim(outcome->error_tail)));
}

Result<void> show_or_carry_out(const ConfigureOptions& options) {
  NVINJECT_ASSIGN_OR_RETURN(const ConfigurePlan plan, plan_configuration(options));
  NVINJECT_ASSIGN_OR_RETURN(FileChanges planned, plan_changes(plan.edits));
  // Not among the lines of a diff.
  for (const std::string& note : planned.notes) std::fprintf(stderr, "note: %s\n", note.c_str());
  if (planned.changes.empty()) {
    std::puts("nothing to change");
    return {};
  }
  for (FileChange& change : planned.changes) {
    if (options.outcome == ConfigureOutcome::kShow) {
      std::fputs(show(change).c_str(), stdout);
      continue;
    }
    NVINJECT_ASSIGN_OR_RETURN(const std::string done, carry_out(change));
    std::puts(done.c_str());
  }
  if (options.outcome == ConfigureOutcome::kShow) return {};
  if (!options.restart || plan.restart.empty()) {
    std::puts(plan.afterwards.c_str());
    return {};
  }
  NVINJECT_RETURN_IF_ERROR(restart(plan.restart));
  std::printf("systemctl %s: done\n", join(plan.restart, " ").c_str());
  return {};
}

// NRI's socket says it without asking containerd: it is there where NRI is switched on.
void print_containerd(const std::string& nri_socket) {
  struct stat facts{};
  if (::stat(nri_socket.c_str(), &facts) == 0 && S_ISSOCK(facts.st_mode)) {
    std::printf("nothing to configure: NRI is on (%s); start nvinject-nri\n", nri_socket.c_str());
    return;
  }
  std::printf(
      "containerd 2 needs nothing: NRI is on, start nvinject-nri. There is no %s now, so "
      "containerd\n"
      "is not running, or it is 1.7: then say in /etc/containerd/config.toml, and restart it\n\n%s",
      nri_socket.c_str(), std::string(containerd_nri_snippet()).c_str());
}

}  // namespace

Result<ConfigurePlan> plan_configuration(const ConfigureOptions& options) {
  switch (options.engine) {
    case Engine::kDocker:
      return plan_docker(options);
    case Engine::kPodman:
      return plan_podman(options);
    case Engine::kCrio:
      return plan_crio(options);
    case Engine::kContainerd:
      break;  // nothing of it is edited
  }
  return ConfigurePlan{};
}

int configure(const Config& config, const ConfigureOptions& options) {
  if (options.engine == Engine::kContainerd) {
    print_containerd(config.nri.socket);
    return kExitOk;
  }
  const auto done = show_or_carry_out(options);
  return done ? kExitOk : report(done.error());
}

}  // namespace nvinject::cli
