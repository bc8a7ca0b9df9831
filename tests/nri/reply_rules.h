// SPDX-License-Identifier: Apache-2.0
#pragma once

// What holds for every answer to CreateContainer, whatever was asked (reference: NRI, facts 1, 3, 8
// and pitfalls 8 to 11): for tests and fuzzing alike.

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "proto/nri.pb.h"

namespace nvinject::testing {

class ReplyRules {
 public:
  ReplyRules(const nri::api::CreateContainerResponse& reply,
             const nri::api::CreateContainerRequest& request)
      : adjust_(reply.adjust()), container_(request.container()) {
    check_devices();
    check_mounts();
    check_env();
  }
  [[nodiscard]] std::vector<std::string> problems() const { return problems_; }

 private:
  void require(bool holds, const std::string& otherwise) {
    if (!holds) problems_.push_back(otherwise);
  }
  // A conflict of the plugin with itself fails the container.
  void require_new(std::set<std::string>& seen, const std::string& what) {
    require(seen.insert(what).second, what + " is there twice");
  }

  static bool is_clean(std::string_view path) {
    const bool has_dots = path.find("/./") != std::string_view::npos ||
                          path.find("/../") != std::string_view::npos || path.ends_with("/.") ||
                          path.ends_with("/..");
    return path.starts_with('/') && !path.ends_with('/') &&
           path.find("//") == std::string_view::npos && !has_dots;
  }

  void check_devices() {
    std::set<std::string> seen;
    for (const auto& device : adjust_.linux().devices()) {
      const std::string& path = device.path();
      require_new(seen, path);
      require(is_clean(path), path + " is not clean");
      require(device.has_file_mode() && device.has_uid() && device.has_gid(),
              path + " lacks its mode or owner");
      for (const auto& had : container_.linux().devices()) {
        require(
            had.path() != path || had.major() != device.major() || had.minor() != device.minor(),
            path + " is in the container already");
      }
    }
  }

  void check_mounts() {
    std::set<std::string> seen;
    for (const auto& mount : adjust_.mounts()) {
      const std::string& place = mount.destination();
      const auto& options = mount.options();
      require_new(seen, place);
      if (place.starts_with('-')) {
        require(place == "-/proc/nvinject-gate", place + " is taken away, and not ours");
        continue;
      }
      require(is_clean(place), place + " is not clean");
      require(std::find(options.begin(), options.end(), "rprivate") != options.end(),
              place + " does not say rprivate");
      for (const auto& had : container_.mounts()) {
        require(had.destination() != place, place + " is in the container already");
      }
    }
  }

  void check_env() {
    std::set<std::string> seen;
    for (const auto& env : adjust_.env()) {
      require_new(seen, env.key());
      const bool is_list = env.key() == "LD_LIBRARY_PATH" || env.key() == "PATH";
      require(!is_list || (":" + env.value() + ":").find("::") == std::string::npos,
              env.key() + " has an empty element");
    }
  }

  const nri::api::ContainerAdjustment& adjust_;
  const nri::api::Container& container_;
  std::vector<std::string> problems_;
};

// Which rules the reply breaks.
inline std::vector<std::string> problems_of(const nri::api::CreateContainerResponse& reply,
                                            const nri::api::CreateContainerRequest& request) {
  return ReplyRules(reply, request).problems();
}

}  // namespace nvinject::testing
