// SPDX-License-Identifier: Apache-2.0
#include "core/engines/oci_hook.h"

#include "core/json/json.h"

namespace nvinject {
namespace {

constexpr int kIndentation = 2;

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

std::string oci_hook_json(const std::string& hook_path) {
  const Json hook = {{"path", hook_path},
                     {"args", Json::array({std::string(file_name(hook_path)), "prestart"})}};
  return print_json(Json{{"version", "1.0.0"},
                         {"hook", hook},
                         {"when", Json{{"always", true}}},
                         {"stages", Json::array({"prestart"})}},
                    kIndentation) +
         "\n";
}

bool is_gpu_hook(std::string_view text) {
  if (text.size() > kMaxOciHookBytes) return false;
  const auto document = parse_json(text, kOciHookFile, JsonRules::kLenient);
  if (!document) return false;
  const Json* const hook = find_member(*document, "hook");
  if (hook == nullptr) return false;
  const auto path = find_string(*hook, "path", "hook");
  if (!path || !*path) return false;
  const std::string_view name = file_name(**path);
  return name == "nvidia-container-runtime-hook" || name == "nvidia-container-toolkit";
}

}  // namespace nvinject
