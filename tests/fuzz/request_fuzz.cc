// SPDX-License-Identifier: Apache-2.0
// The values of variables, one per line, each with its name; then the same text as the value of
// each annotation of a pod. Whatever they say, an error is kInvalidRequest on one short line, and a
// container that asks for nothing is no error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/text.h"
#include "core/request/gpu_request.h"

namespace {

using namespace nvinject;

constexpr std::size_t kLongestError = 4096;

void check_error(const Error& error) {
  if (error.code != ErrorCode::kInvalidRequest) std::abort();
  if (error.message.size() > kLongestError) std::abort();
  if (error.message.find('\n') != std::string::npos) std::abort();
}

void check_devices(const GpuRequest& request) {
  if (request.devices.empty() != (request.scope != DeviceScope::kListed)) std::abort();
  for (const DeviceId& device : request.devices) {
    if (parse_device_id(device.text) != device) std::abort();
  }
}

void check_annotation(const char* key, std::string_view text) {
  const ContainerFacts facts{.pod_annotations = {{key, std::string(text)}}};
  const AcceptRules rules{
      .pod_annotation_keys = {"nvidia.cdi.k8s.io", "cdi-devices.noderesource.dev"}};
  const Result<GpuRequest> request = parse_request(facts, rules);
  if (!request) return check_error(request.error());
  check_devices(*request);
  if (!request->empty() && !request->only_cdi_names()) std::abort();
  if (!parse_request(facts, {})->empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ContainerFacts facts{.privileged = size % 2 == 1};
  for (const std::string_view line : split(text, '\n')) facts.env.emplace_back(line);

  const Result<GpuRequest> request = parse_request(facts, {.swarm_resources = {"GPU"}});
  request ? check_devices(*request) : check_error(request.error());

  facts.env.emplace_back("GPU=void");
  const Result<GpuRequest> nothing = parse_request(facts, {.swarm_resources = {"GPU"}});
  if (!nothing || !nothing->empty()) std::abort();

  for (const char* const key :
       {"nvidia.cdi.k8s.io", "nvidia.cdi.k8s.io/pod", "cdi-devices.noderesource.dev"}) {
    check_annotation(key, text);
  }
  return 0;
}
