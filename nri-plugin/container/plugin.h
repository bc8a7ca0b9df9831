// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the runtime's calls mean: bytes of a request in, an answer out. Knows containers, policy and
// the last look at the machine; knows no socket, no order of calls and no waiting.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/config/config.h"
#include "core/status/status_report.h"
#include "nri-plugin/container/container_table.h"
#include "nri-plugin/container/decide_container.h"
#include "nri-plugin/container/question.h"
#include "nri-plugin/container/runtime_info.h"
#include "nri-plugin/inventory/snapshot.h"
#include "nri-plugin/status/metrics.h"
#include "nri-plugin/wire/envelope.h"

namespace nvinject::nri {

struct Refusal {
  StatusCode code = StatusCode::kUnknown;
  std::string message;
};

// The payload of the answer; or why the container must not start; or what the answer has to wait
// for.
using CreateAnswer = std::variant<std::string, Refusal, Missing>;

// An answer, and what it was made of.
struct Creation {
  CreateAnswer answer;
  Question question;  // empty for a container that has nothing to do with GPUs
  Verdict verdict;
};

class Plugin {
 public:
  using Clock = std::chrono::steady_clock;

  Plugin(const Config& config, Metrics& metrics) : config_(config), metrics_(metrics) {}

  // The configuration cannot be read: `config` is the default, and whoever asks for a GPU is told
  // why it gets none.
  void set_config_error(Error error) { config_error_ = std::move(error); }
  void set_runtime(RuntimeInfo runtime) { runtime_ = std::move(runtime); }
  void set_snapshot(SharedSnapshot snapshot);

  // A CreateContainerRequest that came at `asked_at`. May be asked again with the same bytes, and
  // with what the kubelet said meanwhile.
  [[nodiscard]] Creation create_container(std::string_view payload, Clock::time_point asked_at,
                                          const Result<Allocation>* allocation = nullptr) const;
  // Once the answer is on its way: the table, the log, the metrics. Nobody waits for these.
  void record(Creation creation, Clock::time_point asked_at);
  // One that waited for `what` and waits no longer.
  [[nodiscard]] Refusal give_up(std::string_view payload, Missing what, Clock::time_point asked_at);

  // All containers that exist and may have to do with GPUs. Those that should have GPUs and run
  // without are logged.
  void synchronise(std::vector<Question> containers);
  // One of these of which more could be said if it were known what the kubelet allocated to it; few
  // in all, because the kubelet has others to answer.
  [[nodiscard]] std::optional<Question> take_unclear();
  void review_again(const Question& question, const Result<Allocation>& allocation);
  void forget_container(const std::string& id) { containers_.remove(id); }

  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const RuntimeInfo& runtime() const { return runtime_; }
  // Of the snapshot; 0 before there is one.
  [[nodiscard]] std::uint64_t generation() const { return snapshot_ ? snapshot_->generation : 0; }
  // `registered` and `synchronised` are the session's to say.
  [[nodiscard]] StatusReport report() const;

 private:
  [[nodiscard]] Circumstances circumstances(bool snapshot_is_fresh) const;
  [[nodiscard]] CreateAnswer answer_of(const Verdict& verdict) const;
  [[nodiscard]] std::string why_given_up(Missing what) const;
  void review(const Question& question, const Result<Allocation>* allocation = nullptr);

  const Config& config_;
  Metrics& metrics_;
  std::optional<Error> config_error_;
  RuntimeInfo runtime_;
  SharedSnapshot snapshot_;
  ContainerTable containers_;
  std::vector<Question> unreviewed_;  // told of before there was a snapshot
  std::vector<Question> unclear_;
};

}  // namespace nvinject::nri
