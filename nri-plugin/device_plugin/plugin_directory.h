// SPDX-License-Identifier: Apache-2.0
#pragma once

// The directory in which kubelet and device plugins have their sockets. Each kubelet that starts
// empties it and makes its own socket anew: that is how a plugin learns that it has to register
// again (reference: Kubernetes, "Registration flow and re-registration").

#include <string>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace nvinject::nri {

struct DirectoryNews {
  bool kubelet_came = false;  // its socket was made
  bool ours_is_gone = false;  // the socket of this name was removed
  bool lost = false;          // the directory is gone, or events were lost: open it again
};

class PluginDirectory {
 public:
  [[nodiscard]] static Result<PluginDirectory> open(const HostPath& path);

  // Readable when something has happened.
  [[nodiscard]] int fd() const { return inotify_.get(); }
  // What has happened since the last call.
  [[nodiscard]] DirectoryNews take(const std::string& our_socket) const;

  [[nodiscard]] bool has_kubelet() const { return has("kubelet.sock"); }
  [[nodiscard]] bool has(const std::string& name) const;
  // Sockets of instances that are gone: there is only one at a time.
  void remove_leftovers() const;

 private:
  PluginDirectory(HostPath path, UniqueFd inotify)
      : path_(std::move(path)), inotify_(std::move(inotify)) {}

  HostPath path_;
  UniqueFd inotify_;
};

inline const std::string kOurSocketPrefix = "nvinject-";

}  // namespace nvinject::nri
