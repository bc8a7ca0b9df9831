// SPDX-License-Identifier: Apache-2.0
#pragma once

// The one call that we make to the kubelet: that there is a device plugin, and where.

#include <memory>
#include <string>

#include "core/base/result.h"

namespace nvinject::nri {

class Registration {
 public:
  Registration();
  ~Registration();
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  // `endpoint` is the name of a socket beside the kubelet's on which the plugin is served already:
  // the kubelet connects to it before it answers, and may take ten seconds for that. kUnavailable
  // with what the kubelet says.
  [[nodiscard]] Result<void> call(const std::string& kubelet_socket, const std::string& endpoint,
                                  const std::string& resource);
  // From another thread: the call that is under way, and every later one, ends at once.
  void cancel();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nvinject::nri
