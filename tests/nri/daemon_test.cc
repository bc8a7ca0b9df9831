// SPDX-License-Identifier: Apache-2.0

// nvinject-nri as a process: its life, its signals, its runtimes. "Fact" and "pitfall" are the
// numbers of the reference: NRI, "Ten facts" and "Pitfalls".

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/nri/daemon_fixture.h"

namespace nvinject::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using namespace std::chrono_literals;

// Sanitizers keep what was given back.
#ifdef NVINJECT_SANITIZED
constexpr bool kMemoryIsOurs = false;
#else
constexpr bool kMemoryIsOurs = true;
#endif

class Daemon : public DaemonTest {
 protected:
  [[nodiscard]] static std::size_t open_files(pid_t pid) {
    const std::filesystem::directory_iterator all("/proc/" + std::to_string(pid) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  // Private and resident, in kB.
  [[nodiscard]] static long memory(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("Private_Dirty:")) return std::stol(line.substr(14));
    }
    return 0;
  }
};

TEST_F(Daemon, ServesAContainerOfAMachine) {
  start();
  expect_served("0");
  expect_served("all");
  EXPECT_EQ(runtime_->create_container(sample_create_request()).payload, "");
}

TEST_F(Daemon, EndsWithStatusZeroWhenItIsToldTo) {
  for (const int signal : {SIGTERM, SIGINT}) {
    start();
    daemon_->signal(signal);
    EXPECT_EQ(exit_status(*daemon_), 0) << signal;
    listen();
  }
}

// A container that waits must not start without its GPU because we end.
TEST_F(Daemon, RefusesWhatWaitsWhenItIsToldToEnd) {
  start();
  // It asks for what is not there, so there is one look more; a SIGTERM in the same moment finds it
  // waiting or refused.
  const std::uint32_t waits =
      runtime_->send_call("CreateContainer", asking_for("7").SerializeAsString());
  daemon_->signal(SIGTERM);
  EXPECT_EQ(runtime_->await(waits, kPatience).end, ReplyEnd::kRefused);
  EXPECT_EQ(exit_status(*daemon_), 0);
}

TEST_F(Daemon, EndsAlsoWhileThereIsNoRuntime) {
  std::filesystem::remove(socket());
  write_config();
  daemon_.emplace(start_process());
  EXPECT_TRUE(has_logged("no runtime"));
  daemon_->signal(SIGTERM);
  EXPECT_EQ(exit_status(*daemon_), 0);
}

