// SPDX-License-Identifier: Apache-2.0
#pragma once

// Stands in for dockerd: answers one question on a socket.

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <future>
#include <string>
#include <utility>

#include "core/os/unix_socket.h"

namespace nvinject::testing {

class FakeDockerd {
 public:
  FakeDockerd(const HostPath& socket, std::string answer) {
    auto listening = listen_unix(socket, 0600);
    EXPECT_TRUE(listening) << listening.error().message;
    if (!listening) return;
    // The client waits in the queue: nothing has to happen at the same time.
    answering_ =
        std::async(std::launch::async, [fd = *std::move(listening), answer = std::move(answer)] {
          UniqueFd client;
          while (!client.valid()) {
            client.reset(::accept4(fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
          }
          answer_question(client.get(), answer);
        });
  }

 private:
  static void answer_question(int fd, const std::string& answer) {
    std::string question;
    std::array<char, 512> step{};
    while (question.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = ::recv(fd, step.data(), step.size(), 0);
      if (got <= 0) break;
      question.append(step.data(), static_cast<std::size_t>(got));
    }
    EXPECT_TRUE(question.starts_with("GET /info HTTP/1.0\r\n")) << question;
    EXPECT_EQ(::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL), std::ssize(answer));
  }

  std::future<void> answering_;
};

inline std::string docker_answer(const std::string& json) {
  return "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + json;
}

}  // namespace nvinject::testing
