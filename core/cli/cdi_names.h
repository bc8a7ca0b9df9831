// SPDX-License-Identifier: Apache-2.0
#pragma once

// The names that a GPU and a MIG device have in a CDI file, as nvidia-ctk's --device-name-strategy
// has them.

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/cdi/spec.h"
#include "core/inventory/inventory.h"

namespace nvinject::cli {

enum class CdiNaming {
  kIndex,      // "0", "0:1"
  kUuid,       // "GPU-…", "MIG-…"
  kTypeIndex,  // "gpu0", "mig0:1"
};
using CdiNamings = std::vector<CdiNaming>;

inline const CdiNamings kUsualCdiNamings = {CdiNaming::kIndex, CdiNaming::kUuid};

// "index", "uuid" and "type-index"; the usual ones for no word at all.
[[nodiscard]] Result<CdiNamings> parse_cdi_namings(const std::vector<std::string>& words);

// Those that the names of a file follow; the usual ones where none of its names tells.
[[nodiscard]] CdiNamings cdi_namings_of(const CdiSpec& file);

struct CdiNames {
  std::vector<std::string> names;
  std::vector<std::string> missing;  // "index", "UUID": what the names need and nobody knows
};

[[nodiscard]] CdiNames cdi_names_of(const Gpu& gpu, const CdiNamings& namings);
[[nodiscard]] CdiNames cdi_names_of(const Gpu& gpu, const MigDevice& device,
                                    const CdiNamings& namings);

}  // namespace nvinject::cli
