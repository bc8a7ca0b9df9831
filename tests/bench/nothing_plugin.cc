// SPDX-License-Identifier: Apache-2.0

// An NRI plugin that registers for CreateContainer and answers everything with nothing, over the
// same wire as nvinject-nri: what is measured above it is ours. Usage: nothing_plugin SOCKET

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <utility>

#include "nri-plugin/wire/connection.h"
#include "proto/nri.pb.h"

namespace {

using namespace nvinject;
using namespace nvinject::nri;

constexpr int kCreateStopRemove = 0x608;

class Nothing final : public Connection::Peer {
 public:
  explicit Nothing(Connection& connection) : connection_(connection) {}

  Result<void> on_call(const Connection::IncomingCall& incoming) override {
    if (incoming.call.method != "Configure") return connection_.answer(incoming.stream, {});
    api::ConfigureResponse response;
    response.set_events(kCreateStopRemove);
    return connection_.answer(incoming.stream, response.SerializeAsString());
  }
  Result<void> on_answer(std::uint32_t /*stream*/, const Answer& /*answer*/) override { return {}; }

 private:
  Connection& connection_;
};

Result<void> serve(Connection& connection) {
  Nothing nothing(connection);
  api::RegisterPluginRequest request;
  request.set_plugin_name("nothing");
  request.set_plugin_idx("10");
  NVINJECT_RETURN_IF_ERROR(connection.call("nri.pkg.api.v1alpha1.Runtime", "RegisterPlugin",
                                           request.SerializeAsString(), {}));
  while (true) {
    pollfd polled{.fd = connection.fd(), .events = connection.events()};
    if (::poll(&polled, 1, -1) < 0) return fail_errno("poll", "socket", errno);
    NVINJECT_RETURN_IF_ERROR(connection.on_ready(polled.revents, nothing));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string_view path = argv[1];
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return 2;
  std::copy(path.begin(), path.end(), address.sun_path);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    std::perror("connect");
    return 1;
  }
  Connection connection(std::move(socket));
  return serve(connection) ? 0 : 1;
}
