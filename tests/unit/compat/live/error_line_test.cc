// SPDX-License-Identifier: Apache-2.0
#include "compat/live/error_line.h"

#include <gtest/gtest.h>

namespace nvinject::compat {
namespace {

TEST(ErrorLine, NamesTheCategoryAsTheClassicToolsDo) {
  struct Row {
    Failure failure;
    const char* line;
  };
  const Row rows[] = {
      {Failure::kInput, "nvidia-container-cli: input error: why"},
      {Failure::kPermission, "nvidia-container-cli: permission error: why"},
      {Failure::kInitialization, "nvidia-container-cli: initialization error: why"},
      {Failure::kDetection, "nvidia-container-cli: detection error: why"},
      {Failure::kDevice, "nvidia-container-cli: device error: why"},
      {Failure::kContainer, "nvidia-container-cli: container error: why"},
      {Failure::kMount, "nvidia-container-cli: mount error: why"},
  };
  for (const Row& row : rows) EXPECT_EQ(format_error_line(row.failure, "why"), row.line);
}

TEST(ErrorLine, AMessageKeepsTheCategoryThatItHas) {
  EXPECT_EQ(
      format_error_line(Failure::kDevice, "requirement error: unsatisfied condition: cuda>=99"),
      "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=99");
  for (const char* const message :
       {"mig-config error: why", "mig-monitor error: why",
        "error parsing IMEX info: unsupported IMEX channel value: x", "container error: why"}) {
    EXPECT_EQ(format_error_line(Failure::kInput, message),
              std::string("nvidia-container-cli: ") + message);
  }
}

TEST(ErrorLine, IsOneLineWhateverAnImageWrote) {
  EXPECT_EQ(format_error_line(Failure::kDevice, "a\nb\x1b[0m"),
            "nvidia-container-cli: device error: a\\x0ab\\x1b[0m");
}

}  // namespace
}  // namespace nvinject::compat
