// SPDX-License-Identifier: Apache-2.0
#pragma once

// A machine with an NVIDIA driver, made in a temporary directory from a text manifest: driver root,
// /proc, /dev and /run in one tree. One line per entry, paths relative to the tree; '#' starts a
// comment line.
//
//   f PATH soname=NAME [class=32|64] [machine=native|NUMBER] [mode=OCTAL] [uid=N]   a shared
//   library l PATH -> TARGET                                                                a
//   symbolic link c PATH MAJOR:MINOR MODE [UID:GID]                                               a
//   device node t PATH "text"                                       a file; \n \t \\ \" \xNN inside
//   the quotes x PATH [mode=OCTAL] [uid=N]                                                     a
//   program s PATH                                                                          a unix
//   socket d PATH                                                                          a
//   directory cache SONAME => PATH [class=32|64]                           an entry of
//   etc/ld.so.cache, in order
//
// A device node is a regular file that FakeDeviceNumbers understands, so that nobody needs root.
// `uid` is left out when the tests do not run as root. A malformed manifest throws.

#include <string>
#include <string_view>

#include "core/inventory/roots.h"
#include "core/os/device_numbers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::testing {

// Reads what `c` lines wrote.
class FakeDeviceNumbers final : public DeviceNumbers {
 public:
  [[nodiscard]] std::optional<DeviceNodeFacts> of(const HostPath& path) const override;
};

class DriverRootTree {
 public:
  explicit DriverRootTree(std::string_view manifest);
  // tests/fixtures/<name>.manifest
  [[nodiscard]] static DriverRootTree from_fixture(const std::string& name);

  [[nodiscard]] const TempTree& tree() const { return tree_; }
  // The driver root at `driver_below` of the tree; /proc, /dev and /sys always at its top.
  [[nodiscard]] Roots roots(std::string_view driver_below = "") const;
  // `text` with the place of the tree replaced by "/node": the same in every run.
  [[nodiscard]] std::string without_place(std::string text) const;

 private:
  TempTree tree_;
};

// The text of tests/fixtures/<name>.
[[nodiscard]] std::string read_fixture(const std::string& name);

}  // namespace nvinject::testing
