// SPDX-License-Identifier: Apache-2.0
#pragma once

// Descriptors that are closed together, by one close_range(2) for all whose numbers follow each
// other: a container gets dozens of mounts, and each is two descriptors.

#include <span>
#include <vector>

#include "core/base/unique_fd.h"

namespace nvinject {

class FdCollection {
 public:
  FdCollection() = default;
  FdCollection(FdCollection&&) noexcept = default;
  FdCollection& operator=(FdCollection&&) = delete;
  FdCollection(const FdCollection&) = delete;
  FdCollection& operator=(const FdCollection&) = delete;
  ~FdCollection() { close_all(); }

  void add(UniqueFd fd) { fds_.push_back(std::move(fd)); }
  [[nodiscard]] std::span<const UniqueFd> all() const { return fds_; }  // in the order added
  void close_all() noexcept;

 private:
  std::vector<UniqueFd> fds_;
};

}  // namespace nvinject
