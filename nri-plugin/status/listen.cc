// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/status/listen.h"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "core/base/text.h"
#include "core/config/nri_config.h"
#include "core/os/unix_socket.h"

namespace nvinject::nri {
namespace {

constexpr int kBacklog = 16;

Result<UniqueFd> listen_on_port(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return fail(ErrorCode::kInvalidRequest,
                "listen on " + quote(address) + ": neither HOST:PORT nor unix:/path");
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  // Other names would have to be asked of a network that may not be there yet.
  if (host == "localhost") host = "127.0.0.1";
  const std::string port = address.substr(colon + 1);
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int problem =
      ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (problem != 0) {
    return fail(
        ErrorCode::kInvalidRequest,
        "listen on " + quote(address) + ": no address in numbers: " + ::gai_strerror(problem));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  UniqueFd socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.valid()) return fail_errno("make", "socket", errno);
  const int on = 1;
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    return fail_errno("listen on", address, errno);
  }
  return socket;
}

}  // namespace

Result<UniqueFd> listen_on(const std::string& address) {
  if (const auto path = unix_path_of(address)) {
    return listen_unix(HostPath(std::string(*path)), 0600);
  }
  return listen_on_port(address);
}

}  // namespace nvinject::nri
