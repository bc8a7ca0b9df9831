// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/session/session.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "nri-plugin/status/log.h"
#include "proto/nri.pb.h"

namespace nvinject::nri {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::string_view kPluginService = "nri.pkg.api.v1alpha1.Plugin";
constexpr std::string_view kRuntimeService = "nri.pkg.api.v1alpha1.Runtime";
// Ours is of the protocol that NRI 0.12 speaks; runtimes only log it.
constexpr std::string_view kNriVersion = "v0.12.2";

constexpr int mask_of(api::Event event) { return 1 << (event - 1); }
// Never 0, which means all; only bits that the oldest runtimes know.
constexpr int kEvents =
    mask_of(api::CREATE_CONTAINER) | mask_of(api::STOP_CONTAINER) | mask_of(api::REMOVE_CONTAINER);

// More than any runtime has in flight: it sends one creation at a time.
constexpr std::size_t kMaxWaitingCalls = 64;
// Of one of them: a Go peer sends no more than four times this.
constexpr std::size_t kMaxWaitingBytes = 1U << 20U;
// A look that takes this long may never end: calls no longer wait for it.
constexpr seconds kHangs{2};
// However patient a runtime says it is.
constexpr seconds kMaxPatience{30};

Look look_for(Missing missing) { return missing == Missing::kProbe ? Look::kProbe : Look::kScan; }

bool is_long_ago(const InventoryKeeper::Since& since) {
  return since && Clock::now() - *since > kHangs;
}

ContainerKey key_of(const ContainerIdentity& who) {
  return {
      .name_space = who.name_space, .pod = who.pod, .pod_uid = who.pod_uid, .container = who.name};
}

template <class Message>
bool parse(std::string_view payload, Message& message) {
  return message.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
}

}  // namespace

const Session::Method Session::kMethods[] = {
    {"Configure", &Session::configure},
    {"Synchronize", &Session::synchronize},
    {"CreateContainer", &Session::create_container},
    {"StopContainer", &Session::container_event},
    // Since NRI 0.12 in place of StateChange.
    {"RemoveContainer", &Session::container_event},
    {"StateChange", &Session::state_change},
    {"Shutdown", &Session::acknowledge},
};

Session::Session(UniqueFd socket, Plugin& plugin, InventoryKeeper& keeper,
                 AllocationKeeper& allocations)
    : connection_(std::move(socket)),
      plugin_(plugin),
      keeper_(keeper),
      allocations_(allocations),
      collector_(plugin.config().accept) {}

Result<void> Session::start(const PluginName& name) {
  api::RegisterPluginRequest request;
  request.set_plugin_name(name.name);
  request.set_plugin_idx(name.index);
  request.set_nri_version(std::string(kNriVersion));
  // No timeout: on a busy node the answer may take as long as somebody's grace period.
  NVINJECT_ASSIGN_OR_RETURN(registration_,
                            connection_.call(kRuntimeService, "RegisterPlugin",
                                             request.SerializeAsString(), nanoseconds(0)));
  return {};
}

Clock::time_point Session::deadline() const {
  Clock::time_point first = connection_.deadline();
  for (const WaitingCall& waiting : waiting_) first = std::min(first, waiting.deadline);
  return first;
}

Result<void> Session::on_ready(short revents) {
  NVINJECT_RETURN_IF_ERROR(connection_.on_ready(revents, *this));
  return give_up_late_calls();
}

Result<void> Session::on_call(const Connection::IncomingCall& call) {
  if (call.call.service != kPluginService) {
    return connection_.refuse(call.stream, StatusCode::kUnimplemented,
                              "service " + escape(call.call.service));
  }
  const auto* const method =
      std::find_if(std::begin(kMethods), std::end(kMethods),
                   [&](const Method& row) { return row.name == call.call.method; });
  if (method == std::end(kMethods)) {
    return connection_.refuse(call.stream, StatusCode::kUnimplemented,
                              "method " + escape(call.call.method));
  }
  return (this->*method->serve)(call);
}

Result<void> Session::on_answer(std::uint32_t stream, const Answer& answer) {
  if (stream != registration_) return {};
  // The runtime leaves the socket open: closing it is ours.
  if (answer.code != StatusCode::kOk) {
    return fail(ErrorCode::kUnavailable,
                "register with the runtime: refused: " + quote(answer.message));
  }
  registered_ = true;
  return {};
}

