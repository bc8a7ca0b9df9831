// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/device_plugin.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include "core/base/unique_fd.h"
#include "nri-plugin/device_plugin/plugin_directory.h"
#include "nri-plugin/device_plugin/registration.h"

namespace nvinject::nri {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kForever{-1};
constexpr milliseconds kDirectoryRetry{5000};
constexpr milliseconds kFirstBackoff{100};
constexpr milliseconds kLongestBackoff{5000};

// Never one that was used before: to the kubelet, whose connections end when they end, two
// instances of one name could be one (reference: Kubernetes, "1.36 quirk").
std::string new_socket_name() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return kOurSocketPrefix + std::to_string(now / milliseconds(1)) + ".sock";
}

}  // namespace

struct DevicePlugin::Shared : std::enable_shared_from_this<DevicePlugin::Shared> {
  Shared(DevicePluginOptions the_options, UniqueFd the_wake, UniqueFd the_news)
      : options(std::move(the_options)), wake(std::move(the_wake)), news(std::move(the_news)) {}

  const DevicePluginOptions options;
  const UniqueFd wake;  // eventfd(2): the thread has something to do
  const UniqueFd news;  // eventfd(2): the status has changed
  Registration registration;

  std::unique_ptr<DeviceService> service;  // there before the thread, and until after it
  std::mutex telling;                      // held by who hands the state on to it

  // Of the thread alone.
  std::optional<PluginDirectory> directory;
  std::string socket;  // its name; empty: we do not listen
  milliseconds backoff = kFirstBackoff;

  std::array<std::atomic<std::uint64_t>, 4> calls{};  // by KubeletCall
  std::atomic<steady_clock::time_point> last_start = steady_clock::time_point::min();

  std::mutex mutex;  // of the rest
  DeviceState state;
  DevicePluginStatus status;
  unsigned streams = 0;
  unsigned ends = 0;                    // how often the last stream has ended
  steady_clock::time_point settled_at;  // the kubelet has done with that one, and we may register
  steady_clock::time_point stream_due;  // when registered
  bool wanted = false;
  bool registered = false;
  bool stop = false;

  void make_service();
  void work();
  milliseconds step();
  bool hand_on_state();
  bool look_at_directory();
  bool kubelet_has_come();
  std::optional<milliseconds> pause();
  void stop_listening();
  Result<void> listen();
  void wait(milliseconds patience) const;
  void on_watch(bool begins);
  void on_call(KubeletCall call);
  void update(const Result<void>& tried, unsigned ends_before);
  unsigned count_ends();
  std::atomic<std::uint64_t>& calls_of(KubeletCall call) {
    return calls[static_cast<std::size_t>(call)];
  }
  void tell_if_changed(DevicePluginStatus now);  // with the mutex held
};

// gRPC's threads may outlive us by a moment, and tell nobody then.
void DevicePlugin::Shared::make_service() {
  DeviceServiceEvents events;
  events.on_watch = [weak = weak_from_this()](bool begins) {
    if (const auto self = weak.lock()) self->on_watch(begins);
  };
  events.on_call = [weak = weak_from_this()](KubeletCall call) {
    if (const auto self = weak.lock()) self->on_call(call);
  };
  service = std::make_unique<DeviceService>(std::move(events));
}

void DevicePlugin::Shared::work() {
  while (true) {
    {
      const std::lock_guard lock(mutex);
      if (stop) break;
    }
    wait(step());
  }
}

// Also while the thread waits for the kubelet's answer to a registration: the kubelet may ask us
// before it gives that. False while nothing is to be offered yet.
bool DevicePlugin::Shared::hand_on_state() {
  const std::lock_guard in_order(telling);
  DeviceState now;
  {
    const std::lock_guard lock(mutex);
    if (!wanted) return false;
    now = state;
  }
  service->set_state(std::move(now));
  return true;
}

// What is to be done now, and how long to wait for the next step if nothing happens.
milliseconds DevicePlugin::Shared::step() {
  if (!hand_on_state()) return kForever;
  if (!look_at_directory()) return kDirectoryRetry;
  if (const auto rest = pause()) return *rest;
  if (!directory->has_kubelet()) return kForever;
  auto done = listen();
  const unsigned ends_before = count_ends();
  if (done) {
    done =
        registration.call((options.directory / "kubelet.sock").string(), socket, options.resource);
  }
  update(done, ends_before);
  if (done) {
    backoff = kFirstBackoff;
    return milliseconds(0);
  }
  return std::exchange(backoff, std::min(backoff * 2, kLongestBackoff));
}

// How long there is nothing to register for; nothing: now.
std::optional<milliseconds> DevicePlugin::Shared::pause() {
  const std::lock_guard lock(mutex);
  const steady_clock::time_point now = steady_clock::now();
  if (registered && streams > 0) return kForever;
  if (registered && now < stream_due) return std::chrono::ceil<milliseconds>(stream_due - now);
  registered = false;
  if (now < settled_at) return std::chrono::ceil<milliseconds>(settled_at - now);
  return std::nullopt;
}

