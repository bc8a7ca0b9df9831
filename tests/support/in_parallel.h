// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace nvinject::testing {

// Runs work(0) … work(count - 1) on so many threads, and returns when all is done.
inline void in_parallel(std::size_t count, std::size_t threads,
                        const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> workers;
  for (std::size_t i = 0; i < std::min(count, std::max<std::size_t>(threads, 1)); i++) {
    workers.emplace_back([&] {
      for (std::size_t index = next++; index < count; index = next++) work(index);
    });
  }
}

}  // namespace nvinject::testing
