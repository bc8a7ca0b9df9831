// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/cdi/find_devices.h"
#include "core/cdi/parse_spec.h"
#include "core/cdi/print_spec.h"
#include "core/cdi/registry.h"
#include "core/cdi/version.h"
#include "core/cli/cdi_check.h"
#include "core/cli/cdi_document.h"
#include "core/cli/cdi_names.h"
#include "core/cli/commands.h"
#include "core/os/config_file.h"
#include "core/os/file.h"
#include "core/os/program.h"

namespace nvinject::cli {
namespace {

constexpr const char* kHookProgram = "nvinject-hook";
constexpr const char* kStandardOutput = "-";

void say(const char* kind, const Decisions& decisions) {
  for (const Decision& decision : decisions) {
    std::fprintf(stderr, "nvinject: %s: %s: %s: %s\n", kind,
                 without_control_characters(decision.subject).c_str(), decision.choice.c_str(),
                 without_control_characters(decision.reason).c_str());
  }
}

void warn(const Decisions& decisions) { say("warning", decisions); }

// Empty: none, and where nobody asked for that, a warning.
Result<std::string> choose_hook(const Config& config, const CdiOptions& options) {
  if (options.no_hook || config.policy.ld_cache == LdCachePolicy::kOff) return std::string();
  if (!options.hook_path.empty()) {
    if (options.hook_path.front() != '/' || !is_program(HostPath(options.hook_path))) {
      return fail(ErrorCode::kNotFound,
                  "use hook " + quote(options.hook_path) + ": not the absolute path of a program");
    }
    return options.hook_path;
  }
  const auto beside = find_beside_this_program(kHookProgram);
  const HostPath hook = beside ? *beside : HostPath("/usr/bin") / kHookProgram;
  if (is_program(hook)) return hook.string();
  warn({{kHookProgram, "not called",
         "it is neither beside nvinject nor in /usr/bin: images keep their ld.so.cache"}});
  return std::string();
}

Result<CdiFormat> choose_format(const CdiOptions& options) {
  if (options.format.empty()) return cdi_format_of(options.output_file);
  if (options.format == "json") return CdiFormat::kJson;
  if (options.format == "yaml") return CdiFormat::kYaml;
  return fail(ErrorCode::kInvalidRequest,
              "print format " + quote(options.format) + ": json and yaml are known");
}

// A reader goes by the name, and would be lost.
Result<void> check_file_name(const std::string& path, CdiFormat format) {
  const bool json = path.ends_with(".json");
  const bool yaml = path.ends_with(".yaml") || path.ends_with(".yml");
  if (format == CdiFormat::kJson ? json : yaml) return {};
  return fail(ErrorCode::kInvalidRequest,
              "write " + quote(path) + ": readers of CDI take files whose name ends in " +
                  (format == CdiFormat::kJson ? ".json" : ".yaml or .yml"));
}

Result<std::string> write_document(const std::string& path, const std::string& text) {
  NVINJECT_ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::open(HostPath(path), kMaxCdiSpecBytes));
  if (file.text() == text) return "unchanged " + path;
  NVINJECT_RETURN_IF_ERROR(file.replace(text, Backup::kNone));
  return "wrote " + path;
}

std::string describe(const CdiDocument& document) {
  std::string text = std::to_string(document.gpus) + " GPUs";
  if (document.mig_devices == 0) return text;
  return text + ", " + std::to_string(document.mig_devices) + " MIG devices";
}

Result<void> generate(const Config& config, const CdiOptions& options) {
  NVINJECT_ASSIGN_OR_RETURN(const CdiFormat format, choose_format(options));
  const bool to_file = options.output_file != kStandardOutput;
  if (to_file) NVINJECT_RETURN_IF_ERROR(check_file_name(options.output_file, format));
  NVINJECT_ASSIGN_OR_RETURN(CdiNamings namings, parse_cdi_namings(options.name_strategies));
  NVINJECT_ASSIGN_OR_RETURN(std::string hook, choose_hook(config, options));
  Decisions notes;
  NVINJECT_ASSIGN_OR_RETURN(const Inventory inventory,
                            look_for_cdi(config, MayPrepare::kYes, notes));
  const auto document = make_cdi_document(
      inventory, config, {.hook_program = std::move(hook), .namings = std::move(namings)});
  warn(notes);
  if (!document) return tl::unexpected(document.error());
  warn(document->decisions);
  say("note", document->limits);
  const std::string text = print_cdi_spec(document->spec, format);
  if (!to_file) {
    std::fputs(text.c_str(), stdout);
    return {};
  }
  NVINJECT_ASSIGN_OR_RETURN(const std::string done, write_document(options.output_file, text));
  std::printf("%s (%s, CDI %s)\n", done.c_str(), describe(*document).c_str(),
              std::string(minimum_cdi_version(document->spec)).c_str());
  return {};
}

Result<void> check(const Config& config, const CdiOptions& options) {
  const std::string& path = options.output_file;
  Decisions notes;
  NVINJECT_ASSIGN_OR_RETURN(const Inventory inventory,
                            look_for_cdi(config, MayPrepare::kNo, notes));
  warn(notes);
  NVINJECT_ASSIGN_OR_RETURN(const std::vector<std::string> differences,
                            check_cdi_file(path, inventory, config));
  if (differences.empty()) {
    std::printf("%s matches this machine\n", path.c_str());
    return {};
  }
  for (const std::string& difference : differences) std::printf("%s\n", difference.c_str());
  return fail(ErrorCode::kUnavailable,
              path + " does not match this machine: 'nvinject cdi generate' writes it anew");
}

int as_status(const Result<void>& done) { return done ? kExitOk : report(done.error()); }

}  // namespace

int cdi_generate(const Config& config, const CdiOptions& options) {
  return as_status(generate(config, options));
}

int cdi_check(const Config& config, const CdiOptions& options) {
  return as_status(check(config, options));
}

int cdi_list(const Config& config, const CdiOptions& options) {
  const CdiRegistry registry = read_cdi_files(
      options.directories.empty() ? config.runtime.cdi.directories : options.directories);
  warn(registry.problems);
  for (const std::string& name : cdi_device_names(registry)) std::printf("%s\n", name.c_str());
  return kExitOk;
}

}  // namespace nvinject::cli
