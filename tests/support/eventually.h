// SPDX-License-Identifier: Apache-2.0
#pragma once

// For what happens in another process: asked again and again, as long as it may take on a busy
// machine.

#include <chrono>
#include <thread>

namespace nvinject::testing {

template <class Condition>
[[nodiscard]] bool eventually(Condition condition,
                              std::chrono::seconds patience = std::chrono::seconds(20)) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace nvinject::testing
