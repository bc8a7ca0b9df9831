// SPDX-License-Identifier: Apache-2.0
#include "compat/live/error_line.h"

#include "core/base/text.h"

namespace nvinject::compat {
namespace {

struct Category {
  Failure failure;  // kNone: only messages that name it themselves
  std::string_view text;
};

constexpr Category kCategories[] = {
    {Failure::kInput, "input error: "},
    {Failure::kPermission, "permission error: "},
    {Failure::kInitialization, "initialization error: "},
    {Failure::kDetection, "detection error: "},
    {Failure::kDevice, "device error: "},
    {Failure::kContainer, "container error: "},
    {Failure::kMount, "mount error: "},
    {Failure::kNone, "requirement error: "},
    {Failure::kNone, "mig-config error: "},
    {Failure::kNone, "mig-monitor error: "},
    {Failure::kNone, "error parsing IMEX info: "},
};

std::string_view category_of(Failure failure, std::string_view message) {
  std::string_view found;
  for (const Category& category : kCategories) {
    if (message.starts_with(category.text)) return {};
    if (failure == category.failure && failure != Failure::kNone) found = category.text;
  }
  return found;
}

}  // namespace

std::string format_error_line(Failure failure, std::string_view message) {
  std::string line = "nvidia-container-cli: ";
  line.append(category_of(failure, message));
  return line.append(without_control_characters(message));
}

}  // namespace nvinject::compat