Result<void> Session::configure(const Connection::IncomingCall& call) {
  api::ConfigureRequest request;
  if (!parse(call.call.payload, request)) {
    return connection_.refuse(call.stream, StatusCode::kInvalidArgument,
                              "read ConfigureRequest: not a protobuf message");
  }
  RuntimeInfo runtime{.name = request.runtime_name(),
                      .version_text = request.runtime_version(),
                      .version = parse_runtime_version(request.runtime_version())};
  if (request.request_timeout() > 0) {
    runtime.request_timeout = std::min<nanoseconds>(
        kMaxPatience,
        std::chrono::milliseconds(std::min<std::int64_t>(request.request_timeout(), 1'000'000)));
  }
  if (!request.config().empty()) {
    log_event(LogLevel::kWarning,
              "the runtime's drop-in configuration is not read: see config.toml", {});
  }
  plugin_.set_runtime(std::move(runtime));
  configured_ = true;
  api::ConfigureResponse response;
  response.set_events(kEvents);
  return connection_.answer(call.stream, response.SerializeAsString());
}

Result<void> Session::synchronize(const Connection::IncomingCall& call) {
  const auto more = collector_.add(call.call.payload);
  if (!more) {
    return connection_.refuse(call.stream, StatusCode::kInvalidArgument, more.error().message);
  }
  if (!*more) {
    plugin_.synchronise(collector_.take());
    synchronised_ = true;
    ask_what_is_unclear();
  }
  api::SynchronizeResponse response;
  response.set_more(*more);
  return connection_.answer(call.stream, response.SerializeAsString());
}

Result<void> Session::create_container(const Connection::IncomingCall& call) {
  const Clock::time_point now = Clock::now();
  Creation creation = plugin_.create_container(call.call.payload, now);
  if (std::holds_alternative<Missing>(creation.answer)) {
    return wait_for(call, std::move(creation), now);
  }
  // What we know of the driver is as good as ever, but the runtime would mount it, and never end.
  if (creation.verdict.outcome == ContainerOutcome::kServed && disk_hangs()) {
    return give_up({.stream = call.stream,
                    .payload = std::string(call.call.payload),
                    .missing = Missing::kFreshSnapshot,
                    .asked_at = now,
                    .deadline = now});
  }
  auto given = give_answer(call.stream, creation.answer);
  // In audit mode the answer waits for nothing.
  if (creation.verdict.missing == Missing::kAllocation) {
    audit_later(call, std::move(creation), now);
    return given;
  }
  // The next container may know more.
  if (creation.verdict.missing != Missing::kNothing) {
    keeper_.ask(look_for(creation.verdict.missing));
  }
  plugin_.record(std::move(creation), now);
  return given;
}

// Four fifths of the runtime's patience: an answer that comes too late is none, and the container
// would start without its GPU.
Result<void> Session::wait_for(const Connection::IncomingCall& call, Creation creation,
                               Clock::time_point asked_at) {
  const nanoseconds patience = std::clamp<nanoseconds>(
      call.call.timeout.value_or(plugin_.runtime().request_timeout), nanoseconds(0), kMaxPatience);
  WaitingCall waiting{.stream = call.stream,
                      .payload = std::string(call.call.payload),
                      .missing = std::get<Missing>(creation.answer),
                      .asked_at = asked_at,
                      .deadline = asked_at + patience * 4 / 5};
  const bool in_vain = waiting.missing != Missing::kAllocation && inventory_hangs();
  // The runtime calls no other plugin and creates no other container while we wait.
  if (in_vain || waiting_.size() >= kMaxWaitingCalls || waiting.payload.size() > kMaxWaitingBytes) {
    return give_up(waiting);
  }
  ask_for(waiting, creation.question.who);
  waiting_.push_back(std::move(waiting));
  return {};
}

// What a container would get is known when the kubelet has answered.
void Session::audit_later(const Connection::IncomingCall& call, Creation creation,
                          Clock::time_point asked_at) {
  WaitingCall waiting{.payload = std::string(call.call.payload),
                      .missing = Missing::kAllocation,
                      .asked_at = asked_at,
                      .deadline = asked_at + kMaxPatience,
                      .answered = true};
  if (waiting_.size() >= kMaxWaitingCalls || waiting.payload.size() > kMaxWaitingBytes) {
    plugin_.record(std::move(creation), asked_at);
    return;
  }
  ask_for(waiting, creation.question.who);
  waiting_.push_back(std::move(waiting));
}

void Session::ask_for(WaitingCall& waiting, const ContainerIdentity& who) {
  if (waiting.missing != Missing::kAllocation) {
    keeper_.ask(look_for(waiting.missing));
    return;
  }
  waiting.ticket = allocations_.ask(key_of(who));
}

// One at a time: containers that are being created are asked about in the same row.
void Session::ask_what_is_unclear() {
  if (unclear_ticket_ != 0) return;
  unclear_ = plugin_.take_unclear();
  if (unclear_) unclear_ticket_ = allocations_.ask(key_of(unclear_->who));
}

