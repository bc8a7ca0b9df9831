// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/print_yaml.h"

#include <yaml.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "core/base/text.h"

namespace nvinject {
namespace {

// Whether every reader of YAML 1.1 or 1.2 takes the bare text for this string.
bool is_safe_plain(std::string_view text) {
  constexpr std::string_view kInside =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-.+=";
  constexpr std::array<std::string_view, 9> kWords = {"null", "true", "false", "yes", "no",
                                                      "on",   "off",  "y",     "n"};
  if (text.empty() || text.find_first_not_of(kInside) != std::string_view::npos) return false;
  constexpr std::size_t kLetters = 52;
  if (text.front() != '/' && kInside.substr(0, kLetters).find(text.front()) == std::string::npos) {
    return false;
  }
  return std::none_of(kWords.begin(), kWords.end(),
                      [&](std::string_view word) { return equals_ignoring_case(text, word); });
}

// The library's emitter; that a call fails means that memory is short, or a mistake of ours.
class Emitter {
 public:
  Emitter() {
    yaml_emitter_initialize(&emitter_);
    yaml_emitter_set_output(&emitter_, write, &text_);
    yaml_emitter_set_unicode(&emitter_, 1);
    yaml_emitter_set_width(&emitter_, -1);  // nothing is folded
  }
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;
  ~Emitter() { yaml_emitter_delete(&emitter_); }

  std::string print(const Json& value) {
    yaml_event_t event;
    if (yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) == 1) emit(event);
    if (yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 0) == 1) {
      emit(event);
    }
    emit_value(value);
    if (yaml_document_end_event_initialize(&event, 1) == 1) emit(event);
    if (yaml_stream_end_event_initialize(&event) == 1) emit(event);
    yaml_emitter_flush(&emitter_);
    return std::move(text_);
  }

 private:
  static int write(void* text, unsigned char* bytes, std::size_t size) {
    static_cast<std::string*>(text)->append(reinterpret_cast<const char*>(bytes), size);
    return 1;
  }
  void emit(yaml_event_t& event) { yaml_emitter_emit(&emitter_, &event); }

  void emit_scalar(const std::string& text, yaml_scalar_style_t style) {
    yaml_event_t event;
    const auto* const bytes = reinterpret_cast<const yaml_char_t*>(text.data());
    if (yaml_scalar_event_initialize(&event, nullptr, nullptr, bytes, static_cast<int>(text.size()),
                                     1, 1, style) == 1) {
      emit(event);
    }
  }
  void emit_string(const std::string& text) {
    emit_scalar(text,
                is_safe_plain(text) ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
  }
  void emit_list(const Json& list) {
    yaml_event_t event;
    if (yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1,
                                             YAML_BLOCK_SEQUENCE_STYLE) == 1) {
      emit(event);
    }
    for (const Json& element : list) emit_value(element);
    if (yaml_sequence_end_event_initialize(&event) == 1) emit(event);
  }
  void emit_map(const Json& map) {
    yaml_event_t event;
    if (yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1,
                                            YAML_BLOCK_MAPPING_STYLE) == 1) {
      emit(event);
    }
    for (const auto& [key, member] : map.get_ref<const Json::object_t&>()) {
      emit_string(key);
      emit_value(member);
    }
    if (yaml_mapping_end_event_initialize(&event) == 1) emit(event);
  }
  // As deep as the value, which we made.
  void emit_value(const Json& value) {
    if (value.is_object()) {
      emit_map(value);
    } else if (value.is_array()) {
      emit_list(value);
    } else if (value.is_string()) {
      emit_string(value.get_ref<const std::string&>());
    } else {
      emit_scalar(print_json(value), YAML_PLAIN_SCALAR_STYLE);
    }
  }

  yaml_emitter_t emitter_ = {};
  std::string text_;
};

}  // namespace

std::string print_yaml(const Json& value) { return Emitter().print(value); }

}  // namespace nvinject
