// SPDX-License-Identifier: Apache-2.0
#include "core/apply/live_container.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <fstream>
#include <memory>

#include "tests/support/container_process.h"
#include "tests/support/ld_cache_sample.h"
#include "tests/support/matchers.h"
#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using testing::ContainerProcess;
using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::snapshot;
using testing::TempTree;

constexpr LiveOptions kNoRules = {.device_nodes = true, .device_rules = false};

// host/ holds sources, root/ is the root filesystem of a container.
class LiveContainerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto& obstacle = testing::private_mounts_obstacle(); !obstacle.empty()) {
      GTEST_SKIP() << obstacle;
    }
    tree.file("host/libcuda.so", "driver");
    tree.file("host/second", "second");
    tree.directory("root/usr/lib");
    tree.directory("root/dev");
    before = snapshot(tree.path());
  }
  // As a runtime has it when prestart hooks run: the root is a mount, /dev a tmpfs of its own.
  void start(const std::function<void()>& more = [] {}) {
    container = std::make_unique<ContainerProcess>([&] {
      const std::string root = tree.path("root");
      testing::bind_mount(root, root);
      testing::mount_tmpfs(root + "/dev");
      more();
    });
  }
  // The container has changed its root, and has a /proc that says what it likes.
  void start_pivoted() {
    start([&] { testing::pivot_into(tree.path("root")); });
  }
  Result<Decisions> apply(const InjectionPlan& plan, const std::string& root,
                          const LiveOptions& options = kNoRules) {
    auto opened = LiveContainer::open({.pid = container->pid(), .root = HostPath(root)});
    if (!opened) return tl::unexpected(std::move(opened).error());
    return opened->apply(plan, options);
  }
  Result<Decisions> apply(const InjectionPlan& plan) { return apply(plan, tree.path("root")); }

  [[nodiscard]] PlannedMount mount(std::string source, std::string destination,
                                   Need need = Need::kRequired) const {
    return {.source = tree.host("host/" + source),
            .destination = ContainerPath(std::move(destination)),
            .options = {"ro", "nosuid", "nodev", "bind", "rprivate"},
            .need = need};
  }
  [[nodiscard]] InjectionPlan two_libraries() const {
    InjectionPlan plan;
    plan.mounts = {mount("libcuda.so", "/usr/lib/libcuda.so.1"),
                   mount("second", "/opt/made/for/it")};
    return plan;
  }
  static PlannedDevice null_device() {
    return {.path = ContainerPath("/dev/null"), .node = {.number = {1, 3}}};
  }
  [[nodiscard]] std::string seen(const std::string& path) const {
    std::ifstream in(container->see(path));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] std::string mounts_inside() const {
    std::ifstream in("/proc/" + std::to_string(container->pid()) + "/mountinfo");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] static std::string mounts_here() {
    std::ifstream in("/proc/self/mountinfo");
    return {std::istreambuf_iterator<char>(in), {}};
  }

  TempTree tree;
  std::set<std::string> before;
  std::unique_ptr<ContainerProcess> container;
};

TEST_F(LiveContainerTest, SeesTheMountsAndTheHostDoesNot) {
  start();
  const std::string here = mounts_here();
  const auto done = apply(two_libraries());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(seen(tree.path("root/usr/lib/libcuda.so.1")), "driver");
  EXPECT_EQ(seen(tree.path("root/opt/made/for/it")), "second");
  EXPECT_EQ(tree.read("root/usr/lib/libcuda.so.1"), "") << "only a target, on the host";
  EXPECT_EQ(mounts_here(), here);
  struct statvfs facts{};
  ASSERT_EQ(::statvfs(container->see(tree.path("root/opt/made/for/it")).c_str(), &facts), 0);
  EXPECT_NE(facts.f_flag & ST_RDONLY, 0U);
}

