// SPDX-License-Identifier: Apache-2.0
#pragma once

// The plugin's side of one connection, in a thread of its own, with a machine that is made by hand:
// nobody looks at a real one, snapshots come when the test gives them.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/unique_fd.h"
#include "core/config/config.h"
#include "nri-plugin/container/plugin.h"
#include "nri-plugin/inventory/keeper.h"
#include "nri-plugin/loop/event_loop.h"
#include "nri-plugin/pod_resources/allocation_keeper.h"
#include "nri-plugin/session/session.h"

namespace nvinject::testing {

class ServedSession {
 public:
  ServedSession(Config config, UniqueFd socket);
  // Ends the session as the daemon does when it is told to end.
  ~ServedSession();
  ServedSession(const ServedSession&) = delete;
  ServedSession& operator=(const ServedSession&) = delete;

  void give_snapshot(nri::Snapshot snapshot);
  void end();
  [[nodiscard]] StatusReport report();
  [[nodiscard]] bool registered();
  [[nodiscard]] bool synchronised();
  // When the session wants to be called without anything having happened.
  [[nodiscard]] bool has_deadline();
  [[nodiscard]] std::string metrics();
  // Why the session is over; nothing when it is not at the end of `patience`.
  [[nodiscard]] std::optional<Error> ends(std::chrono::milliseconds patience);

 private:
  void in_loop(std::function<void()> job);
  void run_jobs();
  void after_work(const Result<void>& worked);

  const Config config_;
  nri::Metrics metrics_;
  nri::Plugin plugin_;
  std::unique_ptr<nri::InventoryKeeper> keeper_;
  std::unique_ptr<nri::AllocationKeeper> allocations_;
  nri::EventLoop loop_;
  std::optional<nri::Session> session_;
  nri::EventLoop::TimerId timer_ = 0;
  std::uint64_t generation_ = 0;
  UniqueFd wake_;  // eventfd(2)

  std::mutex mutex_;  // of the rest
  std::condition_variable changed_;
  std::vector<std::function<void()>> jobs_;
  std::optional<Error> ended_;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace nvinject::testing
