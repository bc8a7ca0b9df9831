// SPDX-License-Identifier: Apache-2.0
#include "core/plan/cuda_compat.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using testing::Decides;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What libcuda 575.57.08 of NVIDIA's package cuda-compat-12-9 says.
CudaCompat compat_575() {
  CudaCompat compat;
  compat.directory = ContainerPath("/usr/local/cuda-12.9/compat");
  compat.version = "575.57.08";
  compat.note = {.cuda_version = "12.9", .driver_majors = {535, 550, 560, 565, 570, 575}};
  compat.libraries = {{"libcuda.so.575.57.08", "libcuda.so.1"},
                      {"libnvidia-nvvm.so.575.57.08", "libnvidia-nvvm.so.4"}};
  return compat;
}

CudaCompat without_note(std::string version) {
  CudaCompat compat = compat_575();
  compat.version = std::move(version);
  compat.note.reset();
  return compat;
}

bool prefers(const CudaCompat& compat, const DriverVersions& host, CudaCompatMode mode) {
  const CudaCompatChoice choice = choose_cuda_compat(compat, host, mode);
  EXPECT_NE(choice.reason, "");
  return choice.preferred;
}

// The classic tools' answers, tried.
TEST(ChooseCudaCompat, ByNoteAsTheClassicHookDoes) {
  struct Row {
    const char* name;
    const char* driver;
    bool preferred;
  };
  const Row rows[] = {
      {"an older branch that is listed", "550.54.15", true},
      {"the branch before", "570.1", true},
      {"the oldest of its own branch", "575.1", true},
      {"the very version", "575.57.08", false},
      {"newer of its own branch", "575.64", false},
      {"a newer branch", "580.1", false},
      {"an older branch that is not listed", "545.1", false},
      {"the branch after the oldest", "536.1", false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(prefers(compat_575(), {.driver = row.driver, .cuda = "12.4"}, CudaCompatMode::kHook),
              row.preferred)
        << row.name;
  }
}

TEST(ChooseCudaCompat, ByCudaVersionWhereTheNoteOrTheHostKnowsNoDriver) {
  const auto by_cuda = [](const CudaCompat& compat, std::string_view driver, const char* cuda) {
    return prefers(compat, {.driver = driver, .cuda = cuda}, CudaCompatMode::kHook);
  };
  CudaCompat without_drivers = compat_575();
  without_drivers.note->driver_majors.clear();
  for (const auto& [compat, driver] :
       {std::pair(compat_575(), ""), std::pair(without_drivers, "550.54.15")}) {
    EXPECT_TRUE(by_cuda(compat, driver, "12.8"));
    EXPECT_FALSE(by_cuda(compat, driver, "12.9"));
    EXPECT_FALSE(by_cuda(compat, driver, "12.10")) << "as numbers";
    EXPECT_FALSE(prefers(compat, {.driver = driver, .cuda = {}}, CudaCompatMode::kHook));
  }
  without_drivers.note->cuda_version.clear();
  EXPECT_FALSE(by_cuda(without_drivers, "550.54.15", "12.4")) << "it says nothing";
}

TEST(ChooseCudaCompat, ByMajorVersionWithoutANote) {
  const auto hook = [](const char* compat, const char* driver) {
    return prefers(without_note(compat), {.driver = driver, .cuda = {}}, CudaCompatMode::kHook);
  };
  EXPECT_TRUE(hook("575.57.08", "550.54.15"));
  EXPECT_FALSE(hook("575.57.08", "575.1"));
  EXPECT_FALSE(hook("575.57.08", "580.1"));
  EXPECT_FALSE(hook("575.57.08", ""));
}

TEST(ChooseCudaCompat, AMalformedNoteIsNoLeave) {
  CudaCompat compat = without_note("575.57.08");
  compat.note_problem = "parse note: odd";
  const DriverVersions host{.driver = "550.54.15", .cuda = "12.4"};
  EXPECT_THAT(choose_cuda_compat(compat, host, CudaCompatMode::kHook).reason, HasSubstr("odd"));
  EXPECT_FALSE(prefers(compat, host, CudaCompatMode::kHook));
  EXPECT_TRUE(prefers(compat, host, CudaCompatMode::kLdconfig)) << "it does not ask the note";
}

TEST(ChooseCudaCompat, ModesMountAndLdconfigCompareMajorVersionsAsNumbers) {
  for (const CudaCompatMode mode : {CudaCompatMode::kMount, CudaCompatMode::kLdconfig}) {
    EXPECT_TRUE(prefers(compat_575(), {.driver = "545.1", .cuda = {}}, mode))
        << "the note does not count";
    EXPECT_FALSE(prefers(compat_575(), {.driver = "575.1", .cuda = {}}, mode));
    EXPECT_FALSE(prefers(compat_575(), {.driver = "580.1", .cuda = {}}, mode));
    EXPECT_TRUE(prefers(without_note("1000.1.1"), {.driver = "999.1", .cuda = {}}, mode));
    EXPECT_FALSE(prefers(without_note("999.1.1"), {.driver = "1000.1", .cuda = {}}, mode));
  }
}

TEST(ChooseCudaCompat, DisabledIsDisabled) {
  EXPECT_FALSE(
      prefers(compat_575(), {.driver = "550.54.15", .cuda = "12.4"}, CudaCompatMode::kDisabled));
}

TEST(ChooseCudaCompat, AProblemIsTheReason) {
  CudaCompat compat;
  compat.problem = "more than one";
  for (const CudaCompatMode mode : {CudaCompatMode::kMount, CudaCompatMode::kHook}) {
    EXPECT_EQ(choose_cuda_compat(compat, {.driver = "1.1", .cuda = {}}, mode).reason,
              "more than one");
  }
}

LdCacheEntry entry(const char* soname, const char* path) {
  return {.flags = native_ld_cache_flags(), .soname = soname, .path = path};
}

TEST(PreferCudaCompat, ItsLibrariesComeFirstUnderEveryName) {
  const LdCacheEntry drivers = entry("libcuda.so.1", "/usr/lib64/libcuda.so.1");
  MergeLdCache cache{.entries = {drivers}, .cuda_compat = {}};
  const CudaCompat compat = compat_575();
  EXPECT_THAT(prefer_cuda_compat(compat, {.driver = "550.54.15", .cuda = {}}, CudaCompatMode::kHook,
                                 &cache),
              Decides("/usr/local/cuda-12.9/compat", "before the driver's", "550.54.15"));
  const char* const libcuda = "/usr/local/cuda-12.9/compat/libcuda.so.575.57.08";
  const char* const nvvm = "/usr/local/cuda-12.9/compat/libnvidia-nvvm.so.575.57.08";
  EXPECT_THAT(cache.entries,
              ElementsAre(entry("libcuda.so.1", libcuda), entry("libcuda.so", libcuda),
                          entry("libnvidia-nvvm.so.4", nvvm),
                          entry("libnvidia-nvvm.so.575.57.08", nvvm), drivers));
  EXPECT_EQ(cache.cuda_compat, compat.directory);
}

TEST(PreferCudaCompat, NotChosenItChangesNothing) {
  MergeLdCache cache;
  EXPECT_THAT(prefer_cuda_compat(compat_575(), {.driver = "580.1", .cuda = {}},
                                 CudaCompatMode::kHook, &cache),
              Decides("/usr/local/cuda-12.9/compat", "not used", "580.1"));
  EXPECT_THAT(cache.entries, IsEmpty());
  EXPECT_TRUE(cache.cuda_compat.empty());
}

TEST(PreferCudaCompat, WithoutACacheNothingNamesIt) {
  EXPECT_THAT(prefer_cuda_compat(compat_575(), {.driver = "550.54.15", .cuda = {}},
                                 CudaCompatMode::kHook, nullptr),
              Decides("/usr/local/cuda-12.9/compat", "not used", "/etc/ld.so.cache"));
}

}  // namespace
}  // namespace nvinject
