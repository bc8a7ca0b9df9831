// SPDX-License-Identifier: Apache-2.0
#pragma once

// Writing to /dev. The directory must be one that only root can write to: owner and mode are set by
// name. Whatever has the name already is replaced in one step (rename(2)), a directory excepted;
// nobody ever sees a node that is half made.

#include <string>

#include "core/base/device_number.h"
#include "core/base/result.h"

namespace nvinject {

// `name` is one component. The mode is what is asked for, whatever the umask.
[[nodiscard]] Result<void> make_character_device(int directory_fd, const std::string& name,
                                                 const DeviceNodeFacts& node);

[[nodiscard]] Result<void> make_symbolic_link(int directory_fd, const std::string& name,
                                              const std::string& target);

}  // namespace nvinject
