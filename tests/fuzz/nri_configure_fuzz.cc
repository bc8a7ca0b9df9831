// SPDX-License-Identifier: Apache-2.0

// Configure: FieldReader and the generated code see the same runtime.

#include "proto/nri.pb.h"
#include "tests/fuzz/wire_input.h"

namespace {

using namespace nvinject;

void check(std::string_view bytes) {
  nri::api::ConfigureRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  fuzz::Walk walk(bytes);
  const bool same =
      walk.text({1}) == request.config() && walk.text({2}) == request.runtime_name() &&
      walk.text({3}) == request.runtime_version() && walk.text({6}) == request.nri_version() &&
      static_cast<std::int64_t>(walk.number({4})) == request.registration_timeout() &&
      static_cast<std::int64_t>(walk.number({5})) == request.request_timeout();
  fuzz::require(same || !walk.ok());
}

std::string make(unsigned seed) {
  constexpr const char* kVersions[] = {"v2.1.4", "1.7.24~ds1", "2.4.0-beta+unknown", "1.34.0", ""};
  nri::api::ConfigureRequest request;
  request.set_runtime_name(seed % 2 == 0 ? "containerd" : "cri-o");
  request.set_runtime_version(kVersions[seed % std::size(kVersions)]);
  if (seed % 3 != 0) request.set_nri_version("v0.12.0");
  request.set_registration_timeout(seed % 4 * 2500);
  request.set_request_timeout(seed % 4 * 1000);
  return request.SerializeAsString();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, make, check);
}
