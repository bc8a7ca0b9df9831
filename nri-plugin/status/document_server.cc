// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/status/document_server.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <utility>

namespace nvinject::nri {
namespace {

constexpr std::size_t kMaxClients = 16;
constexpr std::size_t kMaxRequestHeadBytes = 8192;
constexpr std::chrono::seconds kClientDeadline{5};

std::string http_answer(std::string_view status, std::string_view body) {
  std::string answer = "HTTP/1.1 ";
  answer.append(status).append("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8");
  answer.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  answer.append("\r\nConnection: close\r\n\r\n").append(body);
  return answer;
}

bool is_metrics_request(std::string_view head) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  return line.starts_with("GET /metrics ") || line.starts_with("GET /metrics?");
}

}  // namespace

DocumentServer::DocumentServer(EventLoop& loop, UniqueFd listener, DocumentProtocol protocol,
                               Document document)
    : loop_(loop),
      listener_(std::move(listener)),
      protocol_(protocol),
      document_(std::move(document)) {
  loop_.watch(listener_.get(), POLLIN, [this](short) { accept_client(); });
}

DocumentServer::~DocumentServer() {
  while (!clients_.empty()) drop(clients_.begin());
  loop_.forget(listener_.get());
}

void DocumentServer::accept_client() {
  UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket.valid() || clients_.size() >= kMaxClients) return;
  const ClientIterator client = clients_.insert(clients_.end(), Client{});
  client->socket = std::move(socket);
  if (protocol_ == DocumentProtocol::kPlain) client->to_send = document_();
  client->deadline = loop_.at(Clock::now() + kClientDeadline, [this, client] { drop(client); });
  loop_.watch(client->socket.get(), client->to_send.empty() ? POLLIN : POLLOUT,
              [this, client](short revents) { on_client_ready(client, revents); });
}

void DocumentServer::on_client_ready(ClientIterator client, short revents) {
  const bool goes_on = (revents & (POLLERR | POLLNVAL)) == 0 &&
                       (client->to_send.empty() ? receive(*client) : send_some(*client));
  if (goes_on) {
    loop_.change(client->socket.get(), client->to_send.empty() ? POLLIN : POLLOUT);
  } else {
    drop(client);
  }
}

bool DocumentServer::receive(Client& client) {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::recv(client.socket.get(), buffer.data(), buffer.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  client.received.append(buffer.data(), static_cast<std::size_t>(got));
  if (client.received.find("\r\n\r\n") == std::string::npos) {
    return client.received.size() <= kMaxRequestHeadBytes;
  }
  client.to_send = is_metrics_request(client.received)
                       ? http_answer("200 OK", document_())
                       : http_answer("404 Not Found", "the metrics are at /metrics\n");
  return true;
}

bool DocumentServer::send_some(Client& client) {
  const std::string_view rest = std::string_view(client.to_send).substr(client.sent);
  const ssize_t sent = ::send(client.socket.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN || errno == EINTR;
  client.sent += static_cast<std::size_t>(sent);
  return client.sent < client.to_send.size();
}

void DocumentServer::drop(ClientIterator client) {
  loop_.forget(client->socket.get());
  loop_.cancel(client->deadline);
  clients_.erase(client);
}

}  // namespace nvinject::nri
