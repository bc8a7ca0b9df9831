// SPDX-License-Identifier: Apache-2.0
#pragma once

// The fence around toml++: header only, and with error values instead of exceptions.

#define TOML_EXCEPTIONS 0
// Without exceptions the parser walks on after an error ("[[[") into assertions of its own; it
// reports the error all the same.
#define TOML_ASSERT(expr) static_assert(true)
#define TOML_ENABLE_FORMATTERS 0
#define TOML_ENABLE_WINDOWS_COMPAT 0
#include <toml++/toml.h>
