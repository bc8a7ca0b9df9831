// SPDX-License-Identifier: Apache-2.0
#include "core/engines/runtime_configs.h"

#include "core/json/json.h"

namespace nvinject {
namespace {

constexpr std::string_view kFirstLine = "# Written by nvinject configure crio.\n";

// A basic string of TOML escapes as JSON does.
std::string toml_string(const std::string& text) { return print_json(Json(text)); }

}  // namespace

std::string crio_drop_in(const std::string& name, const std::string& path,
                         DefaultRuntime default_runtime) {
  std::string text(kFirstLine);
  if (default_runtime == DefaultRuntime::kOurs) {
    text.append("[crio.runtime]\ndefault_runtime = ").append(toml_string(name)).append("\n\n");
  }
  return text.append("[crio.runtime.runtimes.")
      .append(toml_string(name))
      .append("]\nruntime_path = ")
      .append(toml_string(path))
      .append("\nruntime_type = \"oci\"\n");
}

bool is_crio_drop_in(std::string_view text) { return text.starts_with(kFirstLine); }

std::string_view containerd_nri_snippet() {
  return "[plugins.\"io.containerd.nri.v1.nri\"]\n  disable = false\n";
}

}  // namespace nvinject
