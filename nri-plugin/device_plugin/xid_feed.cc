// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/xid_feed.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

#include "core/os/unix_socket.h"
#include "nri-plugin/status/log.h"

namespace nvinject::nri {

XidFeed::XidFeed(EventLoop& loop, UniqueFd socket, XidListener listener)
    : loop_(loop), socket_(std::move(socket)), listener_(std::move(listener)) {
  loop_.watch(socket_.get(), POLLIN, [this](short) { accept_speaker(); });
}

Result<std::unique_ptr<XidFeed>> XidFeed::open(EventLoop& loop, const HostPath& socket,
                                               XidListener listener) {
  NVINJECT_ASSIGN_OR_RETURN(UniqueFd fd, listen_unix(socket, 0600));
  return std::unique_ptr<XidFeed>(new XidFeed(loop, std::move(fd), std::move(listener)));
}

XidFeed::~XidFeed() {
  if (speaker_.valid()) loop_.forget(speaker_.get());
  loop_.forget(socket_.get());
}

void XidFeed::accept_speaker() {
  UniqueFd speaker(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!speaker.valid()) return;
  // The socket's mode says the same; a mode is easily changed.
  const auto user = peer_user(speaker.get());
  if (!user || *user != 0) {
    log_event(LogLevel::kWarning, "only root may say that a GPU has failed",
              {{"user", user ? std::to_string(*user) : user.error().message}});
    return;
  }
  if (speaker_.valid()) hang_up();
  speaker_ = std::move(speaker);
  loop_.watch(speaker_.get(), POLLIN, [this](short) { listen_to_speaker(); });
}

void XidFeed::listen_to_speaker() {
  std::array<char, 1024> buffer{};
  const ssize_t got = ::recv(speaker_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got > 0) received_.append(buffer.data(), static_cast<std::size_t>(got));
  if (got <= 0 || !take_lines()) hang_up();
}

bool XidFeed::take_lines() {
  std::string_view rest = received_;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    const auto message = parse_xid_message(rest.substr(0, end));
    if (!message) {
      log_event(LogLevel::kWarning, "not understood", {{"reason", message.error().message}});
      return false;
    }
    listener_.on_message(*message);
    rest.remove_prefix(end + 1);
  }
  received_.erase(0, received_.size() - rest.size());
  return received_.size() <= kMaxXidLine;
}

void XidFeed::hang_up() {
  loop_.forget(speaker_.get());
  speaker_ = UniqueFd();
  received_.clear();
  listener_.on_gone();
}

}  // namespace nvinject::nri