// False where there is none to look at.
bool DevicePlugin::Shared::look_at_directory() {
  const bool has_come = directory && kubelet_has_come();
  if (!directory) {
    auto opened = PluginDirectory::open(options.directory);
    if (!opened) {
      update(tl::unexpected<Error>(std::move(opened).error()), 0);
      return false;
    }
    directory.emplace(*std::move(opened));
    directory->remove_leftovers();
  }
  // A socket whose name is gone is no use, however well it is served.
  if (!socket.empty() && !directory->has(socket)) stop_listening();
  if (has_come) {
    // It knows nothing of our streams, and pods wait for its devices.
    const std::lock_guard lock(mutex);
    settled_at = {};
  }
  return true;
}

bool DevicePlugin::Shared::kubelet_has_come() {
  const DirectoryNews news_of_it = directory->take(socket);
  if (news_of_it.lost) directory.reset();
  if (news_of_it.lost || news_of_it.kubelet_came || news_of_it.ours_is_gone) {
    const std::lock_guard lock(mutex);
    registered = false;
    tell_if_changed(status);
  }
  return news_of_it.kubelet_came;
}

void DevicePlugin::Shared::stop_listening() {
  {
    const std::lock_guard lock(mutex);
    if (streams > 0) settled_at = steady_clock::now() + options.settle;
  }
  service->close();
  socket.clear();
}

Result<void> DevicePlugin::Shared::listen() {
  if (!socket.empty()) return {};
  socket = new_socket_name();
  auto listening = service->listen((options.directory / socket).string());
  if (!listening) socket.clear();
  return listening;
}

void DevicePlugin::Shared::wait(milliseconds patience) const {
  std::array<pollfd, 2> watched = {{{.fd = wake.get(), .events = POLLIN},
                                    {.fd = directory ? directory->fd() : -1, .events = POLLIN}}};
  (void)::poll(watched.data(), watched.size(), static_cast<int>(patience.count()));
  eventfd_t count = 0;
  (void)eventfd_read(wake.get(), &count);
}

void DevicePlugin::Shared::on_call(KubeletCall call) {
  if (call == KubeletCall::kStartPassed) last_start = steady_clock::now();
  ++calls_of(call);
}

// The end of its stream is how a kubelet lets a plugin go, and how one ends.
void DevicePlugin::Shared::on_watch(bool begins) {
  {
    const std::lock_guard lock(mutex);
    if (begins) {
      ++streams;
    } else if (--streams == 0) {
      registered = false;
      ++ends;
      settled_at = steady_clock::now() + options.settle;
    }
    tell_if_changed(status);
  }
  (void)eventfd_write(wake.get(), 1);
}

unsigned DevicePlugin::Shared::count_ends() {
  const std::lock_guard lock(mutex);
  return ends;
}

// A stream that began by this registration may have ended before the kubelet's answer came.
void DevicePlugin::Shared::update(const Result<void>& tried, unsigned ends_before) {
  const std::lock_guard lock(mutex);
  registered = tried.has_value() && ends == ends_before;
  stream_due = steady_clock::now() + options.stream_patience;
  DevicePluginStatus now = status;
  if (tried) ++now.registrations;
  now.problem = tried ? std::string() : tried.error().message;
  tell_if_changed(std::move(now));
}

void DevicePlugin::Shared::tell_if_changed(DevicePluginStatus now) {
  now.known = registered && streams > 0;
  if (now == status) return;
  status = std::move(now);
  (void)eventfd_write(news.get(), 1);
}

DevicePlugin::DevicePlugin(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
  shared_->make_service();
  thread_ = std::thread([state = shared_] { state->work(); });
}

Result<std::unique_ptr<DevicePlugin>> DevicePlugin::start(DevicePluginOptions options) {
  UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  UniqueFd news(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid() || !news.valid()) return fail_errno("make", "eventfd", errno);
  auto shared = std::make_shared<Shared>(std::move(options), std::move(wake), std::move(news));
  return std::unique_ptr<DevicePlugin>(new DevicePlugin(std::move(shared)));
}

DevicePlugin::~DevicePlugin() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stop = true;
  }
  shared_->registration.cancel();
  (void)eventfd_write(shared_->wake.get(), 1);
  thread_.join();
  shared_->service.reset();
}

void DevicePlugin::set_state(DeviceState state) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->wanted = shared_->wanted || (state.ready && !state.offer.gpus.empty());
    shared_->state = std::move(state);
  }
  (void)shared_->hand_on_state();
  (void)eventfd_write(shared_->wake.get(), 1);
}

int DevicePlugin::fd() const { return shared_->news.get(); }

DevicePluginStatus DevicePlugin::status() {
  eventfd_t count = 0;
  (void)eventfd_read(shared_->news.get(), &count);
  const std::lock_guard lock(shared_->mutex);
  return shared_->status;
}

KubeletCalls DevicePlugin::calls() const {
  Shared& shared = *shared_;
  const std::lock_guard lock(shared.mutex);
  return {.registrations = shared.status.registrations,
          .allocated = shared.calls_of(KubeletCall::kAllocated),
          .allocations_refused = shared.calls_of(KubeletCall::kAllocationRefused),
          .starts_passed = shared.calls_of(KubeletCall::kStartPassed),
          .starts_held = shared.calls_of(KubeletCall::kStartHeld)};
}

steady_clock::time_point DevicePlugin::last_start() const { return shared_->last_start; }

}  // namespace nvinject::nri
