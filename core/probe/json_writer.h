// SPDX-License-Identifier: Apache-2.0
//
// Writes one JSON document into a buffer of fixed size; commas are its own business. Text comes
// from driver code and is not trusted: it is cut to a limit, control characters are escaped, and
// bytes that are not UTF-8 become U+FFFD. Allocates nothing, so a signal handler may read what is
// there.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { kJsonMaxTextSize = 512 };

typedef struct JsonWriter {
  char* bytes;
  size_t size;
  size_t length;
  bool needs_comma;
  bool overflowed;  // the document did not fit; `bytes` is then no valid JSON
} JsonWriter;

typedef struct JsonNumber {
  bool known;
  unsigned value;
} JsonNumber;

// `key` is null inside an array; keys are literals of ours and are not escaped.
void json_open(JsonWriter* writer, const char* key, char bracket);
void json_close(JsonWriter* writer, char bracket);
void json_text(JsonWriter* writer, const char* key,
               const char* untrusted_text);                                // null or "": null
void json_number(JsonWriter* writer, const char* key, JsonNumber number);  // not known: null
void json_bool(JsonWriter* writer, const char* key, bool value);

#ifdef __cplusplus
}
#endif
