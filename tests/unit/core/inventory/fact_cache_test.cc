// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/fact_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/os/boot.h"
#include "tests/unit/core/inventory/probe_fixture.h"

namespace nvinject {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FactCacheTest : public testing::ProbeTest {
 protected:
  [[nodiscard]] Result<FactCache> open(const Inventory& of = inventory()) const {
    return FactCache::open(tree_.host("state"), tree_.host("proc"), of);
  }
  [[nodiscard]] Result<ProbeReport> read(Freshness freshness = Freshness::kCached) const {
    return open().value().read(freshness);
  }
  void write(const ProbeReport& report) const {
    const auto written = open().value().write(report);
    ASSERT_TRUE(written) << written.error().message;
  }
  static ProbeReport report() {
    ProbeReport report = parse_probe_report(testing::kOneGpuReport).value();
    report.driver_version.clear();  // belongs to the key
    return report;
  }
  // Replaces `from` in the file by `to`.
  void tamper(const std::string& from, const std::string& to) const {
    std::string text = tree_.read(kFile);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << text;
    tree_.file(kFile, text.replace(at, from.size(), to));
  }
  static constexpr const char* kFile = "state/gpu-facts.json";
};

TEST_F(FactCacheTest, ReturnsWhatWasWritten) {
  EXPECT_EQ(read().error().code, ErrorCode::kNotFound);
  write(report());
  EXPECT_EQ(read(), report());
}

TEST_F(FactCacheTest, HoldsNeitherPathsNorDeviceNumbers) {
  Inventory full = inventory();
  full.gpus[0].node = DeviceNodeFacts{.number = {1950001951, 770000077}};
  full.libraries.push_back(
      {.name = "libcuda", .soname = "libcuda.so.1", .host_path = HostPath("/x")});
  ASSERT_TRUE(open(full).value().write(report()));
  const std::string text = tree_.read(kFile);
  EXPECT_THAT(text, Not(HasSubstr("1950001951")));
  EXPECT_THAT(text, Not(HasSubstr("770000077")));
  EXPECT_THAT(text, Not(HasSubstr("/x")));
  EXPECT_THAT(text, Not(HasSubstr("libcuda")));
}

TEST_F(FactCacheTest, IsReadableByItsOwnerOnly) {
  write(report());
  struct stat facts{};
  ASSERT_EQ(::stat(tree_.path(kFile).c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0600U);
}

TEST_F(FactCacheTest, ForgetsWithEveryDifferenceOfTheKey) {
  write(report());
  struct Case {
    const char* name;
    void (*change)(Inventory&);
  };
  for (const Case& c : {
           Case{"driver", [](Inventory& i) { i.driver_version = "550.163.02"; }},
           Case{"bus id", [](Inventory& i) { i.gpus[0].bus_id = "00000000:11:00.0"; }},
           Case{"minor", [](Inventory& i) { i.gpus[0].minor = 1; }},
           Case{"one GPU more", [](Inventory& i) { i.gpus.push_back(i.gpus[0]); }},
           Case{"MIG off", [](Inventory& i) { i.gpus[0].mig_enabled = false; }},
           Case{"MIG layout", [](Inventory& i) { i.gpus[0].mig_devices[0].gpu_instance = 2; }},
           Case{"a MIG device made anew",
                [](Inventory& i) { i.gpus[0].mig_devices[0].shown_since = 9; }},
       }) {
    Inventory changed = inventory();
    c.change(changed);
    EXPECT_EQ(open(changed).value().read(Freshness::kCached).error().code, ErrorCode::kUnavailable)
        << c.name;
  }
  EXPECT_TRUE(read());
  tree_.file("proc/sys/kernel/random/boot_id", "another\n");
  EXPECT_FALSE(read());
}

TEST_F(FactCacheTest, IsNotBelievedAfterTampering) {
  struct Case {
    const char* name;
    const char* from;
    std::string to;
  };
  for (const Case& c : {
           Case{"schema", R"("schema":1)", R"("schema":2)"},
           Case{"schema of another type", R"("schema":1)", R"("schema":"1")"},
           Case{"key", "550.163.01", "550.163.02"},
           Case{"key of another type", R"("key":{)", R"("key":7,"k":{)"},
           Case{"no facts", R"("facts")", R"("fiction")"},
           Case{"no time", R"("probed_at")", R"("probably_at")"},
           Case{"a time in the future", R"("probed_at":)",
                R"("probed_at":9)" + std::string(12, '9')},
           Case{"a time before the boot", R"("probed_at":)",
                R"("probed_at":-9223372036854775808,"x":)"},
           Case{"garbage", R"({"schema")", R"(garbage{"schema")"},
           Case{"cut off", R"("error":null}],"error":null}})", ""},
           Case{"duplicate key", R"({"schema":1)", R"({"schema":1,"schema":1)"},
           Case{"a path for a bus id", R"("bus_id":"00000000:10:00.0")", R"("bus_id":"/dev/sda")"},
           Case{"an escape in the brand", R"("brand":"Nvidia")", R"("brand":"N\u0000")"},
           Case{"huge", R"({"schema")", std::string(1024UL * 1024UL, ' ') + R"({"schema")"},
           Case{"deep", R"("facts":{)", R"("x":)" + std::string(5000, '[') + R"(,"facts":{)"},
       }) {
    write(report());
    ASSERT_TRUE(read()) << c.name;
    tamper(c.from, c.to);
    EXPECT_FALSE(read()) << c.name;
  }
}

TEST_F(FactCacheTest, IsNotBelievedWhenOthersMayWriteToIt) {
  write(report());
  for (const mode_t mode : {0666U, 0620U, 0602U}) {
    ASSERT_EQ(::chmod(tree_.path(kFile).c_str(), mode), 0);
    EXPECT_THAT(read().error().message, HasSubstr("writable by others")) << mode;
  }
}

TEST_F(FactCacheTest, IsNotBelievedWhenItIsALink) {
  write(report());
  std::filesystem::rename(tree_.path(kFile), tree_.path("elsewhere"));
  tree_.link(kFile, tree_.path("elsewhere"));
  EXPECT_EQ(read().error().os_errno, ELOOP);
  // Writing replaces the link and not what it leads to.
  std::filesystem::resize_file(tree_.path("elsewhere"), 0);
  write(report());
  EXPECT_TRUE(read());
  EXPECT_EQ(tree_.read("elsewhere"), "");
}

TEST_F(FactCacheTest, IsNotBelievedWhenItIsNoRegularFile) {
  ASSERT_TRUE(open());
  tree_.fifo(kFile);
  EXPECT_FALSE(read());
  std::filesystem::remove(tree_.path(kFile));
  tree_.directory(kFile);
  EXPECT_FALSE(read());
}

TEST_F(FactCacheTest, IsNotBelievedWhenItBelongsToSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: gives a file away";
  write(report());
  ASSERT_EQ(::chown(tree_.path(kFile).c_str(), 65534, 65534), 0);
  EXPECT_THAT(read().error().message, HasSubstr("belongs to user 65534"));
}

TEST_F(FactCacheTest, IsNotUsedInADirectoryThatOthersMayWriteTo) {
  write(report());
  ASSERT_EQ(::chmod(tree_.path("state").c_str(), 01777), 0);
  EXPECT_FALSE(open());
}

TEST_F(FactCacheTest, IsNotUsedWithoutABootId) {
  std::filesystem::remove(tree_.path("proc/sys/kernel/random/boot_id"));
  EXPECT_FALSE(open());
}

TEST_F(FactCacheTest, AFailedGpuIsAskedAgainAfterAWhile) {
  ProbeReport failed = report();
  failed.gpus[0].error = "GPU is lost";
  write(failed);
  EXPECT_EQ(read(), failed);
  const auto now = time_since_boot().count();
  ASSERT_GT(now, 120) << "needs a machine that is up for two minutes";
  tamper("\"probed_at\":" + std::to_string(now), "\"probed_at\":" + std::to_string(now - 61));
  EXPECT_FALSE(read());
}

TEST_F(FactCacheTest, AGpuThatIsNotToldOfIsAskedAgainAfterAWhile) {
  Inventory two = inventory();
  two.gpus.push_back({.index = 1, .bus_id = "00000000:11:00.0"});
  Inventory broken = two;
  broken.gpus[1].broken = "excluded by the driver";
  for (const Inventory& machine : {two, broken}) {
    const FactCache cache = open(machine).value();
    ASSERT_TRUE(cache.write(report()));
    EXPECT_TRUE(cache.read(Freshness::kCached));
    const auto now = time_since_boot().count();
    tamper("\"probed_at\":" + std::to_string(now), "\"probed_at\":" + std::to_string(now - 61));
    // Of one that is excluded, as of others that are broken, the driver never tells.
    EXPECT_EQ(cache.read(Freshness::kCached).has_value(), machine == broken);
  }
}

TEST_F(FactCacheTest, RecentMeansRecent) {
  write(report());
  EXPECT_TRUE(read(Freshness::kRecent));
  const auto now = time_since_boot().count();
  ASSERT_GT(now, 120) << "needs a machine that is up for two minutes";
  tamper("\"probed_at\":" + std::to_string(now), "\"probed_at\":" + std::to_string(now - 12));
  EXPECT_FALSE(read(Freshness::kRecent));
  EXPECT_TRUE(read(Freshness::kCached));
}

}  // namespace
}  // namespace nvinject
