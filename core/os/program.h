// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finding a program by its name, as a shell does it and without its traps: an empty or relative
// element of a search path would mean a file of whoever's directory we happen to be in.

#include <optional>
#include <string_view>

#include "core/base/path.h"

namespace nvinject {

// A regular file that this process may execute; links are followed.
[[nodiscard]] bool is_program(const HostPath& path);

// Whether it is the file that this process runs, under whatever name.
[[nodiscard]] bool is_this_program(const HostPath& path);

// The first program called `name` in the directories of `search_path` ($PATH, with ':'), never this
// one. Of these only absolute ones count. `name` is one component.
[[nodiscard]] std::optional<HostPath> find_program(std::string_view name,
                                                   std::string_view search_path);

// The program called `name` in the directory of this one, where what is installed together lies.
[[nodiscard]] std::optional<HostPath> find_beside_this_program(std::string_view name);

}  // namespace nvinject
