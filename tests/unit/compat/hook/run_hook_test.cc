// SPDX-License-Identifier: Apache-2.0
#include "compat/hook/run_hook.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <string>

#include "core/linker/elf.h"
#include "core/linker/ld_cache.h"
#include "core/os/file.h"
#include "tests/support/elf_bytes.h"
#include "tests/support/elf_note_bytes.h"
#include "tests/support/ld_cache_sample.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::image_ld_cache;
using nvinject::testing::make_compat_library;
using nvinject::testing::make_library_64;
using nvinject::testing::Succeeds;
using nvinject::testing::TempTree;
using ::testing::HasSubstr;

// A bundle of an image whose libc.so.6 is in /usr/lib64, and libcuda.so.1 mounted there.
class RunHook : public ::testing::Test {
 protected:
  RunHook() {
    tree_.file("b/config.json", R"({"root": {"path": "rootfs"}, "mounts": [
        {"destination": "/usr/lib64/libcuda.so.1"},
        {"destination": "/usr/lib/x86_64-linux-gnu/libcuda.so.1"}]})");
    tree_.file("b/rootfs/usr/lib64/libc.so.6", make_library_64(native_machine(), "libc.so.6"));
    tree_.file("b/rootfs/etc/ld.so.cache", image_ld_cache());
  }

  Result<Decisions> run(const std::vector<std::string_view>& args = {"ld-cache", "libcuda.so.1"}) {
    return run_with(R"({"bundle": ")" + tree_.path("b") + R"("})", args);
  }
  Result<Decisions> run_with(const std::string& state, const std::vector<std::string_view>& args = {
                                                           "ld-cache", "libcuda.so.1"}) {
    tree_.file("state", state);
    const auto fd = open_file(tree_.host("state"), O_RDONLY);
    EXPECT_THAT(fd, Succeeds());
    return run_hook(args, fd->get());
  }
  void expect_skipped(std::string_view reason) {
    const auto done = run();
    ASSERT_THAT(done, Succeeds());
    ASSERT_EQ(done->size(), 1U);
    EXPECT_EQ(done->front().choice, "skipped");
    EXPECT_THAT(done->front().reason, HasSubstr(reason));
  }

  TempTree tree_;
};

TEST_F(RunHook, TheImagesCacheNamesTheDriver) {
  const auto done = run();
  ASSERT_THAT(done, Succeeds());
  ASSERT_EQ(done->size(), 1U);
  EXPECT_EQ(done->front().choice, "merged");
  const auto cache = parse_ld_cache(tree_.read("b/rootfs/etc/ld.so.cache"));
  ASSERT_THAT(cache, Succeeds());
  ASSERT_EQ(cache->entries.size(), 2U);
  EXPECT_EQ(cache->entries.front(), (LdCacheEntry{.flags = native_ld_cache_flags(),
                                                  .soname = "libcuda.so.1",
                                                  .path = "/usr/lib64/libcuda.so.1"}));
  EXPECT_EQ(run()->front().choice, "unchanged");
}

TEST_F(RunHook, WhatAnImageDoesNotAllowIsSkipped) {
  std::filesystem::remove(tree_.path("b/rootfs/etc/ld.so.cache"));
  expect_skipped("the image has none");
  tree_.link("b/rootfs/etc/ld.so.cache", tree_.path("elsewhere"));
  tree_.file("elsewhere", image_ld_cache());
  expect_skipped("none that is a regular file");
  EXPECT_EQ(tree_.read("elsewhere"), image_ld_cache());
  std::filesystem::remove(tree_.path("b/rootfs/etc/ld.so.cache"));
  tree_.file("b/rootfs/etc/ld.so.cache", "odd");
  expect_skipped("parse ld.so.cache");
  std::filesystem::remove_all(tree_.path("b/rootfs/usr/lib64"));
  expect_skipped("where the image's loader searches (no libc)");
}

TEST_F(RunHook, CompatibilityLibrariesOfTheImageComeBeforeTheDrivers) {
  tree_.file("b/rootfs/usr/local/cuda/compat/libcuda.so.575.57.08",
             make_compat_library(native_machine(), "libcuda.so.1",
                                 R"({"CUDA Version": "12.9", "Driver": [550]})"));
  const auto first_path = [this](const char* argument) {
    tree_.file("b/rootfs/etc/ld.so.cache", image_ld_cache());
    EXPECT_THAT(run({"ld-cache", argument, "libcuda.so.1"}), Succeeds());
    return parse_ld_cache(tree_.read("b/rootfs/etc/ld.so.cache"))->entries.front().path;
  };
  EXPECT_EQ(first_path("--cuda-compat=550.163.01"), "/usr/local/cuda/compat/libcuda.so.575.57.08");
  EXPECT_EQ(first_path("--cuda-compat=580.1"), "/usr/lib64/libcuda.so.1") << "newer";
  EXPECT_EQ(first_path("libcuda.so"), "/usr/lib64/libcuda.so.1") << "not asked for";
}

TEST_F(RunHook, WithoutMountsOfTheDriverTheImageIsNotLookedAt) {
  tree_.file("b/config.json", R"({"root": {"path": "gone"}, "mounts": []})");
  expect_skipped("no library of the driver is mounted");
}

TEST_F(RunHook, WhatTheCallerSaysWronglyIsAnError) {
  EXPECT_THAT(run({"create-symlinks"}), FailsWith(ErrorCode::kUnsupported, "create-symlinks"));
  EXPECT_THAT(run_with("{}"), FailsWith(ErrorCode::kInvalidRequest, "bundle"));
  EXPECT_THAT(run_with(std::string((4U << 20U) + 1, ' ')),
              FailsWith(ErrorCode::kInvalidRequest, "larger than"));
  EXPECT_THAT(run_with(R"({"bundle": ")" + tree_.path("absent") + R"("})"),
              FailsWith(ErrorCode::kNotFound, "absent"));
  for (const char* const spec :
       {"", "[]", "{}", R"({"root": {"path": ""}})", R"({"root": {"path": "rootfs"}, "mounts": 1})",
        R"({"root": {"path": "rootfs"}, "mounts": [{"destination": 1}]})"}) {
    tree_.file("b/config.json", spec);
    EXPECT_THAT(run(), FailsWith(ErrorCode::kInvalidRequest, "")) << spec;
  }
  tree_.file("b/config.json", R"({"root": {"path": "gone"}, "mounts": [
      {"destination": "/usr/lib64/libcuda.so.1"}]})");
  EXPECT_THAT(run(), FailsWith(ErrorCode::kNotFound, "gone"));
  EXPECT_EQ(tree_.read("b/rootfs/etc/ld.so.cache"), image_ld_cache());
}

}  // namespace
}  // namespace nvinject::compat