// Once more, with what has come meanwhile.
Result<void> Session::ask_again(WaitingCall waiting) {
  const Result<Allocation>* const allocation = waiting.allocation ? &*waiting.allocation : nullptr;
  Creation creation = plugin_.create_container(waiting.payload, waiting.asked_at, allocation);
  if (waiting.answered) {
    plugin_.record(std::move(creation), waiting.asked_at);
    return {};
  }
  const auto* const missing = std::get_if<Missing>(&creation.answer);
  if (missing == nullptr) {
    if (creation.verdict.outcome == ContainerOutcome::kServed && disk_hangs()) {
      waiting.missing = Missing::kFreshSnapshot;
      return give_up(waiting);
    }
    NVINJECT_RETURN_IF_ERROR(give_answer(waiting.stream, creation.answer));
    plugin_.record(std::move(creation), waiting.asked_at);
    return {};
  }
  waiting.missing = *missing;
  if (*missing != Missing::kAllocation && inventory_hangs()) return give_up(waiting);
  ask_for(waiting, creation.question.who);
  waiting_.push_back(std::move(waiting));
  return {};
}

bool Session::inventory_hangs() const {
  const auto since = keeper_.busy_since();
  return is_long_ago(since) || (since && since == waited_in_vain_for_);
}

bool Session::disk_hangs() const { return is_long_ago(keeper_.reading_since()); }

Result<void> Session::give_answer(std::uint32_t stream, const CreateAnswer& answer) {
  if (const auto* const refusal = std::get_if<Refusal>(&answer)) {
    return connection_.refuse(stream, refusal->code, refusal->message);
  }
  auto sent = connection_.answer(stream, std::get<std::string>(answer));
  if (sent || sent.error().code != ErrorCode::kInvalidRequest) return sent;
  // Longer than a runtime takes. It would lose us, and start the container without.
  return connection_.refuse(stream, StatusCode::kResourceExhausted,
                            "nvinject: " + sent.error().message);
}

Result<void> Session::give_up(const WaitingCall& waiting) {
  if (waiting.answered) return {};
  const Refusal refusal = plugin_.give_up(waiting.payload, waiting.missing, waiting.asked_at);
  return connection_.refuse(waiting.stream, refusal.code, refusal.message);
}

Result<void> Session::give_up_late_calls() {
  const Clock::time_point now = Clock::now();
  for (auto waiting = waiting_.begin(); waiting != waiting_.end();) {
    if (waiting->deadline > now) {
      ++waiting;
      continue;
    }
    if (waiting->missing != Missing::kAllocation) waited_in_vain_for_ = keeper_.busy_since();
    const WaitingCall late = std::move(*waiting);
    waiting = waiting_.erase(waiting);
    NVINJECT_RETURN_IF_ERROR(give_up(late));
  }
  return {};
}

Result<void> Session::on_snapshot() {
  ask_what_is_unclear();
  for (WaitingCall& waiting : std::exchange(waiting_, {})) {
    if (waiting.missing == Missing::kAllocation) {
      waiting_.push_back(std::move(waiting));
    } else {
      NVINJECT_RETURN_IF_ERROR(ask_again(std::move(waiting)));
    }
  }
  return give_up_late_calls();
}

Result<void> Session::on_allocations(std::vector<AllocationKeeper::Answer> answers) {
  for (AllocationKeeper::Answer& answer : answers) {
    if (unclear_ && answer.ticket == unclear_ticket_) {
      plugin_.review_again(*unclear_, answer.allocation);
      unclear_ticket_ = 0;
      ask_what_is_unclear();
      continue;
    }
    const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const WaitingCall& one) {
      return one.ticket == answer.ticket;
    });
    // One that was given up, or that an earlier session asked for.
    if (found == waiting_.end()) continue;
    WaitingCall waiting = std::move(*found);
    waiting_.erase(found);
    waiting.ticket = 0;
    waiting.allocation = std::move(answer.allocation);
    NVINJECT_RETURN_IF_ERROR(ask_again(std::move(waiting)));
  }
  return give_up_late_calls();
}

void Session::end() {
  // What the runtime has said already is answered, too: left unread, it would be a container that
  // starts without its GPU.
  if (!connection_.on_ready(POLLIN | POLLOUT, *this)) return;
  for (const WaitingCall& waiting : std::exchange(waiting_, {})) {
    if (!give_up(waiting)) return;
  }
  // What fits into the socket; nobody waits for the rest.
  (void)connection_.on_ready(POLLOUT, *this);
}

Result<void> Session::container_event(const Connection::IncomingCall& call) {
  api::ContainerEventRequest request;
  if (parse(call.call.payload, request)) plugin_.forget_container(request.container().id());
  return acknowledge(call);
}

Result<void> Session::state_change(const Connection::IncomingCall& call) {
  api::StateChangeEvent event;
  if (parse(call.call.payload, event) && event.event() == api::REMOVE_CONTAINER) {
    plugin_.forget_container(event.container().id());
  }
  return acknowledge(call);
}

// An event is told, not asked: whatever it was, there is nothing to refuse.
Result<void> Session::acknowledge(const Connection::IncomingCall& call) {
  return connection_.answer(call.stream, {});
}

}  // namespace nvinject::nri