TEST_F(LiveContainerTest, DevicesAreThereAndWork) {
  start();
  InjectionPlan plan;
  plan.devices = {
      null_device(),
      {.path = ContainerPath("/dev/made"), .node = {.number = {1, 5}, .on_host = false}}};
  const auto done = apply(plan);
  ASSERT_TRUE(done) << done.error().message;
  for (const char* name : {"root/dev/null", "root/dev/made"}) {
    const UniqueFd fd(::open(container->see(tree.path(name)).c_str(), O_RDWR | O_CLOEXEC));
    EXPECT_TRUE(fd.valid()) << name;
  }
}

TEST_F(LiveContainerTest, WithoutDeviceNodesNoneAreMade) {
  start();
  InjectionPlan plan;
  plan.devices = {null_device()};
  ASSERT_TRUE(apply(plan, tree.path("root"), {.device_nodes = false, .device_rules = false}));
  EXPECT_NE(::access(container->see(tree.path("root/dev/null")).c_str(), F_OK), 0);
}

TEST_F(LiveContainerTest, ASecondTimeAddsNothing) {
  start();
  InjectionPlan plan = two_libraries();
  plan.devices = {null_device()};
  ASSERT_TRUE(apply(plan));
  const std::string mounts = mounts_inside();
  const auto again = apply(plan);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(mounts_inside(), mounts);
  EXPECT_THAT(*again, Contains(Field(&Decision::choice, "left")).Times(3));
}

TEST_F(LiveContainerTest, ARequiredItemThatCannotBeHadUndoesAll) {
  start();
  const std::string inside = mounts_inside();
  InjectionPlan plan = two_libraries();
  tree.fifo("root/usr/lib/in-the-way");
  before = snapshot(tree.path());
  plan.mounts.push_back(mount("second", "/usr/lib/in-the-way"));
  const auto done = apply(plan);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("/usr/lib/in-the-way"));
  EXPECT_THAT(done.error().message, HasSubstr("a fifo"));
  EXPECT_EQ(mounts_inside(), inside);
  EXPECT_EQ(snapshot(tree.path()), before);
}

// The container's process in a cgroup that allows nothing, below one that allows 1:3 only.
class ForbiddingCgroup {
 public:
  explicit ForbiddingCgroup(const std::string& devices)
      : parent_(devices + "/nvinject-unit-live-" + std::to_string(::getpid())),
        child_(parent_ + "/child") {
    testing::check(::mkdir(parent_.c_str(), 0755) == 0, "mkdir " + parent_);
    write(parent_ + "/devices.deny", "a");
    write(parent_ + "/devices.allow", "c 1:3 rwm");
    testing::check(::mkdir(child_.c_str(), 0755) == 0, "mkdir " + child_);
    write(child_ + "/devices.deny", "a");
  }
  ForbiddingCgroup(const ForbiddingCgroup&) = delete;
  ForbiddingCgroup& operator=(const ForbiddingCgroup&) = delete;
  ~ForbiddingCgroup() {
    ::rmdir(child_.c_str());
    ::rmdir(parent_.c_str());
  }
  void take(pid_t pid) const { write(child_ + "/cgroup.procs", std::to_string(pid)); }
  [[nodiscard]] std::string list() const {
    std::ifstream in(child_ + "/devices.list");
    return {std::istreambuf_iterator<char>(in), {}};
  }

 private:
  static void write(const std::string& path, const std::string& text) {
    std::ofstream out(path);
    out << text;
    testing::check(static_cast<bool>(out.flush()), "write " + path);
  }
  std::string parent_;
  std::string child_;
};

