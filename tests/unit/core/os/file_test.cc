// SPDX-License-Identifier: Apache-2.0
#include "core/os/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>

#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::TempTree;

TEST(ReadFile, GivesAllBytesUpToTheLimit) {
  const TempTree tree;
  const std::string bytes(200'000, 'x');
  tree.file("file", bytes);
  EXPECT_EQ(read_file(tree.host("file"), bytes.size()), bytes);
  EXPECT_EQ(read_file(tree.host("file"), bytes.size() - 1).error().code,
            ErrorCode::kInvalidRequest);
  tree.file("empty", "");
  EXPECT_EQ(read_file(tree.host("empty"), 0), "");
}

TEST(ReadFile, WorksForProcfsWhereFilesSaySizeZero) {
  const auto status = read_file(HostPath("/proc/self/status"), 100'000);
  ASSERT_TRUE(status);
  EXPECT_TRUE(status->starts_with("Name:"));
  EXPECT_FALSE(read_file(HostPath("/proc/self/status"), 10));
}

TEST(ReadAttribute, IsWithoutTheLinesEndAndEmptyWhereThereIsNone) {
  const testing::TempTree tree;
  tree.file("vendor", "0x10de\n");
  EXPECT_EQ(read_attribute(tree.host("vendor")), "0x10de");
  EXPECT_EQ(read_attribute(tree.host("none")), "");
}

TEST(ReadFile, RefusesWhatMayBlock) {
  const TempTree tree;
  tree.fifo("fifo");
  EXPECT_EQ(read_file(tree.host("fifo"), 10).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(read_file(HostPath("/dev/null"), 10).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(read_file(tree.host(), 10).error().code, ErrorCode::kInvalidRequest);
  EXPECT_EQ(read_file(tree.host("none"), 10).error().code, ErrorCode::kNotFound);
}

TEST(ReadStream, GivesWhatIsSentUntilItsEnd) {
  std::array<int, 2> pipe{};
  for (const std::size_t limit : {10'000UL, 9'999UL}) {
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const UniqueFd reader(pipe[0]);
    UniqueFd writer(pipe[1]);
    const std::string bytes(10'000, 'x');
    ASSERT_EQ(::write(writer.get(), bytes.data(), bytes.size()), 10'000);
    writer.reset();
    const auto got = read_stream(reader.get(), "stream", limit);
    EXPECT_EQ(got.has_value(), limit == bytes.size());
    EXPECT_EQ(got.value_or(bytes), bytes);
  }
  EXPECT_EQ(read_stream(-1, "stream", 10).error().code, ErrorCode::kSystem);
}

TEST(ReadDirectory, IsSortedAndWithoutDots) {
  const TempTree tree;
  tree.file("b", "");
  tree.file("a", "");
  tree.directory("c");
  EXPECT_EQ(read_directory(tree.host()), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(read_directory(tree.host("none")).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(read_directory(tree.host("a")));
}

TEST(ReadDirectory, OfAnOpenOneIsBounded) {
  const TempTree tree;
  tree.file("b", "");
  tree.file("a", "");
  const auto fd = open_directory(tree.host());
  ASSERT_TRUE(fd);
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(read_directory_fd(fd->get(), "tree", 2), (std::vector<std::string>{"a", "b"}))
        << "its own position is left alone";
  }
  EXPECT_EQ(read_directory_fd(fd->get(), "tree", 1).error().code, ErrorCode::kInvalidRequest);
  const auto file = open_file(tree.host("a"), O_RDONLY);
  ASSERT_TRUE(file);
  EXPECT_EQ(read_directory_fd(file->get(), "a", 1).error().os_errno, ENOTDIR);
}

TEST(AppendToFile, AddsBehindWhatIsThere) {
  const TempTree tree;
  ASSERT_TRUE(append_to_file(tree.host("log"), "one\n", 0600));
  ASSERT_TRUE(append_to_file(tree.host("log"), "two\n", 0644));
  EXPECT_EQ(tree.read("log"), "one\ntwo\n");
  EXPECT_EQ(std::filesystem::status(tree.path("log")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write)
      << "the mode is for a new file";
}

TEST(AppendToFile, DoesNotWaitForTheReaderOfAFifo) {
  const TempTree tree;
  tree.fifo("fifo");
  EXPECT_EQ(append_to_file(tree.host("fifo"), "x", 0644).error().os_errno, ENXIO);
  EXPECT_FALSE(append_to_file(tree.host("absent/log"), "x", 0644));
  EXPECT_FALSE(append_to_file(tree.host(), "x", 0644)) << "a directory";
}

TEST(PathOfFd, IsFreeOfLinks) {
  const TempTree tree;
  tree.directory("real");
  tree.link("link", "real");
  const auto fd = open_directory(tree.host("link"));
  ASSERT_TRUE(fd);
  EXPECT_EQ(path_of_fd(fd->get(), "link"), tree.host("real"));
}

class WriteFileAtomically : public ::testing::Test {
 protected:
  WriteFileAtomically() : directory_(*open_directory(tree_.host())) {}
  [[nodiscard]] Result<void> write(const std::string& name, const FileOwner& owner) const {
    return write_file_atomically(directory_.get(), name, "new", owner);
  }
  TempTree tree_;
  UniqueFd directory_;
  FileOwner owner_{.uid = ::geteuid(), .gid = ::getegid(), .mode = 0640};
};

TEST_F(WriteFileAtomically, ReplacesTheNameAndNotTheFile) {
  tree_.file("file", "old");
  std::filesystem::create_hard_link(tree_.path("file"), tree_.path("other"));
  ASSERT_TRUE(write("file", owner_));
  EXPECT_EQ(tree_.read("file"), "new");
  EXPECT_EQ(tree_.read("other"), "old");
  const UniqueFd fd = *open_file(tree_.host("file"), O_RDONLY);
  EXPECT_EQ(stat_fd(fd.get(), "file")->st_mode & 07777U, 0640U);
  EXPECT_EQ(tree_.entries(""), 2U);
}

TEST_F(WriteFileAtomically, TheSameForAFileThatOutlivesAPowerCut) {
  tree_.file("file", "old");
  ASSERT_TRUE(
      write_file_atomically(directory_.get(), "file", "new", owner_, Durability::kPowerCut));
  EXPECT_EQ(tree_.read("file"), "new");
  EXPECT_EQ(tree_.entries(""), 1U);
}

TEST_F(WriteFileAtomically, ALinkIsReplacedAndNotFollowed) {
  tree_.file("outside", "old");
  tree_.link("file", "outside");
  ASSERT_TRUE(write("file", owner_));
  EXPECT_EQ(tree_.read("outside"), "old");
  EXPECT_TRUE(
      std::filesystem::is_regular_file(std::filesystem::symlink_status(tree_.path("file"))));
}

TEST_F(WriteFileAtomically, WhatCannotBeReplacedLeavesNothingBehind) {
  tree_.directory("file/full");
  EXPECT_FALSE(write("file", owner_));
  EXPECT_EQ(tree_.entries(""), 1U);
}

TEST(ReadRecordFile, ReadsAllWithoutBeingToldASize) {
  const TempTree tree;
  for (const std::size_t size : {0UL, 1UL, 4096UL, 4097UL, 4098UL, 100000UL}) {
    const std::string text(size, 'x');
    tree.file("record", text);
    EXPECT_EQ(read_record_file(tree.host("record"), 100000).value_or("?"), text) << size;
  }
  EXPECT_THAT(read_record_file(tree.host("record"), 99999),
              testing::FailsWith(ErrorCode::kInvalidRequest, "larger than"));
  const auto cgroup = read_record_file(HostPath("/proc/self/cgroup"), 1U << 20U);
  ASSERT_TRUE(cgroup);
  EXPECT_EQ(*cgroup, read_file(HostPath("/proc/self/cgroup"), 1U << 20U).value_or("?"));
  EXPECT_FALSE(read_record_file(tree.host("missing"), 1));
}

}  // namespace
}  // namespace nvinject
