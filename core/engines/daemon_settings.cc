// SPDX-License-Identifier: Apache-2.0
#include "core/engines/daemon_settings.h"

#include "core/base/text.h"

namespace nvinject {
namespace {

Result<DaemonSettings> settings_of(const Json& document) {
  DaemonSettings settings;
  NVINJECT_ASSIGN_OR_RETURN(settings.runtimes, find_runtime_paths(document, "runtimes"));
  NVINJECT_ASSIGN_OR_RETURN(const Json* const features, find_object(document, "features", ""));
  if (features != nullptr) {
    NVINJECT_ASSIGN_OR_RETURN(settings.cdi, find_bool(*features, "cdi", "features"));
  }
  NVINJECT_ASSIGN_OR_RETURN(settings.cdi_directories, find_strings(document, "cdi-spec-dirs", ""));
  NVINJECT_ASSIGN_OR_RETURN(auto pid_file, find_string(document, "pidfile", ""));
  settings.pid_file = pid_file.value_or("");
  return settings;
}

}  // namespace

Result<RuntimePaths> find_runtime_paths(const Json& object, std::string_view key) {
  NVINJECT_ASSIGN_OR_RETURN(const Json* const runtimes, find_object(object, key, ""));
  RuntimePaths paths;
  if (runtimes == nullptr) return paths;
  for (const auto& [name, runtime] : runtimes->items()) {
    if (!runtime.is_object()) continue;
    NVINJECT_ASSIGN_OR_RETURN(auto path, find_string(runtime, "path", name));
    if (path) paths.emplace_back(name, *std::move(path));
  }
  return paths;
}

std::optional<std::string> path_of_runtime(const RuntimePaths& runtimes, std::string_view name) {
  for (const auto& [known, path] : runtimes) {
    if (known == name) return path;
  }
  return std::nullopt;
}

Result<DaemonSettings> parse_daemon_settings(std::string_view text, std::string_view file) {
  if (trim(text).empty()) return DaemonSettings();
  NVINJECT_ASSIGN_OR_RETURN(const Json document, parse_json(text, file, JsonRules::kLenient));
  if (!document.is_object()) {
    return fail(ErrorCode::kInvalidRequest,
                "read " + quote(file) + ": " + document.type_name() + " instead of an object");
  }
  auto settings = settings_of(document);
  if (!settings) return tl::unexpected(std::move(settings).error().wrap("read " + quote(file)));
  return settings;
}

}  // namespace nvinject
