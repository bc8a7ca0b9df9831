// SPDX-License-Identifier: Apache-2.0
#include "core/os/mapped_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "core/base/unique_fd.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::FailsWith;
using testing::TempTree;

TEST(MappedFile, HasTheBytesOfTheFileWhenItIsClosed) {
  const TempTree tree;
  const std::string text(10'000, 'x');
  tree.file("file", text);
  auto mapped = [&] {
    const UniqueFd fd(::open(tree.path("file").c_str(), O_RDONLY | O_CLOEXEC));
    return MappedFile::map(fd.get(), text.size(), "file");
  }();
  ASSERT_TRUE(mapped);
  const MappedFile moved = *std::move(mapped);
  EXPECT_EQ(moved.bytes(), text);
}

TEST(MappedFile, AnEmptyFileHasNone) {
  const auto mapped = MappedFile::map(-1, 0, "file");
  ASSERT_TRUE(mapped);
  EXPECT_EQ(mapped->bytes(), "");
}

TEST(MappedFile, WhatCannotBeMappedIsSaidByName) {
  EXPECT_THAT(MappedFile::map(-1, 1, "lib"), FailsWith(ErrorCode::kSystem, "lib"));
}

}  // namespace
}  // namespace nvinject
