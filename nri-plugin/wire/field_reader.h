// SPDX-License-Identifier: Apache-2.0
#pragma once

// A protobuf message walked field by field, without building anything: for what must be decided
// about every container of the node in a few microseconds (Protobuf Encoding, protobuf.dev).

#include <cstdint>
#include <optional>
#include <string_view>

namespace nvinject::nri {

// How a field came. A reader of field 3 as text must not take a field 3 that is a number: the
// generated code would not either.
enum class FieldKind : std::uint8_t {
  kVarint,
  kBytes,  // length-delimited: text, bytes, a message
  kOther,  // fixed width, or a group: stepped over
};

struct Field {
  std::uint32_t number = 0;
  FieldKind kind = FieldKind::kOther;
  std::string_view bytes;    // of kBytes; borrows from the message
  std::uint64_t varint = 0;  // of kVarint

  [[nodiscard]] bool is_bytes(std::uint32_t wanted) const {
    return number == wanted && kind == FieldKind::kBytes;
  }
  [[nodiscard]] bool is_varint(std::uint32_t wanted) const {
    return number == wanted && kind == FieldKind::kVarint;
  }
};

// As in every protobuf reader, a field that comes twice counts as it came last, and a message that
// comes in two pieces is both. Stricter than some: no varint of more than 64 bits, no group deeper
// than 16.
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
