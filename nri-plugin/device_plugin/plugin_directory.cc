// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/device_plugin/plugin_directory.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "core/os/file.h"
#include "core/os/unix_socket.h"

namespace nvinject::nri {
namespace {

constexpr std::uint32_t kEvents = IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM |
                                  IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

void add_event(std::uint32_t mask, std::string_view name, std::string_view our_socket,
               DirectoryNews& news) {
  if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_Q_OVERFLOW)) != 0) news.lost = true;
  const bool came = (mask & (IN_CREATE | IN_MOVED_TO)) != 0;
  if (came && name == "kubelet.sock") news.kubelet_came = true;
  if (!came && !name.empty() && name == our_socket) news.ours_is_gone = true;
}

}  // namespace

Result<PluginDirectory> PluginDirectory::open(const HostPath& path) {
  UniqueFd inotify(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify.valid()) return fail_errno("make", "inotify", errno);
  if (inotify_add_watch(inotify.get(), path.c_str(), kEvents) < 0) {
    return fail_errno("watch", path.string(), errno);
  }
  return PluginDirectory(path, std::move(inotify));
}

DirectoryNews PluginDirectory::take(const std::string& our_socket) const {
  DirectoryNews news;
  alignas(inotify_event) std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return news;
    std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    while (bytes.size() >= sizeof(inotify_event)) {
      inotify_event event{};
      std::memcpy(&event, bytes.data(), sizeof(event));
      bytes.remove_prefix(sizeof(event));
      const std::string_view name = bytes.substr(0, event.len);
      bytes.remove_prefix(name.size());
      add_event(event.mask, name.substr(0, name.find('\0')), our_socket, news);
    }
  }
}

bool PluginDirectory::has(const std::string& name) const { return is_socket(path_ / name); }

void PluginDirectory::remove_leftovers() const {
  const auto names = read_directory(path_);
  if (!names) return;
  for (const std::string& name : *names) {
    if (name.starts_with(kOurSocketPrefix) && has(name)) (void)::unlink((path_ / name).c_str());
  }
}

}  // namespace nvinject::nri
