// SPDX-License-Identifier: Apache-2.0
#pragma once

// What exists already when we connect: Synchronize tells of every pod and container of the node, in
// one message or in several. Of the thousands that have nothing to do with GPUs nothing is kept.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/request/accept_rules.h"
#include "nri-plugin/container/question.h"
#include "proto/nri.pb.h"

namespace nvinject::nri {

// Of all messages of one Synchronize: ten times what a node of 5,000 containers has to say.
inline constexpr std::size_t kMaxSyncBytes = 256U << 20U;

class SyncCollector {
 public:
  explicit SyncCollector(const AcceptRules& rules) : rules_(rules) {}

  // The payload of one Synchronize. Whether more will follow; kInvalidRequest when it cannot be
  // read.
  [[nodiscard]] Result<bool> add(std::string_view payload);

  // The containers that concern us, with their pods, once nothing more follows. The collector is
  // empty then.
  [[nodiscard]] std::vector<Question> take();

 private:
  void add_pod(std::string_view pod);
  [[nodiscard]] Result<void> add_container(std::string_view container);

  AcceptRules rules_;
  std::size_t received_bytes_ = 0;
  // By id. A container's pod may come in another message than it. Annotations only where one may
  // ask.
  std::map<std::string, api::PodSandbox, std::less<>> pods_;
  std::vector<api::Container> containers_;
};

}  // namespace nvinject::nri
