// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_runtime.h"

#include <google/protobuf/stubs/common.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "proto/ttrpc.pb.h"

namespace nvinject::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::uint32_t kPluginStream = 1;
constexpr std::uint32_t kRuntimeStream = 2;
constexpr std::uint8_t kRequest = 1;
constexpr std::uint8_t kResponse = 2;
constexpr int kStatusUnknown = 2;
constexpr int kStatusUnimplemented = 12;

constexpr const char* kPluginService = "nri.pkg.api.v1alpha1.Plugin";
constexpr const char* kRuntimeService = "nri.pkg.api.v1alpha1.Runtime";

// Of 4 MiB; the rest is for the envelope.
constexpr std::size_t kSynchronizeBytes = (4U << 20U) - 1024;
constexpr std::size_t kReadBytes = 256U << 10U;

// Field 1000, bytes, and field 1002, a number: nobody's yet.
constexpr std::string_view kUnknownFields =
    "\xc2\x3e\x03"
    "abc"
    "\xd0\x3e\x07";

std::runtime_error failure(const std::string& what) {
  return std::runtime_error(what + ": " + std::strerror(errno));
}

// As Go does: a string that is no UTF-8 makes the whole message unreadable.
bool is_text(const std::string& bytes) {
  return google::protobuf::internal::IsStructurallyValidUTF8(bytes.data(),
                                                             static_cast<int>(bytes.size()));
}

template <class Texts>
bool are_texts(const Texts& texts) {
  return std::all_of(texts.begin(), texts.end(), is_text);
}

bool texts_are_utf8(const nri::api::CreateContainerResponse& response) {
  const auto& adjust = response.adjust();
  bool ok = true;
  for (const auto& each : adjust.mounts()) {
    ok &= are_texts(std::vector{each.destination(), each.type(), each.source()}) &&
          are_texts(each.options());
  }
  for (const auto& each : adjust.env()) ok &= is_text(each.key()) && is_text(each.value());
  for (const auto& each : adjust.hooks().create_container()) {
    ok &= is_text(each.path()) && are_texts(each.args()) && are_texts(each.env());
  }
  for (const auto& each : adjust.linux().devices())
    ok &= is_text(each.path()) && is_text(each.type());
  for (const auto& each : adjust.linux().resources().devices()) {
    ok &= is_text(each.type()) && is_text(each.access());
  }
  return ok;
}

template <class Message>
bool texts_are_utf8(const Message&) {
  return true;
}

template <class Message>
ReplyOf<Message> read_as(Reply reply) {
  ReplyOf<Message> out{std::move(reply), {}};
  if (out.end != ReplyEnd::kAnswered) return out;
  if (!out.message.ParseFromString(out.payload) || !texts_are_utf8(out.message)) {
    out.end = ReplyEnd::kUnreadable;
    out.text = "proto: cannot parse the answer, or its strings are no UTF-8";
  }
  return out;
}

Reply read_response(const GoPeer::Message& message) {
  ttrpc::Response response;
  if (!response.ParseFromString(message.data) || !is_text(response.status().message())) {
    return {.end = ReplyEnd::kUnreadable, .text = "proto: cannot parse ttrpc.Response"};
  }
  if (response.status().code() != 0) {
    return {.end = ReplyEnd::kRefused,
            .code = response.status().code(),
            .text = response.status().message()};
  }
  return {.end = ReplyEnd::kAnswered, .payload = std::move(*response.mutable_payload())};
}

// `all` in messages that a ttrpc of 4 MiB takes, each but the last with `more`.
std::vector<nri::api::SynchronizeRequest> split(const nri::api::SynchronizeRequest& all) {
  std::vector<nri::api::SynchronizeRequest> parts(1);
  std::size_t bytes = 0;
  const auto part_for = [&](std::size_t added) -> nri::api::SynchronizeRequest& {
    constexpr std::size_t kTagAndLength = 6;
    bytes += added + kTagAndLength;
    if (bytes > kSynchronizeBytes) {
      parts.back().set_more(true);
      parts.emplace_back();
      bytes = added + kTagAndLength;
    }
    return parts.back();
  };
  for (const auto& pod : all.pods()) *part_for(pod.ByteSizeLong()).add_pods() = pod;
  for (const auto& container : all.containers()) {
    *part_for(container.ByteSizeLong()).add_containers() = container;
  }
  return parts;
}

}  // namespace

