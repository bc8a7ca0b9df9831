// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which device of which file a qualified name means. Of equal names in two directories the later
// directory counts; twice in one directory they mean nothing, and are an error for who asks.

#include <string>
#include <string_view>
#include <vector>

#include "core/base/decision.h"
#include "core/base/result.h"
#include "core/cdi/registry.h"

namespace nvinject {

struct CdiChoice {
  CdiEdits edits;       // of all devices, in the order in which a runtime would take them up
  Decisions decisions;  // which file gave which device
};

// kNotFound: names that no file has, with the files that could not be read. kInvalidRequest: what
// is no qualified name, or means two devices.
[[nodiscard]] Result<CdiChoice> find_cdi_devices(const CdiRegistry& registry,
                                                 const std::vector<std::string>& names);

// Whether some file has devices of this kind.
[[nodiscard]] bool has_cdi_kind(const CdiRegistry& registry, std::string_view kind);

// Qualified, sorted, each once.
[[nodiscard]] std::vector<std::string> cdi_device_names(const CdiRegistry& registry);

}  // namespace nvinject
