// SPDX-License-Identifier: Apache-2.0
#pragma once

// inotify(7) on the directories that an inventory was made from: a driver that is installed or
// removed, a node that appears, facts that somebody asked of the driver. procfs has no such events:
// what changes there is seen by looking now and then.

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/inventory/inventory.h"
#include "core/inventory/roots.h"

namespace nvinject::nri {

class FileWatch {
 public:
  [[nodiscard]] static Result<FileWatch> open();

  // Adds the directories of this inventory. May hang where they lie on a dead disk.
  void follow(const Roots& roots, const Inventory& inventory) const;

  [[nodiscard]] int fd() const { return inotify_.get(); }
  // Reads all events that wait. Whether one is about a file of a driver.
  [[nodiscard]] bool take() const;

 private:
  explicit FileWatch(UniqueFd inotify) : inotify_(std::move(inotify)) {}
  UniqueFd inotify_;
};

}  // namespace nvinject::nri