void FakeRuntime::listen(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long: " + path);
  path.copy(address.sun_path, path.size());
  ::unlink(path.c_str());
  listener_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), SOMAXCONN) != 0) {
    throw failure("listen " + path);
  }
}

bool FakeRuntime::accept(milliseconds patience) {
  pollfd ready{.fd = listener_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return false;
  UniqueFd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket.valid()) throw failure("accept");
  adopt(std::move(socket));
  return true;
}

void FakeRuntime::adopt(UniqueFd socket) {
  close();
  socket_ = std::move(socket);
  go_ = GoPeer();
  read_buffer_.resize(kReadBytes);
  ended_.reset();
  next_stream_ = 1;
  last_plugin_stream_ = 0;
  registration_.reset();
  responses_.clear();
  plugin_calls_.clear();
}

UniqueFd FakeRuntime::adopt_pair() {
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) throw failure("socketpair");
  adopt(UniqueFd(fds[0]));
  return UniqueFd(fds[1]);
}

void FakeRuntime::close() {
  end(ReplyEnd::kClosed, "closed by the runtime");
  socket_.reset();
}

Reply FakeRuntime::start() {
  Reply reply = await_registration();
  if (reply.end == ReplyEnd::kAnswered) reply = configure();
  if (reply.end == ReplyEnd::kAnswered) reply = synchronize({});
  return reply;
}

ReplyOf<nri::api::RegisterPluginRequest> FakeRuntime::await_registration() {
  const auto started = Clock::now();
  while (!ended_ && plugin_calls_.empty() &&
         wait(POLLIN, started + options_.registration_timeout)) {
    receive();
  }
  if (plugin_calls_.empty()) {
    Reply reply = ended_.value_or(Reply{.text = "no registration"});
    close();
    return {std::move(reply), {}};
  }
  const PluginCall call = plugin_calls_.front();
  plugin_calls_.pop_front();
  registration_ = call.stream;
  if (!options_.configures_first || !options_.refuses_registration.empty()) answer_registration();
  return read_as<nri::api::RegisterPluginRequest>(
      {.end = ReplyEnd::kAnswered, .payload = call.payload, .round_trip = Clock::now() - started});
}

// A refused plugin stays connected: it must close the socket itself.
void FakeRuntime::answer_registration() {
  if (!registration_) return;
  const std::string& text = options_.refuses_registration;
  answer_plugin(*registration_, text.empty() ? 0 : kStatusUnknown, text);
  registration_.reset();
}

ReplyOf<nri::api::ConfigureResponse> FakeRuntime::configure() {
  nri::api::ConfigureRequest request;
  request.set_config(options_.config);
  request.set_runtime_name(options_.name);
  request.set_runtime_version(options_.version);
  request.set_nri_version(options_.nri_version);
  if (options_.tells_timeouts) {
    request.set_registration_timeout(options_.registration_timeout.count());
    request.set_request_timeout(options_.request_timeout.count());
  }
  const auto deadline = Clock::now() + options_.request_timeout;
  const std::uint32_t stream = send_call_until("Configure", request.SerializeAsString(), deadline);
  answer_registration();
  return read_as<nri::api::ConfigureResponse>(await_until(stream, deadline));
}

ReplyOf<nri::api::SynchronizeResponse> FakeRuntime::synchronize(
    const nri::api::SynchronizeRequest& all) {
  const auto started = Clock::now();
  const auto parts =
      options_.splits_synchronize ? split(all) : std::vector<nri::api::SynchronizeRequest>{all};
  ReplyOf<nri::api::SynchronizeResponse> reply;
  for (const auto& part : parts) {
    reply = read_as<nri::api::SynchronizeResponse>(
        call_until("Synchronize", part.SerializeAsString(), started + options_.request_timeout));
    if (reply.end != ReplyEnd::kAnswered) break;
    // `more` is two bytes; what else there is are updates, which only the last answer may have.
    if (part.more() && (!reply.message.more() || reply.payload.size() > 2)) {
      end(ReplyEnd::kViolated, "plugin does not handle split sync requests");
      static_cast<Reply&>(reply) = *ended_;
      socket_.reset();
      break;
    }
  }
  reply.round_trip = Clock::now() - started;
  return reply;
}

