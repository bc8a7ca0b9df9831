// SPDX-License-Identifier: Apache-2.0

// An NRI plugin of somebody else, beside ours:
//
//   other_plugin SOCKET INDEX NAME [WHAT]...
//
// It gives every container what WHAT says, and knows of nothing else:
//
//   env=NAME=VALUE      a variable; a conflict when a plugin before it has set it
//   own=NAME=VALUE      the same, in place of what a plugin before it has set
//   mount=SOURCE:PATH   a bind mount
//   device=PATH:M:N     a character device with this number
//
// It prints "synchronised" when the runtime knows it, and ends with the connection.

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "nri-plugin/wire/connection.h"
#include "proto/nri.pb.h"

namespace {

using namespace nvinject;
using namespace nvinject::nri;

constexpr int kCreateContainer = 0x8;

std::pair<std::string, std::string> cut(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return {std::string(text), {}};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

void add_env(const std::string& entry, bool own, api::ContainerAdjustment& out) {
  const auto [name, value] = cut(entry, '=');
  if (own) out.add_env()->set_key("-" + name);
  api::KeyValue& variable = *out.add_env();
  variable.set_key(name);
  variable.set_value(value);
}

void add_mount(const std::string& entry, api::ContainerAdjustment& out) {
  const auto [source, destination] = cut(entry, ':');
  api::Mount& mount = *out.add_mounts();
  mount.set_source(source);
  mount.set_destination(destination);
  mount.set_type("bind");
  for (const char* const option : {"bind", "ro", "rprivate"}) mount.add_options(option);
}

void add_device(const std::string& entry, api::ContainerAdjustment& out) {
  const auto [path, numbers] = cut(entry, ':');
  const auto [major, minor] = cut(numbers, ':');
  api::LinuxDevice& device = *out.mutable_linux()->add_devices();
  device.set_path(path);
  device.set_type("c");
  device.set_major(std::atoi(major.c_str()));
  device.set_minor(std::atoi(minor.c_str()));
}

// False: it is not understood.
bool add(const char* what, api::ContainerAdjustment& out) {
  const auto [kind, entry] = cut(what, '=');
  if (kind == "env" || kind == "own") {
    add_env(entry, kind == "own", out);
  } else if (kind == "mount") {
    add_mount(entry, out);
  } else if (kind == "device") {
    add_device(entry, out);
  } else {
    return false;
  }
  return true;
}

class Other final : public Connection::Peer {
 public:
  Other(Connection& connection, std::string answer)
      : connection_(connection), answer_(std::move(answer)) {}

  Result<void> on_call(const Connection::IncomingCall& incoming) override {
    const std::string_view method = incoming.call.method;
    if (method == "CreateContainer") return connection_.answer(incoming.stream, answer_);
    if (method == "Synchronize") {
      std::puts("synchronised");
      std::fflush(stdout);
    }
    if (method != "Configure") return connection_.answer(incoming.stream, {});
    api::ConfigureResponse response;
    response.set_events(kCreateContainer);
    return connection_.answer(incoming.stream, response.SerializeAsString());
  }
  Result<void> on_answer(std::uint32_t /*stream*/, const Answer& answer) override {
    if (answer.code == StatusCode::kOk) return {};
    return fail(ErrorCode::kUnavailable, "register: " + std::string(answer.message));
  }

 private:
  Connection& connection_;
  const std::string answer_;
};

Result<void> serve(UniqueFd socket, const char* index, const char* name, std::string answer) {
  Connection connection(std::move(socket));
  Other other(connection, std::move(answer));
  api::RegisterPluginRequest request;
  request.set_plugin_name(name);
  request.set_plugin_idx(index);
  NVINJECT_RETURN_IF_ERROR(connection.call("nri.pkg.api.v1alpha1.Runtime", "RegisterPlugin",
                                           request.SerializeAsString(), {}));
  while (true) {
    pollfd polled{.fd = connection.fd(), .events = connection.events()};
    if (::poll(&polled, 1, -1) < 0) return fail_errno("poll", "socket", errno);
    NVINJECT_RETURN_IF_ERROR(connection.on_ready(polled.revents, other));
  }
}

Result<UniqueFd> connect_to(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return fail(ErrorCode::kInvalidRequest, "connect: the path is too long");
  }
  std::copy(path.begin(), path.end(), address.sun_path);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return fail_errno("connect to", path, errno);
  }
  return socket;
}

int run(std::span<char*> arguments) {
  if (arguments.size() < 4) return 2;
  api::CreateContainerResponse response;
  for (const char* const what : arguments.subspan(4)) {
    if (!add(what, *response.mutable_adjust())) return 2;
  }
  auto socket = connect_to(arguments[1]);
  auto served =
      socket ? serve(*std::move(socket), arguments[2], arguments[3], response.SerializeAsString())
             : tl::unexpected(socket.error());
  std::fprintf(stderr, "other_plugin: %s\n", served.error().message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) { return run({argv, static_cast<std::size_t>(argc)}); }
