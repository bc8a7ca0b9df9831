// SPDX-License-Identifier: Apache-2.0
#include "core/probe/json_writer.h"

#include <stdio.h>
#include <string.h>

static void append(JsonWriter* writer, const char* bytes, size_t length) {
  if (writer->overflowed || length > writer->size - writer->length) {
    writer->overflowed = true;
    return;
  }
  memcpy(writer->bytes + writer->length, bytes, length);
  writer->length += length;
}

static void append_literal(JsonWriter* writer, const char* literal) {
  append(writer, literal, strlen(literal));
}

static void begin_value(JsonWriter* writer, const char* key) {
  if (writer->needs_comma) append_literal(writer, ",");
  writer->needs_comma = true;
  if (key == NULL) return;
  append_literal(writer, "\"");
  append_literal(writer, key);
  append_literal(writer, "\":");
}

// The length of the UTF-8 sequence that `bytes` begins with, 0 if it begins with none. The second
// byte's range is what excludes overlong forms, surrogates and everything above U+10FFFF
// (Unicode 15, table 3-7).
static size_t utf8_length(const unsigned char* bytes, size_t available) {
  static const struct {
    unsigned char first_low, first_high, second_low, second_high, length;
  } kForms[] = {{0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
                {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
                {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
                {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
  if (bytes[0] < 0x80) return 1;
  for (size_t i = 0; i < sizeof kForms / sizeof kForms[0]; ++i) {
    if (bytes[0] < kForms[i].first_low || bytes[0] > kForms[i].first_high) continue;
    if (available < kForms[i].length) return 0;
    if (bytes[1] < kForms[i].second_low || bytes[1] > kForms[i].second_high) return 0;
    for (size_t j = 2; j < kForms[i].length; ++j) {
      if (bytes[j] < 0x80 || bytes[j] > 0xBF) return 0;
    }
    return kForms[i].length;
  }
  return 0;
}

// Appends the character at `bytes` and returns how many bytes it took.
static size_t append_character(JsonWriter* writer, const unsigned char* bytes, size_t available) {
  const size_t length = utf8_length(bytes, available);
  if (length == 0) {
    append_literal(writer, "\\ufffd");
    return 1;
  }
  char escaped[8] = "";
  if (bytes[0] == '"' || bytes[0] == '\\') {
    (void)snprintf(escaped, sizeof escaped, "\\%c", bytes[0]);
  } else if (bytes[0] < 0x20 || bytes[0] == 0x7F) {
    (void)snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)bytes[0]);
  }
  if (escaped[0] != '\0') {
    append_literal(writer, escaped);
  } else {
    append(writer, (const char*)bytes, length);
  }
  return length;
}

void json_open(JsonWriter* writer, const char* key, char bracket) {
  begin_value(writer, key);
  append(writer, &bracket, 1);
  writer->needs_comma = false;
}

void json_close(JsonWriter* writer, char bracket) {
  append(writer, &bracket, 1);
  writer->needs_comma = true;
}

void json_text(JsonWriter* writer, const char* key, const char* untrusted_text) {
  begin_value(writer, key);
  if (untrusted_text == NULL || untrusted_text[0] == '\0') {
    append_literal(writer, "null");
    return;
  }
  const char* const end = memchr(untrusted_text, '\0', kJsonMaxTextSize);
  const size_t length = end != NULL ? (size_t)(end - untrusted_text) : kJsonMaxTextSize;
  append_literal(writer, "\"");
  for (size_t at = 0; at < length;) {
    at += append_character(writer, (const unsigned char*)untrusted_text + at, length - at);
  }
  append_literal(writer, "\"");
}

void json_number(JsonWriter* writer, const char* key, JsonNumber number) {
  char digits[16] = "null";
  if (number.known) (void)snprintf(digits, sizeof digits, "%u", number.value);
  begin_value(writer, key);
  append_literal(writer, digits);
}

void json_bool(JsonWriter* writer, const char* key, bool value) {
  begin_value(writer, key);
  append_literal(writer, value ? "true" : "false");
}