ReplyOf<nri::api::CreateContainerResponse> FakeRuntime::create_container(
    const nri::api::CreateContainerRequest& request) {
  return read_as<nri::api::CreateContainerResponse>(
      call("CreateContainer", request.SerializeAsString()));
}

Reply FakeRuntime::stop_container(const nri::api::ContainerEventRequest& request) {
  return call("StopContainer", request.SerializeAsString());
}

Reply FakeRuntime::event(std::string_view method, nri::api::Event event,
                         const nri::api::ContainerEventRequest& request) {
  if (!options_.nri_version.empty()) {
    Reply reply = call(method, request.SerializeAsString());
    if (reply.end != ReplyEnd::kRefused || reply.code != kStatusUnimplemented) return reply;
  }
  nri::api::StateChangeEvent change;
  change.set_event(event);
  *change.mutable_pod() = request.pod();
  *change.mutable_container() = request.container();
  return state_change(change);
}

Reply FakeRuntime::state_change(const nri::api::StateChangeEvent& event) {
  return call("StateChange", event.SerializeAsString());
}

Reply FakeRuntime::call(std::string_view method, std::string_view payload) {
  return call_until(method, payload, Clock::now() + options_.request_timeout);
}

// A plugin that does not answer, or not so that it can be read, is dropped.
Reply FakeRuntime::call_until(std::string_view method, std::string_view payload,
                              Clock::time_point deadline) {
  const auto started = Clock::now();
  Reply reply = await_until(send_call_until(method, payload, deadline), deadline);
  reply.round_trip = Clock::now() - started;
  if (reply.end == ReplyEnd::kNoAnswer || ended_) close();
  return reply;
}

std::uint32_t FakeRuntime::send_call(std::string_view method, std::string_view payload) {
  return send_call_until(method, payload, Clock::now() + options_.request_timeout);
}

std::uint32_t FakeRuntime::send_call_until(std::string_view method, std::string_view payload,
                                           Clock::time_point deadline) {
  return send_envelope(envelope(method, payload, deadline - Clock::now()));
}

std::uint32_t FakeRuntime::send_envelope(std::string envelope) {
  const std::uint32_t stream = next_stream_;
  next_stream_ += 2;
  responses_[stream].reset();
  send_message({.mux_stream = kPluginStream,
                .stream = stream,
                .type = kRequest,
                .data = std::move(envelope)});
  return stream;
}

