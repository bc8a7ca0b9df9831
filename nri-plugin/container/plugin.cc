// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/plugin.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "core/base/text.h"
#include "nri-plugin/container/concerns_us.h"
#include "nri-plugin/container/print_adjustment.h"
#include "nri-plugin/status/log.h"
#include "proto/nri.pb.h"

namespace nvinject::nri {
namespace {

using std::chrono::seconds;

// A look at the machine that is younger than this would not find anything else.
constexpr seconds kFreshFor{1};

// A probe that failed is not tried again for every container that asks.
constexpr seconds kProbeRetry{60};

// Of the ten that the kubelet answers at once.
constexpr std::size_t kMaxUnclear = 8;

constexpr std::size_t kArenaBytes = 32768;

// In the classes that gRPC knows; people read the message. Not "not found" (5), "unavailable" (14)
// or "unimplemented" (12): to a caller of the CRI these are about a container, the runtime or the
// call.
StatusCode status_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kInvalidRequest:
      return StatusCode::kInvalidArgument;
    case ErrorCode::kDenied:
      return StatusCode::kPermissionDenied;
    case ErrorCode::kNotFound:
    case ErrorCode::kUnavailable:
    case ErrorCode::kUnsupported:
      return StatusCode::kFailedPrecondition;
    case ErrorCode::kSystem:
    case ErrorCode::kInternal:
      break;
  }
  return StatusCode::kInternal;
}

Refusal refusal_of(const Error& error) { return {status_of(error), "nvinject: " + error.message}; }

RequestOutcome metric_of(const Verdict& verdict) {
  if (verdict.refusal) {
    return verdict.refusal->code == ErrorCode::kDenied ? RequestOutcome::kDenied
                                                       : RequestOutcome::kRefused;
  }
  if (!verdict.outcome) return RequestOutcome::kNone;
  switch (*verdict.outcome) {
    case ContainerOutcome::kServed:
      return RequestOutcome::kServed;
    case ContainerOutcome::kDenied:
      return RequestOutcome::kDenied;
    case ContainerOutcome::kAudited:
      return RequestOutcome::kAudited;
    case ContainerOutcome::kLeft:
    case ContainerOutcome::kWithout:
      break;
  }
  return RequestOutcome::kLeft;
}

std::string print_numbers(const std::vector<unsigned>& numbers) {
  std::vector<std::string> texts;
  texts.reserve(numbers.size());
  for (const unsigned number : numbers) texts.push_back(std::to_string(number));
  return join(texts, ",");
}

KnownContainer known_container(Question question, Verdict verdict) {
  return {.who = std::move(question.who),
          .outcome = *verdict.outcome,
          .asked = std::move(verdict.asked),
          .source = std::move(verdict.source),
          .reason = std::move(verdict.reason),
          .minors = std::move(verdict.minors),
          .would_get = std::move(verdict.would_get)};
}

void log_verdict(const Question& question, const Verdict& verdict) {
  for (const Decisions* const decisions : {&verdict.decisions, &verdict.adjustment.decisions}) {
    for (const Decision& decision : *decisions) {
      log_container(LogLevel::kDebug, decision.subject, question.who,
                    {{"decision", decision.choice}, {"reason", decision.reason}});
    }
  }
  if (verdict.refusal) {
    log_container(
        LogLevel::kWarning, "container refused", question.who,
        {{"asked", verdict.asked}, {"by", verdict.source}, {"reason", verdict.refusal->message}});
    return;
  }
  if (!verdict.outcome) return;
  switch (*verdict.outcome) {
    case ContainerOutcome::kServed:
      log_container(LogLevel::kInfo, "GPUs given", question.who,
                    {{"asked", verdict.asked},
                     {"by", verdict.source},
                     {"minors", print_numbers(verdict.minors)}});
      break;
    case ContainerOutcome::kDenied:
      log_container(LogLevel::kWarning, "GPUs denied, the container starts without", question.who,
                    {{"asked", verdict.asked}, {"by", verdict.source}, {"reason", verdict.reason}});
      break;
    case ContainerOutcome::kAudited:
      log_container(LogLevel::kInfo, "audit: nothing changed", question.who,
                    {{"asked", verdict.asked},
                     {"by", verdict.source},
                     {"would_get", print_numbers(verdict.would_get)},
                     {"reason", verdict.reason}});
      break;
    case ContainerOutcome::kLeft:
    case ContainerOutcome::kWithout:
      log_container(LogLevel::kInfo, "left alone", question.who, {{"reason", verdict.reason}});
      break;
  }
}

Error malformed_request() {
  return {ErrorCode::kInvalidRequest, "read CreateContainerRequest: not a protobuf message"};
}

bool parse(std::string_view payload, api::CreateContainerRequest& request) {
  return request.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
}

}  // namespace

Creation Plugin::create_container(std::string_view payload, Clock::time_point asked_at,
                                  const Result<Allocation>* allocation) const {
  Creation creation;
  if (!create_request_concerns_us(payload, config_.accept)) return creation;
  // Hundreds of small messages in one piece of memory, which is already there.
  alignas(std::max_align_t) std::array<char, kArenaBytes> memory;
  google::protobuf::Arena arena(memory.data(), memory.size());
  auto& request = *google::protobuf::Arena::CreateMessage<api::CreateContainerRequest>(&arena);
  if (!parse(payload, request)) {
    creation.verdict.refusal = malformed_request();
    creation.answer = answer_of(creation.verdict);
    return creation;
  }
  creation.question =
      question_from_nri(std::move(*request.mutable_pod()), std::move(*request.mutable_container()));
  const bool is_fresh = snapshot_ && (snapshot_->scanned_at >= asked_at ||
                                      asked_at - snapshot_->scanned_at < kFreshFor);
  Circumstances now = circumstances(is_fresh);
  now.allocation = allocation;
  creation.verdict = decide_container(creation.question, now);
  creation.answer = answer_of(creation.verdict);
  return creation;
}

