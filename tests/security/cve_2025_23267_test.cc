// SPDX-License-Identifier: Apache-2.0

// CVE-2025-23267 (NVIDIA bulletin 5659, CWE-59): the hook that updates /etc/ld.so.cache followed
// links of the image and wrote to the host. Here every object that an image may put in that place,
// and a second container that moves them while we work, must leave the host as it was, in bounded
// time and memory.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>

#include "core/apply/in_root.h"
#include "core/image/read_image_facts.h"
#include "tests/support/ld_cache_sample.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::driver_step;
using testing::image_ld_cache;
using testing::TempTree;

constexpr const char* kCache = "root/etc/ld.so.cache";

// tree/host is what must not change, tree/root is the container's. The host's cache is a valid one:
// what follows a link to it would write it.
class Cve202523267 : public ::testing::Test {
 protected:
  Cve202523267() {
    tree_.file("host/etc/passwd", "root:x:0:0:");
    tree_.file("host/etc/ld.so.cache", image_ld_cache());
    tree_.directory("root/tmp");
  }

  void expect_host_unchanged() const {
    EXPECT_EQ(tree_.read("host/etc/passwd"), "root:x:0:0:");
    EXPECT_EQ(tree_.read("host/etc/ld.so.cache"), image_ld_cache());
    EXPECT_EQ(tree_.entries("host/etc"), 2U);
    EXPECT_EQ(tree_.entries("host"), 1U);
  }

  // Applies the step and holds what must be true whatever the image is.
  Decision apply() const {
    const auto root = ContainerRoot::open(tree_.host("root"));
    EXPECT_TRUE(root);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(read_image_facts(*root));
    const Decisions decisions = apply_in_root(*root, {driver_step()});
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
    EXPECT_EQ(decisions.size(), 1U);
    expect_host_unchanged();
    return decisions.front();
  }

  TempTree tree_;
};

TEST_F(Cve202523267, LinksInPlaceOfTheCacheAreNotFollowed) {
  for (const char* target :
       {"../../host/etc/ld.so.cache", "../../../../../../../../../../etc/passwd",
        "/proc/1/root/etc/passwd", "/proc/self/root/etc/ld.so.cache", "/etc/ld.so.cache", "real"}) {
    tree_.file("root/etc/real", image_ld_cache());
    tree_.link(kCache, target);
    EXPECT_EQ(apply().choice, "skipped") << target;
    EXPECT_EQ(std::filesystem::read_symlink(tree_.path(kCache)), target);
    EXPECT_EQ(tree_.read("root/etc/real"), image_ld_cache());
    std::filesystem::remove_all(tree_.path("root/etc"));
  }
}

TEST_F(Cve202523267, ALinkedEtcIsNotFollowed) {
  tree_.file("root/real/ld.so.cache", image_ld_cache());
  for (const std::string& target : {std::string("../host/etc"), tree_.path("host/etc"),
                                    std::string("/etc"), std::string("/real"), std::string(".")}) {
    tree_.link("root/etc", target);
    EXPECT_EQ(apply().choice, "skipped") << target;
    EXPECT_EQ(tree_.read("root/real/ld.so.cache"), image_ld_cache());
    std::filesystem::remove(tree_.path("root/etc"));
  }
}

TEST_F(Cve202523267, AFifoDoesNotHangUs) {
  tree_.fifo(kCache);
  EXPECT_EQ(apply().choice, "skipped");
  EXPECT_TRUE(std::filesystem::is_fifo(tree_.path(kCache)));
}

// Opening a device is already an act: that of a watchdog reboots the host. The one here has no
// driver, so an open would say ENXIO.
TEST_F(Cve202523267, ADeviceIsNotOpened) {
  if (!tree_.character_device(kCache, makedev(4000, 1))) {
    GTEST_SKIP() << "making a device node needs root";
  }
  EXPECT_EQ(apply().reason, "open 'ld.so.cache': not a regular file");
}

TEST_F(Cve202523267, ADirectoryStaysOne) {
  tree_.directory(kCache);
  EXPECT_EQ(apply().choice, "skipped");
  EXPECT_TRUE(std::filesystem::is_directory(tree_.path(kCache)));
}

TEST_F(Cve202523267, ASparseFileOfFourGigabytesIsNotRead) {
  tree_.file(kCache, image_ld_cache());
  std::filesystem::resize_file(tree_.path(kCache), std::uintmax_t{4} << 30U);
  struct rusage before{}, after{};
  ASSERT_EQ(::getrusage(RUSAGE_SELF, &before), 0);
  EXPECT_EQ(apply().choice, "skipped");
  ASSERT_EQ(::getrusage(RUSAGE_SELF, &after), 0);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 4096) << "KiB";
}

TEST_F(Cve202523267, TheLargestFileThatIsReadCostsBoundedTimeAndMemory) {
  std::string bytes = image_ld_cache();
  bytes.resize(kMaxLdCacheBytes);
  tree_.file(kCache, bytes);
  struct rusage before{}, after{};
  ASSERT_EQ(::getrusage(RUSAGE_SELF, &before), 0);
  EXPECT_EQ(apply().choice, "merged");
  ASSERT_EQ(::getrusage(RUSAGE_SELF, &after), 0);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 * 1024) << "KiB";
}

// Runs `move` in a thread, as another container on a shared volume would, while the step is applied
// again and again for a second.
class Cve202523267Race : public Cve202523267 {
 protected:
  void race(const std::function<void()>& move) const {
    std::atomic<bool> stop{false};
    std::thread attacker([&] {
      while (!stop) move();
    });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    const auto root = ContainerRoot::open(tree_.host("root"));
    int merged = 0;
    int skipped = 0;
    while (root && std::chrono::steady_clock::now() < end) {
      const Decisions decisions = apply_in_root(*root, {driver_step()});
      merged += decisions.front().choice == "merged" ? 1 : 0;
      skipped += decisions.front().choice == "skipped" ? 1 : 0;
      static_cast<void>(read_image_facts(*root));
    }
    stop = true;
    attacker.join();
    // Both sides of the race were met.
    EXPECT_GT(merged, 0);
    EXPECT_GT(skipped, 0);
    expect_host_unchanged();
  }
  void rename(const std::string& from, const std::string& to) const {
    static_cast<void>(std::rename(tree_.path(from).c_str(), tree_.path(to).c_str()));
  }
};

TEST_F(Cve202523267Race, TheCacheBecomesALinkToTheHost) {
  tree_.directory("root/etc");
  race([this] {
    tree_.file("root/tmp/fresh", image_ld_cache());
    rename("root/tmp/fresh", kCache);
    tree_.link("root/tmp/link", "../../host/etc/ld.so.cache");
    rename("root/tmp/link", kCache);
  });
}

TEST_F(Cve202523267Race, EtcBecomesALinkToTheHost) {
  tree_.directory("root/etc");
  tree_.link("root/other", "../host/etc");
  // The attacker reaches the real directory under whichever name it has.
  const UniqueFd etc(::open(tree_.path("root/etc").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  race([this, &etc] {
    tree_.file("root/tmp/fresh", image_ld_cache());
    static_cast<void>(
        ::renameat(AT_FDCWD, tree_.path("root/tmp/fresh").c_str(), etc.get(), "ld.so.cache"));
    static_cast<void>(::renameat2(AT_FDCWD, tree_.path("root/etc").c_str(), AT_FDCWD,
                                  tree_.path("root/other").c_str(), RENAME_EXCHANGE));
  });
}

}  // namespace
}  // namespace nvinject
