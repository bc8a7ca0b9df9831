// SPDX-License-Identifier: Apache-2.0
#include "core/os/mount_table.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "core/os/file.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(MountTable, ALineIsAnEntry) {
  EXPECT_THAT(parse_mountinfo(
                  "36 35 98:0 /root /mnt rw,noatime shared:1 master:2 - ext4 /dev/sda1 rw,sync\n"),
              ElementsAre(MountEntry{.id = 36,
                                     .device = makedev(98, 0),
                                     .root = "/root",
                                     .mount_point = "/mnt",
                                     .shared = true,
                                     .type = "ext4",
                                     .super_options = "rw,sync"}));
}

TEST(MountTable, OnlyAPeerGroupOfItsOwnIsShared) {
  const auto entries = parse_mountinfo(
      "1 0 0:1 / / rw - tmpfs none rw\n"
      "2 0 0:1 / / rw master:7 - tmpfs none rw\n"
      "3 0 0:1 / / rw master:7 shared:9 - tmpfs none rw\n");
  ASSERT_THAT(entries, SizeIs(3));
  EXPECT_FALSE(entries[0].shared);
  EXPECT_FALSE(entries[1].shared) << "a slave tells nobody";
  EXPECT_TRUE(entries[2].shared);
}

TEST(MountTable, EscapesOfTheKernelAreUndone) {
  const auto entries = parse_mountinfo(R"(1 0 0:1 /a\134b /with\040space\04 rw - tmpfs none rw)");
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].root, "/a\\b");
  EXPECT_EQ(entries[0].mount_point, "/with space\\04");
}

TEST(MountTable, WhatIsNoEntryIsPassedOver) {
  for (const char* line :
       {"", "36", "x 35 98:0 / / rw - ext4 a rw", "36 35 98 / / rw - ext4 a rw",
        "36 35 98:0 / / rw ext4 a rw", "36 35 98:0 / / rw - ext4 a", "36 35 98:0 / - ext4 a rw"}) {
    EXPECT_THAT(parse_mountinfo(line), IsEmpty()) << line;
  }
}

TEST(FileFactsOf, AreThoseOfTheOpenFile) {
  const testing::TempTree tree;
  tree.file("file", "12345");
  const auto fd = open_file(tree.host("file"), O_PATH);
  ASSERT_TRUE(fd);
  const auto facts = file_facts(fd->get(), "file");
  ASSERT_TRUE(facts);
  struct stat expected{};
  ASSERT_EQ(::stat(tree.path("file").c_str(), &expected), 0);
  EXPECT_EQ(facts->mode, expected.st_mode);
  EXPECT_EQ(facts->device, expected.st_dev);
  EXPECT_EQ(facts->inode, expected.st_ino);
  EXPECT_EQ(facts->size, 5U);
  EXPECT_NE(facts->mount_id, 0U);
}

TEST(FileFactsOf, ADescriptorThatIsNoneAreAnError) {
  const auto facts = file_facts(-1, "nothing");
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().os_errno, EBADF);
}

}  // namespace
}  // namespace nvinject
