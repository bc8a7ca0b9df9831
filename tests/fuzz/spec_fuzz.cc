// SPDX-License-Identifier: Apache-2.0
// A whole OCI spec: JSON -> facts -> request. A document that is taken must survive being printed
// and parsed again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/json/json.h"
#include "core/request/facts_from_oci.h"
#include "core/request/gpu_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nvinject;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<Json> spec = parse_json(text, "input");
  if (!spec) return 0;
  const Result<Json> again = parse_json(print_json(*spec), "printed input");
  if (!again || *again != *spec) std::abort();

  const Result<ContainerFacts> facts = facts_from_oci(*spec);
  if (!facts) return 0;
  for (const bool volume_mounts : {false, true}) {
    const AcceptRules rules{.volume_mounts = volume_mounts, .swarm_resources = {"GPU"}};
    const Result<GpuRequest> request = parse_request(*facts, rules);
    if (request && request->empty() && !request->devices.empty()) std::abort();
  }
  return 0;
}
