// SPDX-License-Identifier: Apache-2.0
#include "compat/runtime/low_level_runtime.h"

#include <fcntl.h>

#include <optional>

#include "core/base/text.h"
#include "core/os/file.h"
#include "core/os/program.h"

namespace nvinject::compat {
namespace {

// Behind those of $PATH: whoever starts the shim may have set none.
constexpr std::string_view kUsualDirectories =
    ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::optional<HostPath> find_candidate(const std::string& candidate, std::string_view search_path) {
  if (candidate.find('/') == std::string::npos) {
    return find_program(candidate, std::string(search_path).append(kUsualDirectories));
  }
  HostPath place(candidate);
  if (is_program(place) && !is_this_program(place)) return place;
  return std::nullopt;
}

}  // namespace

Result<HostPath> find_low_level_runtime(const std::vector<std::string>& candidates,
                                        std::string_view search_path) {
  for (const std::string& candidate : candidates) {
    if (candidate.empty()) continue;
    if (auto place = find_candidate(candidate, search_path)) return *std::move(place);
  }
  return fail(ErrorCode::kNotFound,
              "find low-level runtime " + quote(join(candidates, ",")) +
                  ": none is an executable file in PATH or the usual directories (config key "
                  "nvidia-container-runtime.runtimes)");
}

Result<HostPath> find_prestart_hook(const std::string& name) {
  NVINJECT_ASSIGN_OR_RETURN(const UniqueFd self, open_file(HostPath("/proc/self/exe"), O_PATH));
  NVINJECT_ASSIGN_OR_RETURN(const HostPath program, path_of_fd(self.get(), "/proc/self/exe"));
  const auto place = find_candidate(name, program.parent().string());
  if (place && place->string().starts_with('/')) return *place;
  return fail(ErrorCode::kNotFound,
              "find prestart hook " + quote(name) +
                  ": mode 'legacy' needs it, beside nvidia-container-runtime or in the usual "
                  "directories (config key nvidia-container-runtime-hook.path)");
}

}  // namespace nvinject::compat
