// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/host_root.h"

#include <string>

#include "core/base/text.h"

namespace nvinject::nri {
namespace {

bool is_everything(const HostPath& host_root) { return host_root.string() == "/"; }

}  // namespace

Roots roots_below(Roots roots, const HostPath& host_root) {
  if (is_everything(host_root)) return roots;
  // "/host", not "/host/": paths are compared with what the kernel says of open files.
  roots.driver = roots.driver.string() == "/" ? host_root : host_root / roots.driver.string();
  roots.dev = host_root / roots.dev.string();
  return roots;
}

Result<void> name_sources_as_host(const HostPath& host_root, Adjustment& adjustment) {
  if (is_everything(host_root)) return {};
  const std::string beginning = host_root.string() + "/";
  for (PlannedMount& mount : adjustment.mounts) {
    const std::string& seen = mount.source.string();
    if (!seen.starts_with(beginning)) {
      return fail(ErrorCode::kInternal, "mount " + quote(seen) +
                                            ": it is not below nvinject.nri.host-root " +
                                            quote(host_root.string()));
    }
    mount.source = HostPath(seen.substr(host_root.string().size()));
  }
  return {};
}

}  // namespace nvinject::nri
