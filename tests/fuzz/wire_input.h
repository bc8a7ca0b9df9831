// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the fuzz targets of the NRI protocol share. Seeds are made by the targets instead of being
// kept as binary files: the first byte of an input is a number from which valid bytes are made, the
// others damage them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <random>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "nri-plugin/wire/field_reader.h"

namespace nvinject::fuzz {

inline void require(bool holds, std::source_location place = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u does not hold\n", place.file_name(), place.line());
  std::abort();
}

// `made` with one byte replaced for every three of the input behind the first.
inline std::string damage(std::string made, std::string_view input) {
  const auto byte = [&input](std::size_t at) { return static_cast<unsigned char>(input[at]); };
  for (std::size_t i = 1; i + 2 < input.size() && !made.empty(); i += 3) {
    made[(byte(i) * 256U + byte(i + 1)) % made.size()] = input[i + 2];
  }
  return made;
}

// Calls `check` with the input as it is, and with what `make` makes of its first byte, damaged.
template <class Make, class Check>
int run(const std::uint8_t* data, std::size_t size, Make make, Check check) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(input);
  if (size != 0) check(damage(make(unsigned{data[0]}), input));
  return 0;
}

// The bytes in reads of 1 to 4096, which depend on nothing but their number.
inline std::vector<std::string_view> reads_of(std::string_view bytes) {
  std::minstd_rand random(static_cast<unsigned>(bytes.size()));
  std::vector<std::string_view> reads;
  while (!bytes.empty()) {
    const std::size_t size = 1 + (random() % 2 == 0 ? random() % 16 : random() % 4096);
    reads.push_back(bytes.substr(0, size));
    bytes.remove_prefix(reads.back().size());
  }
  return reads;
}

// Every value at a path of field numbers, as FieldReader sees it: {2, 8} is field 8 of every field
// 2, which is what protobuf makes of a message that comes in pieces.
class Walk {
 public:
  explicit Walk(std::string_view message) : message_(message) {}

  // False after a malformed message on any path: FieldReader refuses a little more than protobuf.
  [[nodiscard]] bool ok() const { return ok_; }

  std::vector<nri::Field> fields(std::initializer_list<std::uint32_t> path) {
    std::vector<nri::Field> found = {{.kind = nri::FieldKind::kBytes, .bytes = message_}};
    for (const std::uint32_t number : path) {
      std::vector<nri::Field> next;
      for (const nri::Field& field : found) {
        if (field.kind == nri::FieldKind::kBytes) collect(field.bytes, number, next);
      }
      found = std::move(next);
    }
    return found;
  }
  std::vector<std::string> texts(std::initializer_list<std::uint32_t> path) {
    std::vector<std::string> found;
    for (const nri::Field& field : fields(path)) {
      if (field.kind == nri::FieldKind::kBytes) found.emplace_back(field.bytes);
    }
    return found;
  }
  std::string text(std::initializer_list<std::uint32_t> path) {
    const auto found = texts(path);
    return found.empty() ? "" : found.back();
  }
  std::uint64_t number(std::initializer_list<std::uint32_t> path) {
    std::uint64_t last = 0;
    for (const nri::Field& field : fields(path)) {
      if (field.kind == nri::FieldKind::kVarint) last = field.varint;
    }
    return last;
  }

 private:
  void collect(std::string_view message, std::uint32_t number, std::vector<nri::Field>& found) {
    nri::FieldReader reader(message);
    while (const auto field = reader.next()) {
      if (field->number == number) found.push_back(*field);
    }
    ok_ = ok_ && reader.ok();
  }

  std::string_view message_;
  bool ok_ = true;
};

// The container and the pod of a message, in its fields `pod` and `container`.
template <class Message>
void require_same_subject(Walk& walk, const Message& message, std::uint32_t pod,
                          std::uint32_t container) {
  const auto& env = message.container().env();
  const bool same = walk.text({pod, 1}) == message.pod().id() &&
                    walk.text({pod, 4}) == message.pod().namespace_() &&
                    walk.text({container, 1}) == message.container().id() &&
                    walk.text({container, 3}) == message.container().name() &&
                    walk.texts({container, 8}) == std::vector<std::string>(env.begin(), env.end());
  require(same || !walk.ok());
}

}  // namespace nvinject::fuzz
