// SPDX-License-Identifier: Apache-2.0

// Synchronize: FieldReader and the generated code see the same containers, and the same `more`,
// which a plugin must answer.

#include "proto/nri.pb.h"
#include "tests/fuzz/wire_input.h"
#include "tests/support/sample_nri.h"

namespace {

using namespace nvinject;

void check(std::string_view bytes) {
  nri::api::SynchronizeRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
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
  request.set_more(seed % 2 == 0);
  return request.SerializeAsString();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, make, check);
}
