// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which list of devices counts, and what its words mean together. The first that is not empty of:
// CDI annotations, annotations of the pod, volume mounts, variables.

#include <string>
#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/request/gpu_request.h"
#include "core/request/request_inputs.h"

namespace nvinject {

// More than any node has devices: 32 GPUs with 8 MIG devices each make 256.
inline constexpr std::size_t kMaxListedDevices = 512;

struct DeviceList {
  std::string source;  // as in GpuRequest
  std::vector<std::string> words;
  bool operator==(const DeviceList&) const = default;
};

// kInvalidRequest for a malformed annotation of the pod: everything else is read later.
[[nodiscard]] Result<DeviceList> find_device_list(const RequestInputs& inputs,
                                                  Decisions& decisions);

// "void" anywhere, or no word at all: nothing. Else the first "all" or "none" decides. These words
// decide before any other is parsed.
[[nodiscard]] DeviceScope scope_of(const std::vector<std::string>& words);

// Without duplicates, which classic versions turned into "no GPU at all" (0,0).
[[nodiscard]] Result<std::vector<DeviceId>> parse_device_list(const DeviceList& list);

}  // namespace nvinject
