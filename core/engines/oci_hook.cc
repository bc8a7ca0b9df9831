// SPDX-License-Identifier: Apache-2.0
#include "core/engines/oci_hook.h"

#include <utility>

#include "core/base/text.h"
#include "core/engines/json_document.h"

namespace nvinject {
namespace {

constexpr int kIndentation = 2;

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// Options of the classic hook are ours, too, and stay.
Json arguments_of(const Json& hook, const std::string& hook_path) {
  Json args = Json::array({std::string(file_name(hook_path)), "prestart"});
  const auto before = find_strings(hook, "args", "hook");
  if (!before || before->size() < 2) return args;
  for (std::size_t i = 1; i < before->size(); ++i) args[i] = (*before)[i];
  return args;
}

}  // namespace

std::string oci_hook_json(const std::string& hook_path) {
  const Json hook = {{"path", hook_path}, {"args", arguments_of(Json::object(), hook_path)}};
  return print_json(Json{{"version", "1.0.0"},
                         {"hook", hook},
                         {"when", Json{{"always", true}}},
                         {"stages", Json::array({"prestart"})}},
                    kIndentation) +
         "\n";
}

std::string program_of_gpu_hook(std::string_view text) {
  const auto document = parse_document(text, kOciHookFile, kMaxOciHookBytes);
  if (!document) return {};
  const Json* const hook = find_member(*document, "hook");
  if (hook == nullptr) return {};
  auto path = find_string(*hook, "path", "hook");
  if (!path || !*path) return {};
  const std::string_view name = file_name(**path);
  const bool is_gpu_hook =
      name == "nvidia-container-runtime-hook" || name == "nvidia-container-toolkit";
  return is_gpu_hook ? **std::move(path) : std::string();
}

Result<std::string> set_oci_hook(std::string_view text, std::string_view file,
                                 const std::string& hook_path) {
  NVINJECT_ASSIGN_OR_RETURN(const Json before, parse_document(text, file, kMaxOciHookBytes));
  if (program_of_gpu_hook(text).empty()) {
    return fail(
        ErrorCode::kInvalidRequest,
        "edit " + quote(file) + ": it runs something else than nvidia-container-runtime-hook");
  }
  Json document = before;
  Json& hook = document["hook"];
  hook["path"] = hook_path;
  hook["args"] = arguments_of(hook, hook_path);
  if (document == before) return std::string(text);
  return print_document(document, text);
}

HookRemoval removal_of_oci_hook(std::string_view text, const std::optional<std::string>& kept) {
  const std::string program = program_of_gpu_hook(text);
  if (program.empty()) return HookRemoval::kLeave;
  if (text == oci_hook_json(program)) return HookRemoval::kDelete;
  if (!kept || *kept == text) return HookRemoval::kLeave;
  const auto changed = set_oci_hook(*kept, kOciHookFile, program);
  return changed && *changed == text ? HookRemoval::kRestore : HookRemoval::kLeave;
}

}  // namespace nvinject
