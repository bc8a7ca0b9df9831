// SPDX-License-Identifier: Apache-2.0
#include "core/render/classic_hook.h"

#include <algorithm>
#include <string_view>

#include "core/render/spec_member.h"

namespace nvinject {
namespace {

bool is_classic_hook(const Json& hook) {
  const Json* const path = find_member(hook, "path");
  if (path == nullptr || !path->is_string()) return false;
  const std::string& text = path->get_ref<const std::string&>();
  const std::string_view name = std::string_view(text).substr(text.rfind('/') + 1);
  return name == "nvidia-container-runtime-hook" || name == "nvidia-container-toolkit";
}

}  // namespace

void remove_classic_hooks(Json& spec) {
  const auto hooks = spec.find("hooks");
  if (hooks == spec.end() || !hooks->is_object()) return;
  const auto prestart = hooks->find("prestart");
  if (prestart == hooks->end() || !prestart->is_array()) return;
  erase_elements(*prestart, is_classic_hook);
}

Result<Json> add_classic_hook(Json spec, const std::string& path,
                              const std::vector<std::string>& env) {
  NVINJECT_ASSIGN_OR_RETURN(Json* const hooks, object_in(spec, "hooks", "hooks"));
  NVINJECT_ASSIGN_OR_RETURN(Json* const prestart, array_in(*hooks, "prestart", "hooks.prestart"));
  if (std::any_of(prestart->begin(), prestart->end(), is_classic_hook)) return spec;
  const std::string name = path.substr(path.rfind('/') + 1);
  prestart->push_back(Json{{"path", path}, {"args", {name, "prestart"}}, {"env", env}});
  return spec;
}

}  // namespace nvinject