TEST_F(LiveContainerTest, DeviceRulesComeWithTheNodesAndUndoThemWhenRefused) {
  tree.directory("cgroup");
  const std::string cgroup = tree.path("cgroup");
  if (::mount("none", cgroup.c_str(), "cgroup", 0, "devices") != 0) {
    GTEST_SKIP() << "no devices controller of cgroup v1 to mount";
  }
  {
    before = snapshot(tree.path("root"));
    start();
    const ForbiddingCgroup forbidding(cgroup);
    forbidding.take(container->pid());
    const std::string inside = mounts_inside();
    InjectionPlan plan = two_libraries();
    plan.devices = {null_device(),
                    {.path = ContainerPath("/dev/zero"), .node = {.number = {1, 5}}}};
    const auto refused = apply(plan, tree.path("root"), {});
    EXPECT_FALSE(refused);
    EXPECT_EQ(mounts_inside(), inside);
    EXPECT_EQ(snapshot(tree.path("root")), before);
    EXPECT_EQ(forbidding.list(), "");
    plan.devices.pop_back();
    const auto done = apply(plan, tree.path("root"), {});
    EXPECT_TRUE(done) << done.error().message;
    EXPECT_THAT(forbidding.list(), HasSubstr("c 1:3 rw"));
    container->end();
  }
  ::umount2(cgroup.c_str(), MNT_DETACH);
}

TEST_F(LiveContainerTest, AProcessThatHasEndedIsAnError) {
  start();
  auto opened = LiveContainer::open({.pid = container->pid(), .root = tree.host("root")});
  ASSERT_TRUE(opened);
  container->end();
  for (const bool rules : {false, true}) {
    const auto done = opened->apply(two_libraries(), {.device_nodes = true, .device_rules = rules});
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().message, HasSubstr("the container's process"));
  }
  EXPECT_EQ(snapshot(tree.path()), before);
}

TEST_F(LiveContainerTest, WhatIsOnlyWherePossibleIsSkippedWithoutLeftovers) {
  start();
  tree.link("root/usr/lib/link", "/etc/passwd");
  before = snapshot(tree.path());
  InjectionPlan plan;
  plan.mounts = {mount("second", "/usr/lib/link", Need::kWherePossible),
                 mount("missing", "/opt/never", Need::kWherePossible)};
  const auto done = apply(plan);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(*done, Contains(Field(&Decision::choice, "skipped")).Times(2));
  EXPECT_EQ(snapshot(tree.path()), before);
}

TEST_F(LiveContainerTest, AContainerWithItsOwnRootAndNoProcIsServedAndUndone) {
  start_pivoted();
  ASSERT_TRUE(apply(two_libraries(), "/"));
  EXPECT_EQ(seen("/opt/made/for/it"), "second");
  const std::string inside = mounts_inside();
  InjectionPlan plan;
  plan.mounts = {mount("second", "/opt/more"), mount("second", "/usr")};
  EXPECT_FALSE(apply(plan, "/"));
  EXPECT_EQ(mounts_inside(), inside) << "undone without the container's /proc";
  EXPECT_FALSE(std::filesystem::exists(container->see("/opt/more")));
}

TEST_F(LiveContainerTest, PathsAreResolvedForARootOfAnotherNamespace) {
  tree.link("root/lib", "usr/lib");
  tree.file("root/usr/lib/libc.so.6", "");
  start_pivoted();
  const auto opened = LiveContainer::open({.pid = container->pid(), .root = HostPath("/")});
  ASSERT_TRUE(opened);
  const auto path = opened->root().resolve_in_root(ContainerPath("/lib/libc.so.6"));
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(path->string(), "/usr/lib/libc.so.6");
}

TEST_F(LiveContainerTest, ASharedRootIsMadeASlaveFirst) {
  start([&] {
    ASSERT_EQ(::mount(nullptr, tree.path("root").c_str(), nullptr, MS_SHARED, nullptr), 0);
  });
  const auto done = apply(two_libraries());
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(*done, Contains(Field(&Decision::choice, "made a slave")));
  EXPECT_EQ(seen(tree.path("root/usr/lib/libcuda.so.1")), "driver");
}

