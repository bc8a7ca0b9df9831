// SPDX-License-Identifier: Apache-2.0
#pragma once

// A protobuf message walked field by field, without building anything: for what must be decided
// about every container of the node in a few microseconds (Protobuf Encoding, protobuf.dev).

#include <cstdint>
#include <optional>
#include <string_view>

namespace nvinject::nri {

struct Field {
  std::uint32_t number = 0;
  std::string_view bytes;    // of a length-delimited field; borrows from the message
  std::uint64_t varint = 0;  // of a varint field
};

// Groups and fixed-width fields are stepped over with neither member set.
class FieldReader {
 public:
  explicit FieldReader(std::string_view message) : rest_(message) {}

  // Nothing at the end of the message, and where it is malformed: then ok() is false.
  [[nodiscard]] std::optional<Field> next();
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace nvinject::nri
