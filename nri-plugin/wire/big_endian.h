// SPDX-License-Identifier: Apache-2.0
#pragma once

// 32-bit numbers in network order, as in the headers of mux and ttrpc.

#include <cstdint>
#include <string>
#include <string_view>

namespace nvinject::nri {

// `bytes` must have four.
[[nodiscard]] inline std::uint32_t read_big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(0, 4)) value = value << 8U | static_cast<unsigned char>(byte);
  return value;
}

inline void append_big_endian(std::uint32_t value, std::string& out) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<char>(value >> shift));
}

}  // namespace nvinject::nri
