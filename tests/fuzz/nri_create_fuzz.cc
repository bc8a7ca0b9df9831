// SPDX-License-Identifier: Apache-2.0

// CreateContainer: FieldReader and the generated code see the same container, the quick look that
// lets most of them pass misses none that asks, and every answer is one that a runtime takes.

#include "nri-plugin/container/concerns_us.h"
#include "tests/fuzz/handler.h"

namespace {

using namespace nvinject;

// The handler, as the session calls it.
void check_handler(std::string_view bytes, const nri::api::CreateContainerRequest& request) {
  nri::Plugin plugin(fuzz::handler_config(), fuzz::handler_metrics());
  plugin.set_snapshot(fuzz::handler_snapshot());
  const auto now = nri::Plugin::Clock::now();
  nri::Creation creation = plugin.create_container(bytes, now);
  fuzz::require(!std::holds_alternative<nri::Missing>(creation.answer));
  if (const auto* const answer = std::get_if<std::string>(&creation.answer)) {
    fuzz::require_sound(*answer, request);
  }
  plugin.record(std::move(creation), now);
  fuzz::require_reportable(plugin);
}

const Config& allocated_config() {
  static const Config config = [] {
    Config allocated = fuzz::handler_config();
    allocated.grant.mode = PolicyMode::kAllocated;
    return allocated;
  }();
  return config;
}

// Whatever it says of itself: the GPU that the kubelet allocated to it, or none.
void check_allocated(std::string_view bytes, const nri::api::CreateContainerRequest& request) {
  static const Gpu gpu = testing::sample_gpu(2);
  static const Result<Allocation> allocation = Allocation{.devices = {gpu.uuid}};
  nri::Plugin plugin(allocated_config(), fuzz::handler_metrics());
  plugin.set_snapshot(fuzz::handler_snapshot());
  const nri::Creation creation =
      plugin.create_container(bytes, nri::Plugin::Clock::now(), &allocation);
  fuzz::require(!std::holds_alternative<nri::Missing>(creation.answer));
  const auto* const answer = std::get_if<std::string>(&creation.answer);
  if (answer == nullptr) return;
  fuzz::require_sound(*answer, request);
  nri::api::CreateContainerResponse reply;
  fuzz::require(reply.ParseFromString(*answer));
  for (const auto& device : reply.adjust().linux().devices()) {
    const bool is_a_gpu = device.major() == gpu.node->number.major && device.minor() < 4;
    fuzz::require(!is_a_gpu || device.minor() == gpu.node->number.minor);
  }
}

// Who is let pass unread would also be let pass after reading. (One that has a GPU's node under a
// name of its own and asks for nothing would be reported then; nothing would be done to it.)
void check_quick_look(std::string_view bytes, nri::api::CreateContainerRequest request) {
  if (nri::create_request_concerns_us(bytes, fuzz::handler_config().accept)) return;
  const nri::Question question = nri::question_from_nri(std::move(*request.mutable_pod()),
                                                        std::move(*request.mutable_container()));
  const nri::RuntimeInfo runtime;
  const nri::Verdict verdict =
      nri::decide_container(question, {.config = fuzz::handler_config(),
                                       .runtime = runtime,
                                       .snapshot = fuzz::handler_snapshot().get(),
                                       .snapshot_is_fresh = true});
  fuzz::require(verdict.missing == nri::Missing::kNothing && !verdict.refusal);
  fuzz::require(!verdict.outcome || *verdict.outcome == ContainerOutcome::kLeft);
  fuzz::require(verdict.adjustment == Adjustment{});
}

void check(std::string_view bytes) {
  nri::api::CreateContainerRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  fuzz::Walk walk(bytes);
  fuzz::require_same_subject(walk, request, 1, 2);
  check_handler(bytes, request);
  check_allocated(bytes, request);
  check_quick_look(bytes, request);
}

std::string make(unsigned seed) {
  auto request =
      testing::sample_create_request(static_cast<int>(seed % 6), static_cast<int>(seed / 6 % 4));
  fuzz::ask_somehow(*request.mutable_container(), *request.mutable_pod(), seed);
  return request.SerializeAsString();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, make, check);
}