std::string FakeRuntime::envelope(std::string_view method, std::string_view payload,
                                  nanoseconds timeout) const {
  const std::string_view unknown = options_.unknown_fields ? kUnknownFields : "";
  ttrpc::Request request;
  request.set_service(kPluginService);
  request.set_method(std::string(method));
  request.set_payload(std::string(payload).append(unknown));
  request.set_timeout_nano(timeout.count());
  if (options_.metadata) {
    auto& traceparent = *request.add_metadata();
    traceparent.set_key("traceparent");
    traceparent.set_value("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  }
  return request.SerializeAsString().append(unknown);
}

Reply FakeRuntime::await(std::uint32_t stream, milliseconds patience) {
  return await_until(stream, Clock::now() + patience);
}

Reply FakeRuntime::await_until(std::uint32_t stream, Clock::time_point deadline) {
  for (;;) {
    const auto response = responses_.find(stream);
    if (response == responses_.end()) throw std::runtime_error("no such call");
    if (response->second) {
      Reply reply = read_response(*response->second);
      responses_.erase(response);
      return reply;
    }
    if (ended_) return *ended_;
    if (!wait(POLLIN, deadline)) return {.end = ReplyEnd::kNoAnswer, .text = "no answer in time"};
    receive();
  }
}

void FakeRuntime::send_message(const GoPeer::Message& message) {
  std::string all;
  for (const std::string& write : go_writes(message)) {
    if (options_.writing == Writing::kAsGo) send_raw(write);
    all += write;
  }
  if (options_.writing == Writing::kAtOnce) send_raw(all);
  if (options_.writing != Writing::kByteByByte) return;
  for (const char byte : all) send_raw({&byte, 1});
}

// What the plugin sends meanwhile is read, as a Go peer does: neither waits for the other for ever.
void FakeRuntime::send_raw(std::string_view bytes) {
  const auto deadline = Clock::now() + options_.request_timeout;
  while (!bytes.empty() && !ended_) {
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno == EPIPE || errno == ECONNRESET) {
      receive();  // it may have said something before
      end(ReplyEnd::kClosed, std::strerror(EPIPE));
    } else if (errno != EAGAIN && errno != EINTR) {
      throw failure("send");
    } else if (!wait(POLLIN | POLLOUT, deadline)) {
      end(ReplyEnd::kNoAnswer, "the plugin does not read");
    } else {
      receive();
    }
  }
}

bool FakeRuntime::closes(milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (!ended_ && wait(POLLIN, deadline)) receive();
  return ended_ && ended_->end == ReplyEnd::kClosed;
}

bool FakeRuntime::wait(short events, Clock::time_point deadline) {
  const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
  const timespec timeout{.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(left).count(),
                         .tv_nsec = nanoseconds(left % std::chrono::seconds(1)).count()};
  pollfd ready{.fd = socket_.get(), .events = events, .revents = 0};
  const int count = ::ppoll(&ready, 1, &timeout, nullptr);
  if (count < 0 && errno != EINTR) throw failure("poll");
  return count != 0;
}

void FakeRuntime::receive() {
  const ssize_t got = ::recv(socket_.get(), read_buffer_.data(), read_buffer_.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) return end(ReplyEnd::kClosed, got == 0 ? "end of file" : std::strerror(errno));
  auto messages = go_.feed({read_buffer_.data(), static_cast<std::size_t>(got)});
  if (!messages) return end(ReplyEnd::kViolated, messages.error().message);
  for (GoPeer::Message& message : *messages) {
    message.mux_stream == kPluginStream ? on_response(std::move(message)) : on_plugin_call(message);
  }
}

// An answer to nothing is logged by a Go peer, and that is all.
void FakeRuntime::on_response(GoPeer::Message message) {
  const auto open = responses_.find(message.stream);
  if (open == responses_.end() || open->second) return;
  if (message.type != kResponse || message.flags != 0) {
    return end(ReplyEnd::kViolated, "protocol error: type " + std::to_string(message.type) +
                                        ", flags " + std::to_string(message.flags));
  }
  open->second = std::move(message);
}

void FakeRuntime::on_plugin_call(const GoPeer::Message& message) {
  if (message.type != kRequest) return;
  if (message.stream % 2 == 0 || message.stream <= last_plugin_stream_ || message.flags != 0) {
    return end(ReplyEnd::kViolated, "stream " + std::to_string(message.stream));
  }
  last_plugin_stream_ = message.stream;
  ttrpc::Request request;
  if (!request.ParseFromString(message.data) || request.service() != kRuntimeService ||
      request.method() != "RegisterPlugin") {
    answer_plugin(message.stream, kStatusUnimplemented, request.method());
    return;
  }
  plugin_calls_.push_back({message.stream, request.payload()});
}

void FakeRuntime::answer_plugin(std::uint32_t stream, int code, std::string_view text) {
  ttrpc::Response response;
  if (code != 0) {
    response.mutable_status()->set_code(code);
    response.mutable_status()->set_message(std::string(text));
  }
  send_message({.mux_stream = kRuntimeStream,
                .stream = stream,
                .type = kResponse,
                .data = response.SerializeAsString()});
}

void FakeRuntime::end(ReplyEnd how, std::string text) {
  if (!ended_) ended_ = Reply{.end = how, .text = std::move(text)};
}

}  // namespace nvinject::testing
