// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connection to the runtime and NRI's order of calls on it:
//
//   plugin                                runtime
//     RegisterPlugin  ─────────────────────►
//     ◄───────────────────── its answer │ Configure     in either order
//     events  ─────────────────────────────►
//     ◄───────────────────── Synchronize (several, the last with more = false)
//     ◄───────────────────── CreateContainer, StopContainer, RemoveContainer, …
//
// What a call means is the plugin's affair. Here is who may wait, and for how long.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "nri-plugin/container/plugin.h"
#include "nri-plugin/inventory/keeper.h"
#include "nri-plugin/pod_resources/allocation_keeper.h"
#include "nri-plugin/session/sync_collector.h"
#include "nri-plugin/wire/connection.h"

namespace nvinject::nri {

struct PluginName {
  std::string name;
  std::string index;  // two digits
};

class Session final : private Connection::Peer {
 public:
  Session(UniqueFd socket, Plugin& plugin, InventoryKeeper& keeper, AllocationKeeper& allocations);

  // Sends RegisterPlugin.
  [[nodiscard]] Result<void> start(const PluginName& name);

  [[nodiscard]] int fd() const { return connection_.fd(); }
  [[nodiscard]] short events() const { return connection_.events(); }
  // When on_ready(0) is due if nothing else happens; max(): never.
  [[nodiscard]] Clock::time_point deadline() const;
  // Any error: the session is over.
  [[nodiscard]] Result<void> on_ready(short revents);
  // There is a newer snapshot: calls that waited for one are answered.
  [[nodiscard]] Result<void> on_snapshot();
  // The kubelet's answers, some maybe to the questions of an earlier session.
  [[nodiscard]] Result<void> on_allocations(std::vector<AllocationKeeper::Answer> answers);
  // The last answers: what has come is answered, and what would have to wait is refused.
  void end();

  [[nodiscard]] bool registered() const { return registered_ && configured_; }
  [[nodiscard]] bool synchronised() const { return registered() && synchronised_; }

 private:
  // A CreateContainer whose answer waits for the inventory, or for the kubelet.
  struct WaitingCall {
    std::uint32_t stream = 0;
    std::string payload;
    Missing missing = Missing::kNothing;
    Clock::time_point asked_at;
    Clock::time_point deadline;
    AllocationKeeper::Ticket ticket = 0;           // of what the kubelet was asked; 0: nothing
    std::optional<Result<Allocation>> allocation;  // what it said
    bool answered = false;  // audit: nobody waits, and what is found out is still recorded
  };
  struct Method {
    std::string_view name;
    Result<void> (Session::*serve)(const Connection::IncomingCall& call);
  };
  static const Method kMethods[];

  Result<void> on_call(const Connection::IncomingCall& call) override;
  Result<void> on_answer(std::uint32_t stream, const Answer& answer) override;

  Result<void> configure(const Connection::IncomingCall& call);
  Result<void> synchronize(const Connection::IncomingCall& call);
  Result<void> create_container(const Connection::IncomingCall& call);
  Result<void> container_event(const Connection::IncomingCall& call);
  Result<void> state_change(const Connection::IncomingCall& call);
  Result<void> acknowledge(const Connection::IncomingCall& call);

  Result<void> wait_for(const Connection::IncomingCall& call, Creation creation,
                        Clock::time_point asked_at);
  void audit_later(const Connection::IncomingCall& call, Creation creation,
                   Clock::time_point asked_at);
  void ask_for(WaitingCall& waiting, const ContainerIdentity& who);
  Result<void> ask_again(WaitingCall waiting);
  void ask_what_is_unclear();
  Result<void> give_answer(std::uint32_t stream, const CreateAnswer& answer);
  Result<void> give_up(const WaitingCall& waiting);
  Result<void> give_up_late_calls();
  [[nodiscard]] bool inventory_hangs() const;
  [[nodiscard]] bool disk_hangs() const;

  Connection connection_;
  Plugin& plugin_;
  InventoryKeeper& keeper_;
  AllocationKeeper& allocations_;
  SyncCollector collector_;
  std::vector<WaitingCall> waiting_;
  // A container that is there already, of which the kubelet is asked, and by which ticket.
  std::optional<Question> unclear_;
  AllocationKeeper::Ticket unclear_ticket_ = 0;
  // When the look began that a call was given up for: no other waits for the same one.
  std::optional<Clock::time_point> waited_in_vain_for_;
  std::uint32_t registration_ = 0;  // the stream of RegisterPlugin
  bool registered_ = false;
  bool configured_ = false;
  bool synchronised_ = false;
};

}  // namespace nvinject::nri
