// SPDX-License-Identifier: Apache-2.0

// What real runtimes said (tests/fixtures/nri, recorded by tests/support/record-nri), said again:
// in the same pieces, to a session of today. It must answer every call in the same way as the
// plugin of the recording did, which the real runtime then accepted.

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "nri-plugin/session/session.h"
#include "proto/ttrpc.pb.h"
#include "tests/support/go_peer.h"
#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"
#include "tests/support/wire_bytes.h"

namespace nvinject::nri {
namespace {

using nvinject::testing::from_hex;
using nvinject::testing::GoPeer;
using nvinject::testing::Succeeds;

struct Read {
  bool of_plugin = false;
  std::string bytes;
};
using Conversation = std::vector<Read>;  // one connection

std::vector<Conversation> read_transcript(const std::string& name) {
  std::ifstream file(NVINJECT_SOURCE_DIR "/tests/fixtures/nri/" + name);
  EXPECT_TRUE(file) << name;
  std::vector<Conversation> conversations;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("# connection")) conversations.emplace_back();
    if (line.empty() || line[0] == '#') continue;
    EXPECT_FALSE(conversations.empty());
    conversations.back().push_back({line[0] == '>', from_hex(line.substr(1))});
  }
  return conversations;
}

// What an answer says, without what differs from machine to machine.
struct Said {
  std::uint32_t stream = 0;
  int code = 0;
  std::set<std::string> gpu_nodes;
  bool is_empty = false;
  bool operator==(const Said&) const = default;
};

// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name
void PrintTo(const Said& said, std::ostream* out) {
  *out << "stream " << said.stream << " code " << said.code << " nodes " << said.gpu_nodes.size()
       << (said.is_empty ? " empty" : "");
}

Said said_in(const GoPeer::Message& message) {
  ttrpc::Response response;
  EXPECT_TRUE(response.ParseFromString(message.data));
  Said said{.stream = message.stream, .code = response.status().code()};
  said.is_empty = response.payload().empty();
  api::CreateContainerResponse created;
  if (!created.ParseFromString(response.payload())) return said;
  for (const api::LinuxDevice& device : created.adjust().linux().devices()) {
    const std::string& path = device.path();
    if (path.find_first_of("0123456789") != std::string::npos) said.gpu_nodes.insert(path);
  }
  return said;
}

// Adds the answers that these bytes of a plugin complete, as a Go runtime reads them.
void collect(GoPeer& runtime, const std::string& bytes, std::vector<Said>& all) {
  const auto messages = runtime.feed(bytes);
  ASSERT_THAT(messages, Succeeds());
  for (const GoPeer::Message& message : *messages) {
    if (message.mux_stream == kPluginStream) all.push_back(said_in(message));
  }
}

// A session of ours, and the runtime's end of its socket.
struct Replay {
  Replay() {
    config.grant.mode = PolicyMode::kEnv;
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->inventory = nvinject::testing::sample_inventory(2);
    snapshot->scanned_at = Clock::now();
    plugin.set_snapshot(snapshot);
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    runtime.reset(ends[0]);
    keeper = *InventoryKeeper::start(config.roots);
    allocations = *AllocationKeeper::start({});
    session.emplace(UniqueFd(ends[1]), plugin, *keeper, *allocations);
    EXPECT_THAT(session->start({.name = "nvinject", .index = "10"}), Succeeds());
  }

  void hear(const std::string& bytes) {
    ASSERT_EQ(::send(runtime.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    ASSERT_THAT(session->on_ready(POLLIN), Succeeds());
  }

  void collect_answers(GoPeer& reader, std::vector<Said>& all) const {
    std::string bytes(1 << 20, '\0');
    const ssize_t got = ::recv(runtime.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got <= 0) return;
    bytes.resize(static_cast<std::size_t>(got));
    collect(reader, bytes, all);
  }

  Config config;
  Metrics metrics;
  Plugin plugin{config, metrics};
  std::unique_ptr<InventoryKeeper> keeper;
  std::unique_ptr<AllocationKeeper> allocations;
  UniqueFd runtime;
  std::optional<Session> session;
};

class Transcript : public ::testing::TestWithParam<const char*> {};

TEST_P(Transcript, IsAnsweredAsItWas) {
  for (const Conversation& conversation : read_transcript(GetParam())) {
    Replay replay;
    GoPeer then;
    GoPeer now;
    std::vector<Said> answered_then;
    std::vector<Said> answered_now;
    for (const Read& read : conversation) {
      if (read.of_plugin) {
        collect(then, read.bytes, answered_then);
      } else {
        replay.hear(read.bytes);
        replay.collect_answers(now, answered_now);
      }
    }
    EXPECT_TRUE(replay.session->synchronised());
    EXPECT_GE(answered_then.size(), 5U);
    EXPECT_EQ(answered_now, answered_then);
  }
}

// So that the comparison above is of something.
TEST_P(Transcript, HoldsAGpuContainerAndARefusal) {
  bool gives = false;
  bool refuses = false;
  for (const Conversation& conversation : read_transcript(GetParam())) {
    GoPeer runtime;
    std::vector<Said> answers;
    for (const Read& read : conversation) {
      if (read.of_plugin) collect(runtime, read.bytes, answers);
    }
    for (const Said& said : answers) {
      gives = gives || !said.gpu_nodes.empty();
      refuses = refuses || said.code != 0;
    }
  }
  EXPECT_TRUE(gives);
  EXPECT_TRUE(refuses);
}

INSTANTIATE_TEST_SUITE_P(Containerd, Transcript,
                         ::testing::Values("containerd-1.7.24.transcript",
                                           "containerd-2.1.9.transcript"),
                         [](const auto& which) {
                           return std::string(which.index == 0 ? "v1_7" : "v2_1");
                         });

}  // namespace
}  // namespace nvinject::nri