TEST_F(LiveContainerTest, ASharedRootIsSharedAgainAfterAFailure) {
  start([&] {
    ASSERT_EQ(::mount(nullptr, tree.path("root").c_str(), nullptr, MS_SHARED, nullptr), 0);
  });
  const std::string inside = mounts_inside();
  ASSERT_THAT(inside, HasSubstr("shared:"));
  InjectionPlan plan = two_libraries();
  plan.mounts.push_back(mount("missing", "/opt/missing"));
  plan.mounts.push_back(mount("second", "/dev"));
  EXPECT_FALSE(apply(plan));
  plan.mounts.erase(plan.mounts.end() - 2);
  EXPECT_FALSE(apply(plan)) << "a file over a directory";
  EXPECT_EQ(mounts_inside(), inside);
}

TEST_F(LiveContainerTest, ASharedMountBelowTheRootIsRefused) {
  start([&] {
    ASSERT_EQ(::mount(nullptr, tree.path("root/dev").c_str(), nullptr, MS_SHARED, nullptr), 0);
  });
  InjectionPlan plan;
  plan.devices = {null_device()};
  const auto done = apply(plan);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message, HasSubstr("shared propagation"));
  EXPECT_FALSE(std::filesystem::exists(container->see(tree.path("root/dev/null"))));
  plan.devices.clear();
  plan.mounts = {mount("second", "/dev/second", Need::kWherePossible)};
  EXPECT_TRUE(apply(plan));
  EXPECT_FALSE(std::filesystem::exists(container->see(tree.path("root/dev/second"))))
      << "no empty file is left behind";
}

TEST_F(LiveContainerTest, TheDriversProcIsMaskedWhereTheContainerHasIt) {
  if (::access("/proc/driver", F_OK) != 0) GTEST_SKIP() << "no /proc/driver to mount over";
  tree.file("proc/nvidia/params", "ModifyDeviceFiles: 1\n");
  tree.file("proc/nvidia/gpus/0000:01:00.0/information", "one\n");
  tree.file("proc/nvidia/gpus/0000:02:00.0/information", "two\n");
  testing::bind_mount(tree.path("proc"), "/proc/driver");
  tree.directory("root/proc/driver");
  InjectionPlan plan;
  plan.in_root_steps = {MaskDriverProc{{"00000000:02:00.0"}}};
  start();
  const auto without = apply(plan);
  ASSERT_TRUE(without);
  EXPECT_THAT(*without, Contains(Field(&Decision::choice, "not masked")));
  start([&] { testing::bind_mount(tree.path("proc"), tree.path("root/proc/driver")); });
  const auto done = apply(plan);
  ::umount2("/proc/driver", MNT_DETACH);
  ASSERT_TRUE(done) << done.error().message;
  const std::string masked = tree.path("root/proc/driver/nvidia");
  EXPECT_EQ(seen(masked + "/params"), "ModifyDeviceFiles: 0\n");
  EXPECT_EQ(seen(masked + "/gpus/0000:02:00.0/information"), "two\n");
  EXPECT_FALSE(std::filesystem::exists(container->see(masked + "/gpus/0000:01:00.0")));
  EXPECT_EQ(tree.read("proc/nvidia/params"), "ModifyDeviceFiles: 1\n");
}

TEST_F(LiveContainerTest, TheApplicationProfileIsADirectoryOverTheImages) {
  start();
  InjectionPlan plan;
  plan.in_root_steps = {HideGpusFromEgl{{1}}};
  ASSERT_TRUE(apply(plan));
  EXPECT_THAT(seen(tree.path("root/etc/nvidia/nvidia-application-profiles-rc.d/10-container.conf")),
              HasSubstr("0x2]"));
}

TEST_F(LiveContainerTest, ALinkInPlaceOfTheProfilesIsOnlyADecision) {
  tree.directory("elsewhere");
  tree.link("root/etc/nvidia/nvidia-application-profiles-rc.d", "/usr/lib");
  start();
  before = snapshot(tree.path());
  InjectionPlan plan;
  plan.in_root_steps = {HideGpusFromEgl{{1}}};
  const auto done = apply(plan);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_THAT(*done, Contains(Field(&Decision::choice, "skipped")));
  EXPECT_EQ(snapshot(tree.path()), before);
}

