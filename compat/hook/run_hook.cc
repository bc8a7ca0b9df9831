// SPDX-License-Identifier: Apache-2.0
#include "compat/hook/run_hook.h"

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "compat/bundle/bundle.h"
#include "compat/bundle/oci_state.h"
#include "compat/hook/hook_argv.h"
#include "compat/hook/mounted_libraries.h"
#include "core/apply/in_root.h"
#include "core/image/read_cuda_compat.h"
#include "core/image/read_image_facts.h"
#include "core/json/json.h"
#include "core/os/container_root.h"
#include "core/os/file.h"
#include "core/plan/cuda_compat.h"

namespace nvinject::compat {
namespace {

constexpr const char* kLdCachePath = "/etc/ld.so.cache";

Decisions skipped(std::string reason) { return {{kLdCachePath, "skipped", std::move(reason)}}; }

// In a container with user IDs of its own runc runs us as that container's root, who may be nobody
// to the bundle. And a kernel without openat2 is nobody's mistake.
bool is_circumstance(const Error& error) {
  return error.code == ErrorCode::kUnsupported || error.os_errno == EACCES ||
         error.os_errno == EPERM;
}

// The root is taken from the spec, never from the working directory or from a process: runtimes
// differ in both, and what a container could have a hand in is not asked.
Result<Decisions> merge_ld_cache_of(const HostPath& directory, const HookCommand& command) {
  NVINJECT_ASSIGN_OR_RETURN(const Bundle bundle, Bundle::open(directory.string(), ""));
  // Only looked at: whoever writes it is the runtime's business.
  NVINJECT_ASSIGN_OR_RETURN(
      const Json spec,
      parse_json(bundle.config_text(), bundle.config_path().string(), JsonRules::kLenient));
  NVINJECT_ASSIGN_OR_RETURN(const HostPath root_path, bundle.root_path(spec));
  NVINJECT_ASSIGN_OR_RETURN(const auto destinations, find_mounts(spec, command.libraries));
  if (destinations.empty()) return skipped("no library of the driver is mounted");
  NVINJECT_ASSIGN_OR_RETURN(const ContainerRoot root, ContainerRoot::open(root_path));
  NVINJECT_ASSIGN_OR_RETURN(const ImageFacts image, read_image_facts(root));
  if (!image.has_ld_cache) return skipped("the image has none, or none that is a regular file");
  MergeLdCache step{.entries = make_cache_entries(destinations, image, root)};
  if (step.entries.empty()) {
    return skipped("no library of the driver is where the image's loader searches (" + image.libc +
                   ")");
  }
  Decisions decisions;
  const std::string& driver = command.cuda_compat_driver;
  if (const auto compat = driver.empty() ? std::nullopt : read_cuda_compat(root)) {
    decisions.push_back(prefer_cuda_compat(*compat, {.driver = driver, .cuda = std::nullopt},
                                           CudaCompatMode::kHook, &step));
  }
  const Decisions applied = apply_in_root(root, {std::move(step)});
  decisions.insert(decisions.end(), applied.begin(), applied.end());
  return decisions;
}

}  // namespace

Result<Decisions> run_hook(const std::vector<std::string_view>& args, int state_fd) {
  NVINJECT_ASSIGN_OR_RETURN(const HookCommand command, parse_hook_argv(args));
  NVINJECT_ASSIGN_OR_RETURN(const std::string state,
                            read_stream(state_fd, "standard input", kMaxStateBytes));
  NVINJECT_ASSIGN_OR_RETURN(const ContainerState container, parse_container_state(state));
  auto done = merge_ld_cache_of(container.bundle, command);
  if (!done && is_circumstance(done.error())) return skipped(done.error().message);
  return done;
}

}  // namespace nvinject::compat
