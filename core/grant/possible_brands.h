// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace nvinject {

// The brands that the driver may say a GPU of this model is ("NVIDIA H100 80GB HBM3": Tesla to
// older drivers, Nvidia to newer ones), in the words of libnvidia-container. Only the driver itself
// knows which, but images name all of a family. Empty: the model tells nothing, as those of virtual
// GPUs, whose brand is that of a licence.
[[nodiscard]] std::span<const std::string_view> possible_brands(std::string_view model);

}  // namespace nvinject
