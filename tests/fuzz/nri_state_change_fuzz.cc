// SPDX-License-Identifier: Apache-2.0

// StateChange, and the calls that took its place: FieldReader and the generated code see the same
// event and the same container.

#include "proto/nri.pb.h"
#include "tests/fuzz/wire_input.h"
#include "tests/support/sample_nri.h"

namespace {

using namespace nvinject;

void check(std::string_view bytes) {
  const int size = static_cast<int>(bytes.size());
  if (nri::api::StateChangeEvent event; event.ParseFromArray(bytes.data(), size)) {
    fuzz::Walk walk(bytes);
    fuzz::require_same_subject(walk, event, 2, 3);
    const auto number = static_cast<std::int32_t>(walk.number({1}));
    fuzz::require(!walk.ok() || number == static_cast<std::int32_t>(event.event()));
  }
  if (nri::api::ContainerEventRequest event; event.ParseFromArray(bytes.data(), size)) {
    fuzz::Walk walk(bytes);
    fuzz::require_same_subject(walk, event, 1, 2);
  }
}

std::string make(unsigned seed) {
  nri::api::StateChangeEvent event;
  event.set_event(static_cast<nri::api::Event>(seed % 16));
  *event.mutable_pod() = testing::sample_pod();
  *event.mutable_container() = testing::sample_container(static_cast<int>(seed % 4), 1);
  if (seed % 2 == 0) return event.SerializeAsString();
  nri::api::ContainerEventRequest request;
  *request.mutable_pod() = event.pod();
  *request.mutable_container() = event.container();
  return request.SerializeAsString();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, make, check);
}
