// SPDX-License-Identifier: Apache-2.0
#include "core/cli/commands.h"
namespace nvinject::cli { int prepare(const Config&) { return 1; } }
