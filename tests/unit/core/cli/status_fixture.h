// SPDX-License-Identifier: Apache-2.0
#pragma once

// Stands in for the NRI plugin: answers on a status socket, once for each answer that it is given.

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <future>
#include <string>

#include "core/cli/commands.h"
#include "core/os/unix_socket.h"
#include "tests/support/sample_status.h"
#include "tests/support/temp_tree.h"

namespace nvinject::testing {

class StatusFixture : public ::testing::Test {
 protected:
  StatusFixture() { config_.nri.status_socket = tree_.path("run/status.sock"); }

  void start_answering(const std::string& answer) {
    answering_ = {};  // waits for the one before
    auto listening = listen_unix(HostPath(config_.nri.status_socket), 0600);
    ASSERT_TRUE(listening) << listening.error().message;
    // The client waits in the queue: nothing has to happen at the same time.
    answering_ = std::async(std::launch::async, [fd = *std::move(listening), answer] {
      UniqueFd client;
      while (!client.valid()) client.reset(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
      const ssize_t sent = ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      EXPECT_EQ(sent, std::ssize(answer));
    });
  }

  TempTree tree_;
  Config config_;

 private:
  std::future<void> answering_;
};

}  // namespace nvinject::testing