CreateAnswer Plugin::answer_of(const Verdict& verdict) const {
  // Whatever we make of it: in audit mode nobody waits for us, and nobody fails because of us.
  if (config_.grant.enforce == Enforce::kAudit) {
    return print_adjustment({.removed_mounts = verdict.adjustment.removed_mounts}, {});
  }
  if (verdict.missing != Missing::kNothing) return verdict.missing;
  if (verdict.refusal) return refusal_of(*verdict.refusal);
  return print_adjustment(verdict.adjustment, {.program = HostPath(config_.nri.ld_cache_hook),
                                               .args = verdict.hook_args});
}

void Plugin::record(Creation creation, Clock::time_point asked_at) {
  metrics_.count_request(metric_of(creation.verdict), Clock::now() - asked_at);
  log_verdict(creation.question, creation.verdict);
  if (creation.verdict.outcome) {
    containers_.put(known_container(std::move(creation.question), std::move(creation.verdict)));
  }
}

Refusal Plugin::give_up(std::string_view payload, Missing what, Clock::time_point asked_at) {
  Creation creation;
  creation.verdict.refusal = Error{ErrorCode::kUnavailable, why_given_up(what)};
  api::CreateContainerRequest request;
  if (parse(payload, request)) {
    creation.question = question_from_nri(std::move(*request.mutable_pod()),
                                          std::move(*request.mutable_container()));
    // For the log: what it asked for, by which means.
    const Verdict review = review_container(creation.question, circumstances(true));
    creation.verdict.asked = review.asked;
    creation.verdict.source = review.source;
  }
  metrics_.count_request(RequestOutcome::kTimeout, Clock::now() - asked_at);
  log_verdict(creation.question, creation.verdict);
  return refusal_of(*creation.verdict.refusal);
}

std::string Plugin::why_given_up(Missing what) const {
  switch (what) {
    case Missing::kProbe:
      return "ask the driver for what the request depends on: it has not answered yet; the next "
             "try "
             "may find the answer ('nvinject-probe' shows how long it takes)";
    case Missing::kAllocation:
      return "ask the kubelet what it allocated to the container: no answer in time";
    default:
      return "look at the driver below " + quote(config_.roots.driver.string()) +
             ": no answer in time; is its disk slow, or gone?";
  }
}

Circumstances Plugin::circumstances(bool snapshot_is_fresh) const {
  const bool failed_lately = snapshot_ != nullptr && snapshot_->probe_error &&
                             Clock::now() - snapshot_->probed_at < kProbeRetry;
  return {.config = config_,
          .runtime = runtime_,
          .snapshot = snapshot_.get(),
          // In audit mode nobody waits for another.
          .snapshot_is_fresh = snapshot_is_fresh || config_.grant.enforce == Enforce::kAudit,
          .probe_may_help = !failed_lately,
          .config_error = config_error_ ? &*config_error_ : nullptr};
}

void Plugin::set_snapshot(SharedSnapshot snapshot) {
  snapshot_ = std::move(snapshot);
  // What has stopped meanwhile is not there any more, and what was created was decided then.
  for (const Question& question : std::exchange(unreviewed_, {})) {
    if (containers_.contains(question.who.id)) review(question);
  }
}

std::optional<Question> Plugin::take_unclear() {
  while (!unclear_.empty()) {
    Question question = std::move(unclear_.back());
    unclear_.pop_back();
    if (containers_.contains(question.who.id)) return question;
  }
  return std::nullopt;
}

void Plugin::review_again(const Question& question, const Result<Allocation>& allocation) {
  if (containers_.contains(question.who.id)) review(question, &allocation);
}

void Plugin::review(const Question& question, const Result<Allocation>* allocation) {
  Circumstances now = circumstances(true);
  now.allocation = allocation;
  Verdict verdict = review_container(question, now);
  if (!verdict.outcome) {
    containers_.remove(question.who.id);
    return;
  }
  if (verdict.missing == Missing::kAllocation && snapshot_ != nullptr &&
      unclear_.size() < kMaxUnclear) {
    unclear_.push_back(question);
  }
  if (*verdict.outcome == ContainerOutcome::kWithout) {
    log_container(LogLevel::kError, "a container runs without the GPUs it asks for", question.who,
                  {{"asked", verdict.asked}, {"by", verdict.source}, {"reason", verdict.reason}});
  }
  containers_.put(known_container(question, std::move(verdict)));
}

void Plugin::synchronise(std::vector<Question> containers) {
  containers_.clear();
  unclear_.clear();
  for (const Question& question : containers) review(question);
  // There is more to say when the machine is known.
  if (snapshot_ == nullptr) unreviewed_ = std::move(containers);
}

StatusReport Plugin::report() const {
  StatusReport report;
  report.runtime = runtime_.name.empty() ? std::string() : runtime_.describe();
  report.mode = std::string(to_string(config_.grant.mode));
  report.enforce = std::string(to_string(config_.grant.enforce));
  const Inventory* const inventory = snapshot_ ? &snapshot_->inventory : nullptr;
  if (inventory != nullptr) {
    report.driver_version = inventory->driver_version;
    report.inventory_generation = snapshot_->generation;
    for (const Gpu& gpu : inventory->gpus) {
      report.gpus.push_back({.index = gpu.index,
                             .uuid = gpu.uuid,
                             .model = gpu.model,
                             .problem = gpu.broken,
                             .mig = gpu.mig_enabled});
    }
  }
  report.containers = containers_.report(inventory);
  return report;
}

}  // namespace nvinject::nri