// A stuck journal holds up nobody, not even the end.
TEST_F(Daemon, EndsAlsoWhileNobodyReadsItsLog) {
  const std::string pipe = node_->tree().path("log");
  node_->tree().fifo("log");
  const UniqueFd reader(::open(pipe.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  ASSERT_TRUE(reader.valid());
  const std::string full(4096, 'x');
  while (::write(reader.get(), full.data(), full.size()) > 0) {
  }
  start();
  for (int i = 0; i < 20; ++i) expect_served();
  daemon_->signal(SIGTERM);
  EXPECT_EQ(exit_status(*daemon_), 0);
  std::filesystem::remove(pipe);
}

// Pitfall 15: the socket is another one after a restart.
TEST_F(Daemon, ComesBackToARuntimeThatWasStartedAgain) {
  start();
  expect_served();
  runtime_.reset();
  listen();
  meet();
  expect_served();
  ASSERT_TRUE(status());
  EXPECT_TRUE(status()->synchronised);
}

// Pitfall 4.
TEST_F(Daemon, ComesAgainLaterWhenItsRegistrationIsRefused) {
  options_.refuses_registration = "no thanks";
  listen();
  write_config();
  daemon_.emplace(start_process());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(runtime_->accept(kPatience));
    ASSERT_EQ(runtime_->await_registration().end, ReplyEnd::kAnswered);
    EXPECT_TRUE(runtime_->closes(kPatience));
  }
  EXPECT_TRUE(has_logged("no thanks"));
  options_.refuses_registration.clear();
  listen();
  meet();
  expect_served();
}

TEST_F(Daemon, AHundredReconnectsLeaveNothingBehind) {
  start();
  expect_served();
  const auto reconnect = [this](int times) {
    for (int i = 0; i < times; ++i) {
      runtime_->close();
      meet();
      expect_served();
    }
  };
  reconnect(20);
  const std::size_t files = open_files(daemon_->pid());
  const long before = memory(daemon_->pid());
  reconnect(80);
  EXPECT_EQ(open_files(daemon_->pid()), files);
  if (kMemoryIsOurs) {
    EXPECT_LT(memory(daemon_->pid()), before + 1024);
  }
}

// Procfs tells nobody of changes.
TEST_F(Daemon, LooksAgainOnSighup) {
  start();
  ASSERT_TRUE(generation_passes(0));
  ASSERT_THAT(status()->gpus, SizeIs(2));
  const auto generation = status()->inventory_generation;
  const std::string gpus = node_->tree().path("proc/driver/nvidia/gpus");
  std::filesystem::remove_all(gpus + "/0000:65:00.0");
  daemon_->signal(SIGHUP);
  ASSERT_TRUE(generation_passes(generation));
  EXPECT_THAT(status()->gpus, SizeIs(1));
}

TEST_F(Daemon, SeesADriverThatIsInstalledMeanwhile) {
  start();
  ASSERT_TRUE(generation_passes(0));
  const auto generation = status()->inventory_generation;
  std::filesystem::remove(node_->tree().path("usr/lib64/libcuda.so.1"));
  std::filesystem::remove(node_->tree().path("usr/lib64/libcuda.so.999.88.77"));
  EXPECT_TRUE(generation_passes(generation));
}

// Fact 4, pitfall 14: two that answer the same container conflict, and it fails.
TEST_F(Daemon, TheSecondWaitsForTheEndOfTheFirstAndThenTakesOver) {
  start();
  PluginProcess second = start_process();
  EXPECT_TRUE(has_logged("waiting for its end"));
  expect_served();
  EXPECT_FALSE(runtime_->accept(700ms));  // longer than between two of its tries
  daemon_->signal(SIGKILL);
  meet();
  expect_served();
  EXPECT_TRUE(status());
}

TEST_F(Daemon, TheSecondEndsWhileItWaits) {
  start();
  PluginProcess second = start_process();
  EXPECT_TRUE(has_logged("waiting for its end"));
  second.signal(SIGTERM);
  EXPECT_EQ(exit_status(second), 0);
  expect_served();
}

// Not connected, it would let containers start without: connected, it can say why.
TEST_F(Daemon, AConfigurationThatCannotBeReadIsToldToWhoAsks) {
  node_->tree().file("config.toml", "[nvinject.nri]\nindex = \"ten\"\n");
  daemon_.emplace(PluginProcess::start(
      {NVINJECT_NRI, "--config", node_->tree().path("config.toml"), "--socket", socket()}, {},
      node_->tree().path("log")));
  meet();
  EXPECT_TRUE(has_logged("nvinject.nri.index"));
  const auto reply = runtime_->create_container(asking_for("0"));
  EXPECT_EQ(reply.end, ReplyEnd::kRefused);
  EXPECT_THAT(reply.text, HasSubstr("line 2"));
  const auto plain = runtime_->create_container(sample_create_request());
  EXPECT_EQ(plain.end, ReplyEnd::kAnswered);
  EXPECT_EQ(plain.payload, "");
}

TEST_F(Daemon, AWindowThatCannotBeOpenedKeepsNobodyFromItsGpu) {
  const auto taken = listen_unix(HostPath("/run/taken.sock"), 0600);
  ASSERT_TRUE(taken);
  start("metrics = \"unix:/run/taken.sock\"\nhealth = \"unix:/run/no/such/directory/s\"");
  EXPECT_TRUE(has_logged("/run/taken.sock"));
  EXPECT_TRUE(has_logged("/run/no/such/directory/s"));
  expect_served();
}

TEST_F(Daemon, AStateDirectoryOfSomebodyElseEndsIt) {
  std::filesystem::create_directory("/run/nvinject");
  ASSERT_EQ(::chmod("/run/nvinject", 0777), 0);
  write_config();
  daemon_.emplace(start_process());
  EXPECT_EQ(exit_status(*daemon_), 1);
  EXPECT_THAT(log(), HasSubstr("/run/nvinject"));
}

TEST_F(Daemon, UnknownKeysAreWarnedOfAndNothingElse) {
  start("colour = \"green\"");
  EXPECT_TRUE(has_logged("nvinject.nri.colour"));
}

// Fact 10, pitfall 23: three variables, descriptor 3, no standard streams, no second chance.
class LaunchedDaemon : public Daemon {
 protected:
  [[nodiscard]] PluginProcess launch(FakeRuntime& runtime) const {
    // A runtime's children get no --config: the file is at its usual place.
    write_config();
    const auto& tree = node_->tree();
    tree.directory("etc/nvidia-container-runtime");
    machine_->bind(tree.path("etc"), "/etc");
    std::filesystem::copy_file(tree.path("config.toml"),
                               "/etc/nvidia-container-runtime/config.toml");
    return PluginProcess::launch(NVINJECT_NRI, "42", "gpus", runtime.adopt_pair());
  }
};

TEST_F(LaunchedDaemon, ServesAndSaysItsNameAndEndsWithTheRuntime) {
  daemon_.emplace(launch(*runtime_));
  const auto registration = runtime_->await_registration();
  ASSERT_EQ(registration.end, ReplyEnd::kAnswered);
  EXPECT_EQ(registration.message.plugin_name(), "gpus");
  EXPECT_EQ(registration.message.plugin_idx(), "42");
  ASSERT_EQ(runtime_->configure().end, ReplyEnd::kAnswered);
  ASSERT_EQ(runtime_->synchronize({}).end, ReplyEnd::kAnswered);
  expect_served();
  runtime_->close();
  EXPECT_EQ(exit_status(*daemon_), 0);
}

TEST_F(LaunchedDaemon, EndsAtOnceWhenAnotherServesTheNode) {
  start();
  FakeRuntime other(options_);
  PluginProcess second = launch(other);
  EXPECT_EQ(exit_status(second), 1);
  EXPECT_TRUE(other.closes(kPatience));
  expect_served();
}

}  // namespace
}  // namespace nvinject::testing
