// SPDX-License-Identifier: Apache-2.0
#pragma once

// Looks at the machine so that no request has to: a thread of its own, because a disk of the driver
// may be slow or never answer, and the runtime's patience is two seconds for all plugins together.
// The loop's thread asks for a look and is told through a descriptor when there is something new to
// read.

#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/inventory/roots.h"
#include "nri-plugin/inventory/snapshot.h"

namespace nvinject::nri {

enum class Look {
  kScan,   // /proc, /sys, /dev and the driver's files: about a millisecond
  kProbe,  // also what only the driver can tell: up to many seconds on a cold machine
};

class InventoryKeeper {
 public:
  [[nodiscard]] static Result<std::unique_ptr<InventoryKeeper>> start(const Roots& roots);
  // Ends the thread if it is idle. One that hangs in the kernel is left to the end of the process.
  ~InventoryKeeper();
  InventoryKeeper(const InventoryKeeper&) = delete;
  InventoryKeeper& operator=(const InventoryKeeper&) = delete;

  // Never waits. Looks that are asked for while one is running become one more.
  void ask(Look look);

  // Readable after a look has ended. take() makes it unreadable and returns the newest snapshot.
  [[nodiscard]] int fd() const;
  [[nodiscard]] SharedSnapshot take();

  // Readable when files that the last snapshot depends on have changed: ask for a look a little
  // later.
  [[nodiscard]] int changes_fd() const;
  // Reads what was reported there. Whether any of it concerns the driver.
  [[nodiscard]] bool take_changes();

  using Since = std::optional<std::chrono::steady_clock::time_point>;
  // Since when the running look is under way; nothing when none is.
  [[nodiscard]] Since busy_since() const;
  // The same for the part of it that reads the disks: nothing while only the driver is asked.
  [[nodiscard]] Since reading_since() const;

 private:
  struct Shared;  // outlives the keeper while its thread hangs
  explicit InventoryKeeper(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace nvinject::nri
