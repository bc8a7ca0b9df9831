// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/wire/field_reader.h"

#include <array>

namespace nvinject::nri {
namespace {

enum WireType : std::uint8_t {
  kWireVarint = 0,
  kWireFixed64 = 1,
  kWireBytes = 2,
  kWireGroupBegin = 3,
  kWireGroupEnd = 4,
  kWireFixed32 = 5,
};

constexpr std::size_t kMaxVarintBytes = 10;
// Nobody has sent groups since proto2; those of an attacker need not be deep.
constexpr std::size_t kMaxGroupDepth = 16;

// Takes a varint off the front of `bytes`. Nothing when it is cut, or has more than 64 bits.
std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kMaxVarintBytes && i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (i == kMaxVarintBytes - 1 && byte > 1) return std::nullopt;
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << (7 * i);
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

struct Tag {
  std::uint32_t number = 0;
  std::uint8_t type = 0;
};

// Nothing for what is no tag: number 0, a number of more than 29 bits, a type that does not exist.
std::optional<Tag> take_tag(std::string_view& bytes) {
  const auto value = take_varint(bytes);
  if (!value || *value > UINT32_MAX) return std::nullopt;
  const Tag tag{.number = static_cast<std::uint32_t>(*value >> 3U),
                .type = static_cast<std::uint8_t>(*value & 7U)};
  if (tag.number == 0 || tag.type > kWireFixed32) return std::nullopt;
  return tag;
}

std::optional<std::string_view> take_bytes(std::string_view& bytes, std::uint64_t size) {
  if (size > bytes.size()) return std::nullopt;
  const std::string_view taken = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return taken;
}

// The value of any field but a group's.
std::optional<Field> take_value(std::string_view& bytes, const Tag& tag) {
  Field field{.number = tag.number};
  if (tag.type == kWireVarint) {
    const auto value = take_varint(bytes);
    if (!value) return std::nullopt;
    field.kind = FieldKind::kVarint;
    field.varint = *value;
  } else if (tag.type == kWireBytes) {
    const auto size = take_varint(bytes);
    const auto value = size ? take_bytes(bytes, *size) : std::nullopt;
    if (!value) return std::nullopt;
    field.kind = FieldKind::kBytes;
    field.bytes = *value;
  } else if (!take_bytes(bytes, tag.type == kWireFixed64 ? 8 : 4)) {
    return std::nullopt;
  }
  return field;
}

// Steps over a group, behind its first tag: everything up to the end with the same number.
bool skip_group(std::string_view& bytes, std::uint32_t number) {
  std::array<std::uint32_t, kMaxGroupDepth> open{number};
  std::size_t depth = 1;
  while (depth > 0) {
    const auto tag = take_tag(bytes);
    if (!tag) return false;
    if (tag->type == kWireGroupBegin) {
      if (depth == kMaxGroupDepth) return false;
      open[depth++] = tag->number;
    } else if (tag->type == kWireGroupEnd) {
      if (open[--depth] != tag->number) return false;
    } else if (!take_value(bytes, *tag)) {
      return false;
    }
  }
  return true;
}

std::optional<Field> take_field(std::string_view& bytes) {
  const auto tag = take_tag(bytes);
  if (!tag || tag->type == kWireGroupEnd) return std::nullopt;
  if (tag->type != kWireGroupBegin) return take_value(bytes, *tag);
  if (!skip_group(bytes, tag->number)) return std::nullopt;
  return Field{.number = tag->number};
}

}  // namespace

std::optional<Field> FieldReader::next() {
  if (!ok_ || rest_.empty()) return std::nullopt;
  const auto field = take_field(rest_);
  ok_ = field.has_value();
  return field;
}

}  // namespace nvinject::nri