TEST_F(LiveContainerTest, TheLdCacheIsMergedLast) {
  tree.file("root/etc/ld.so.cache", testing::image_ld_cache());
  start();
  InjectionPlan plan = two_libraries();
  plan.in_root_steps = {testing::driver_step()};
  const auto opened = LiveContainer::open({.pid = container->pid(), .root = tree.host("root")});
  ASSERT_TRUE(opened);
  ASSERT_TRUE(opened->apply(plan, kNoRules));
  EXPECT_EQ(tree.read("root/etc/ld.so.cache"), testing::image_ld_cache());
  const Decisions merged = opened->merge_ld_caches(plan);
  EXPECT_THAT(merged, ::testing::ElementsAre(Field(&Decision::choice, "merged")));
  EXPECT_NE(tree.read("root/etc/ld.so.cache"), testing::image_ld_cache());
}

// It is the image's, and hostile: what parses it can mount nothing.
TEST_F(LiveContainerTest, TheLdCacheIsMergedWithoutTheRightToMount) {
  tree.file("root/etc/ld.so.cache", testing::image_ld_cache());
  ASSERT_EQ(::chown(tree.path("root/etc").c_str(), 4321, 4321), 0);
  ASSERT_EQ(::chown(tree.path("root/etc/ld.so.cache").c_str(), 4321, 4321), 0);
  start();
  InjectionPlan plan;
  plan.in_root_steps = {testing::driver_step()};
  const auto opened = LiveContainer::open({.pid = container->pid(), .root = tree.host("root")});
  ASSERT_TRUE(opened);
  const pid_t child = ::fork();
  if (child == 0) {
    if (!cut_capabilities(LiveContainer::kForFiles) || may_raise({CAP_SYS_ADMIN})) ::_exit(1);
    const Decisions merged = opened->merge_ld_caches(plan);
    ::_exit(merged.size() == 1 && merged[0].choice == "merged" ? 0 : 2);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  struct stat facts{};
  ASSERT_EQ(::stat(tree.path("root/etc/ld.so.cache").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_uid, 4321U);
}

TEST_F(LiveContainerTest, EnvironmentAndGroupsComeTooLate) {
  start();
  InjectionPlan plan;
  plan.env = {{.name = "LD_LIBRARY_PATH", .append = {"/x"}}};
  plan.additional_gids = {985};
  const auto done = apply(plan);
  ASSERT_TRUE(done);
  EXPECT_THAT(*done, Contains(Field(&Decision::subject, "LD_LIBRARY_PATH")));
  EXPECT_THAT(*done, Contains(Field(&Decision::subject, "group 985")));
}

TEST_F(LiveContainerTest, StandaloneMountsInThisNamespace) {
  testing::bind_mount(tree.path("root"), tree.path("root"));
  const auto opened = LiveContainer::open({.pid = std::nullopt, .root = tree.host("root")});
  ASSERT_TRUE(opened);
  const auto done = opened->apply(two_libraries(), kNoRules);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(tree.read("root/usr/lib/libcuda.so.1"), "driver");
  ::umount2(tree.path("root").c_str(), MNT_DETACH);
}

// The number of a process that has ended may be given to one that is in no container.
TEST_F(LiveContainerTest, AProcessOfTheHostIsNoContainer) {
  const auto opened = LiveContainer::open({.pid = ::getpid(), .root = tree.host("root")});
  ASSERT_TRUE(opened);
  const std::string mounts_before = mounts_here();
  const auto done = opened->apply(two_libraries(), kNoRules);
  EXPECT_THAT(done,
              testing::FailsWith(ErrorCode::kInvalidRequest, "no mount namespace of its own"));
  EXPECT_EQ(mounts_here(), mounts_before);
  EXPECT_EQ(snapshot(tree.path()), before);
}

TEST_F(LiveContainerTest, AProcessThatIsNotThereIsAnError) {
  const auto opened = LiveContainer::open({.pid = 0x3fffffff, .root = HostPath("/")});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().os_errno, ENOENT);
}

}  // namespace
}  // namespace nvinject
