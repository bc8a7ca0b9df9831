// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/inventory/file_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <string>
#include <string_view>

#include "core/inventory/fact_cache.h"
#include "nri-plugin/inventory/unnamed_gpus.h"

namespace nvinject::nri {
namespace {

// Reads of one wake-up: the loop has others to serve.
constexpr int kMaxReads = 16;

constexpr std::uint32_t kNodeEvents =
    IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_ATTRIB | IN_ONLYDIR;
// Not of /dev: whoever closes a GPU's node, in a container too, would cause a look.
constexpr std::uint32_t kFileEvents = kNodeEvents | IN_CLOSE_WRITE;

std::set<HostPath> directories_of(const Roots& roots, const Inventory& inventory) {
  std::set<HostPath> directories = {roots.driver / "etc"};
  for (const Library& library : inventory.libraries) {
    directories.insert(library.host_path.parent());
  }
  for (const DriverFile& program : inventory.programs) {
    directories.insert(program.host_path.parent());
  }
  return directories;
}

// Directories like /usr/lib and /dev change for many reasons.
bool is_of_a_driver(std::string_view name) {
  constexpr std::array<std::string_view, 4> kBeginnings = {"nvidia", "libnvidia", "libcuda",
                                                           "libnv"};
  return name == "ld.so.cache" || name == kFactFile ||
         std::any_of(kBeginnings.begin(), kBeginnings.end(),
                     [&](std::string_view beginning) { return name.starts_with(beginning); });
}

// The events in what one read(2) gave (inotify(7): a header, then a name filled up with zeros).
bool has_event_of_a_driver(std::string_view bytes) {
  while (bytes.size() >= sizeof(inotify_event)) {
    inotify_event event{};
    std::memcpy(&event, bytes.data(), sizeof(event));
    bytes.remove_prefix(sizeof(event));
    std::string_view name = bytes.substr(0, event.len);
    bytes.remove_prefix(name.size());
    name = name.substr(0, name.find('\0'));
    // Without a name: the directory itself, or events were lost.
    if ((event.mask & IN_IGNORED) == 0 && (name.empty() || is_of_a_driver(name))) return true;
  }
  return false;
}

}  // namespace

Result<FileWatch> FileWatch::open() {
  UniqueFd inotify(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify.valid()) return fail_errno("make", "inotify", errno);
  return FileWatch(std::move(inotify));
}

void FileWatch::follow(const Roots& roots, const Inventory& inventory) const {
  // One that cannot be watched is looked at now and then all the same.
  for (const HostPath& directory : directories_of(roots, inventory)) {
    (void)inotify_add_watch(inotify_.get(), directory.c_str(), kFileEvents);
  }
  (void)inotify_add_watch(inotify_.get(), roots.dev.c_str(), kNodeEvents);
  // Facts that we write ourselves are no news: only where somebody else's are waited for.
  if (unnamed_gpus(inventory).empty()) return;
  (void)inotify_add_watch(inotify_.get(), roots.state.c_str(), IN_MOVED_TO | IN_ONLYDIR);
}

bool FileWatch::take() const {
  alignas(inotify_event) std::array<char, 16384> buffer{};
  bool concerns = false;
  for (int reads = 0; reads < kMaxReads; ++reads) {
    const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return concerns;
    concerns = has_event_of_a_driver({buffer.data(), static_cast<std::size_t>(got)}) || concerns;
  }
  return concerns;
}

}  // namespace nvinject::nri
