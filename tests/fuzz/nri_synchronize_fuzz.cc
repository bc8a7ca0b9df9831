// SPDX-License-Identifier: Apache-2.0

// Synchronize: FieldReader and the generated code see the same containers, and the same `more`,
// which a plugin must answer; what is kept of them can be told.

#include "nri-plugin/session/sync_collector.h"
#include "tests/fuzz/handler.h"

namespace {

using namespace nvinject;

// The message in one piece, then again as the second of two.
void check_handler(std::string_view bytes, const nri::api::SynchronizeRequest& request) {
  nri::Plugin plugin(fuzz::handler_config(), fuzz::handler_metrics());
  nri::SyncCollector collector(fuzz::handler_config().accept);
  for (int messages = 1; messages <= 2; ++messages) {
    for (int i = 0; i < messages; ++i) {
      const auto more = collector.add(bytes);
      fuzz::require(!more || *more == request.more());
    }
    auto questions = collector.take();
    fuzz::require(static_cast<int>(questions.size()) <= messages * request.containers_size());
    plugin.synchronise(std::move(questions));
    fuzz::require_reportable(plugin);
    plugin.set_snapshot(fuzz::handler_snapshot());
    fuzz::require_reportable(plugin);
  }
}

void check(std::string_view bytes) {
  nri::api::SynchronizeRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  check_handler(bytes, request);
  fuzz::Walk walk(bytes);
  const bool more = walk.number({3}) != 0;
  const auto containers = walk.texts({2});
  const auto pods = walk.texts({1});
  if (!walk.ok()) return;
  fuzz::require(more == request.more());
  fuzz::require(static_cast<int>(pods.size()) == request.pods_size());
  fuzz::require(static_cast<int>(containers.size()) == request.containers_size());
  for (int i = 0; i < request.containers_size(); ++i) {
    fuzz::Walk inside(containers[static_cast<std::size_t>(i)]);
    const bool same =
        inside.text({1}) == request.containers(i).id() &&
        inside.text({2}) == request.containers(i).pod_sandbox_id() &&
        static_cast<nri::api::ContainerState>(inside.number({4})) == request.containers(i).state();
    fuzz::require(same || !inside.ok());
  }
}

std::string make(unsigned seed) {
  auto request = testing::sample_synchronize_request(static_cast<int>(seed % 4), 3);
  for (int i = 0; i < request.containers_size(); ++i) {
    fuzz::ask_somehow(*request.mutable_containers(i), *request.mutable_pods(i), seed);
  }
  request.set_more(seed % 2 == 0);
  return request.SerializeAsString();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, make, check);
}
