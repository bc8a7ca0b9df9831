// SPDX-License-Identifier: Apache-2.0
#include "compat/live/error_line.h"

#include "core/base/text.h"

namespace nvinject::compat {
namespace {

constexpr std::string_view kOwnCategory = "requirement error: ";

std::string_view category_of(Failure failure) {
  switch (failure) {
    case Failure::kInitialization:
      return "initialization error: ";
    case Failure::kDetection:
      return "detection error: ";
    case Failure::kDevice:
      return "device error: ";
    case Failure::kContainer:
      return "container error: ";
    case Failure::kMount:
      return "mount error: ";
    case Failure::kNone:
      break;
  }
  return "";
}

}  // namespace

std::string format_error_line(Failure failure, std::string_view message) {
  std::string line = "nvidia-container-cli: ";
  if (!message.starts_with(kOwnCategory)) line.append(category_of(failure));
  return line.append(without_control_characters(message));
}

}  // namespace nvinject::compat
