// SPDX-License-Identifier: Apache-2.0

// CreateContainer: FieldReader and the generated code see the same container.

#include "proto/nri.pb.h"
#include "tests/fuzz/wire_input.h"
#include "tests/support/sample_nri.h"

namespace {

using namespace nvinject;

void check(std::string_view bytes) {
  nri::api::CreateContainerRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
  fuzz::Walk walk(bytes);
  fuzz::require_same_subject(walk, request, 1, 2);
}

std::string make(unsigned seed) {
  return testing::sample_create_request(static_cast<int>(seed % 6), static_cast<int>(seed / 6 % 4))
      .SerializeAsString();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::run(data, size, make, check);
}
