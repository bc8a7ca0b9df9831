// SPDX-License-Identifier: Apache-2.0
#pragma once

// Gives one document to each client that connects, and hangs up: the status report as it is, the
// metrics over HTTP. Part of the event loop; a client that does not read is dropped after a moment.

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "core/base/unique_fd.h"
#include "nri-plugin/loop/event_loop.h"

namespace nvinject::nri {

enum class DocumentProtocol {
  kPlain,  // the document at once
  kHttp,   // the document for GET /metrics, as text/plain; version=0.0.4
};

class DocumentServer {
 public:
  using Document = std::function<std::string()>;

  DocumentServer(EventLoop& loop, UniqueFd listener, DocumentProtocol protocol, Document document);
  ~DocumentServer();
  DocumentServer(const DocumentServer&) = delete;
  DocumentServer& operator=(const DocumentServer&) = delete;

 private:
  struct Client {
    UniqueFd socket;
    std::string received;  // the head of an HTTP request
    std::string to_send;
    std::size_t sent = 0;  // of it
    EventLoop::TimerId deadline = 0;
  };
  using ClientIterator = std::list<Client>::iterator;

  void accept_client();
  void on_client_ready(ClientIterator client, short revents);
  // Whether the client goes on.
  [[nodiscard]] bool receive(Client& client);
  [[nodiscard]] static bool send_some(Client& client);
  void drop(ClientIterator client);

  EventLoop& loop_;
  UniqueFd listener_;
  DocumentProtocol protocol_;
  Document document_;
  std::list<Client> clients_;
};

}  // namespace nvinject::nri
