// SPDX-License-Identifier: Apache-2.0
#pragma once

// Of ttRPC, as gRPC numbers them; apart from the plugin's own list.

namespace nvinject::testing {

inline constexpr int kInvalidArgument = 3;
inline constexpr int kPermissionDenied = 7;
inline constexpr int kResourceExhausted = 8;
inline constexpr int kFailedPrecondition = 9;
inline constexpr int kUnimplemented = 12;

}  // namespace nvinject::testing
