// SPDX-License-Identifier: Apache-2.0
#pragma once

// An OCI bundle on disk: its config.json, read and replaced as text, and its root filesystem.

#include <string>
#include <string_view>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/json/json.h"
#include "core/os/file.h"

namespace nvinject::compat {

class Bundle {
 public:
  // `directory` empty: the current one. `config_file` empty: config.json in the directory.
  [[nodiscard]] static Result<Bundle> open(const std::string& directory,
                                           const std::string& config_file);

  [[nodiscard]] const std::string& config_text() const { return config_text_; }
  [[nodiscard]] const HostPath& config_path() const { return config_path_; }

  // root.path of the spec, below the bundle when relative. kInvalidRequest when there is none.
  [[nodiscard]] Result<HostPath> root_path(const Json& spec) const;

  // Replaces config.json atomically, owner and mode kept.
  [[nodiscard]] Result<void> replace_config(std::string_view text) const;

 private:
  Bundle() = default;
  HostPath directory_;
  HostPath config_path_;
  std::string config_text_;
  FileOwner owner_;
};

}  // namespace nvinject::compat
