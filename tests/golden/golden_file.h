// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <string>

namespace nvinject::testing {

// Compares `text` with the file `name` of tests/golden, or writes it.
inline void expect_golden_file(const std::string& name, const std::string& text) {
  const std::filesystem::path path =
      std::filesystem::path(NVINJECT_SOURCE_DIR "/tests/golden") / name;
  if (std::getenv("NVINJECT_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream in(path, std::ios::binary);
  const std::string wanted{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, wanted) << path << ": NVINJECT_UPDATE_GOLDEN=1 writes it anew";
}

}  // namespace nvinject::testing
