// SPDX-License-Identifier: Apache-2.0
#pragma once

// Finds out what the kubelet allocated, in a thread of its own: the kubelet may be slow, and the
// loop has other containers to answer. The loop's thread asks, and is told through a descriptor
// when there are answers.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/grant/allocation.h"
#include "nri-plugin/pod_resources/container_key.h"

namespace nvinject::nri {

// Where the kubelet tells what it allocated.
struct KubeletFiles {
  std::string pod_resources_socket;
  HostPath checkpoint;  // only read for containers that the API does not tell of
};

class AllocationKeeper {
 public:
  using Ticket = std::uint64_t;  // never 0, never used twice
  struct Answer {
    Ticket ticket = 0;
    Result<Allocation> allocation;
    std::chrono::nanoseconds took{};  // without the wait for those that asked before
  };

  [[nodiscard]] static Result<std::unique_ptr<AllocationKeeper>> start(KubeletFiles files);
  // Waits for the answer that is under way; a thread that hangs is left to the end of the process.
  ~AllocationKeeper();
  AllocationKeeper(const AllocationKeeper&) = delete;
  AllocationKeeper& operator=(const AllocationKeeper&) = delete;

  // Never waits. Every question is answered, one after the other. The caller bounds how many it has
  // open.
  [[nodiscard]] Ticket ask(ContainerKey container);

  // Readable when there are answers; take() makes it unreadable.
  [[nodiscard]] int fd() const;
  [[nodiscard]] std::vector<Answer> take();

 private:
  struct Shared;  // outlives the keeper while its thread is busy
  explicit AllocationKeeper(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
  Ticket last_ticket_ = 0;
  std::thread thread_;
};

}  // namespace nvinject::nri
