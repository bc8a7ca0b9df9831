// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/inventory/keeper.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "core/inventory/complete_inventory.h"
#include "core/inventory/pci_gpus.h"
#include "core/inventory/scan.h"
#include "core/plan/capability_table.h"
#include "nri-plugin/inventory/file_watch.h"
#include "nri-plugin/inventory/unnamed_gpus.h"

namespace nvinject::nri {

using std::chrono::steady_clock;

struct InventoryKeeper::Shared {
  Shared(Roots the_roots, UniqueFd event, FileWatch files)
      : roots(std::move(the_roots)), ready(std::move(event)), watch(std::move(files)) {}

  const Roots roots;
  const UniqueFd ready;  // eventfd(2)
  FileWatch watch;       // filled by the keeper's thread, read by the loop's: one descriptor

  void end_reading() {
    const std::lock_guard lock(mutex);
    reading_since.reset();
  }

  std::mutex mutex;  // of all below
  std::condition_variable wake;
  std::optional<Look> wanted;
  Since busy_since;
  Since reading_since;
  SharedSnapshot newest;
  bool stop = false;
};

namespace {

// What the keeper's thread knows between two looks.
struct Memory {
  Inventory scanned;  // without what a probe added
  SharedSnapshot last;
};

// What somebody else has asked the driver meanwhile: a pod, which has no device, cannot do so
// itself.
void take_kept_facts(const Roots& roots, const Memory& memory, Snapshot& snapshot) {
  if (unnamed_gpus(snapshot.inventory).empty()) return;
  auto complete = complete_from_cache(memory.scanned, roots);
  if (!complete) return;
  snapshot.inventory = *std::move(complete);
  snapshot.probed = true;
  snapshot.probe_error.reset();
}

Snapshot scan_driver(const Roots& roots, Memory& memory) {
  Snapshot snapshot;
  snapshot.scanned_at = steady_clock::now();
  auto scanned = scan(roots, files_wanted_by_anybody(), DeviceNumbers());
  if (!scanned) {
    snapshot.error = std::move(scanned).error();
    memory.scanned = {};
    return snapshot;
  }
  // What the driver told stays true as long as the machine looks the same.
  const bool same = memory.last != nullptr && memory.scanned == *scanned;
  memory.scanned = *scanned;
  if (same) {
    snapshot.inventory = memory.last->inventory;
    snapshot.probed = memory.last->probed;
    snapshot.probe_error = memory.last->probe_error;
    snapshot.probed_at = memory.last->probed_at;
  } else {
    snapshot.inventory = *std::move(scanned);
    if (memory.last != nullptr) keep_uuids(snapshot.inventory, memory.last->inventory);
  }
  take_kept_facts(roots, memory, snapshot);
  return snapshot;
}

Snapshot scan_machine(const Roots& roots, Memory& memory) {
  Snapshot snapshot = scan_driver(roots, memory);
  if (snapshot.inventory.gpus.empty()) snapshot.undriven_gpus = scan_pci_gpus(roots);
  return snapshot;
}

// A GPU that does not answer may do so later.
Snapshot ask_driver(const Roots& roots, const Memory& memory, Snapshot snapshot) {
  if (snapshot.error || (snapshot.probed && unnamed_gpus(snapshot.inventory).empty())) {
    return snapshot;
  }
  snapshot.probe_error.reset();
  snapshot.probed_at = steady_clock::now();
  CompletionOptions options;
  // Facts that leave one out are no reason not to ask again.
  if (snapshot.probed) options.freshness = Freshness::kRecent;
  auto complete = complete_inventory(memory.scanned, roots, options);
  if (complete) {
    snapshot.inventory = *std::move(complete);
    snapshot.probed = true;
  } else {
    snapshot.probe_error = std::move(complete).error();
  }
  return snapshot;
}

bool differs(const Snapshot& a, const Snapshot& b) {
  return a.error != b.error || a.probed != b.probed || a.undriven_gpus != b.undriven_gpus ||
         !(a.inventory == b.inventory);
}

SharedSnapshot remember(Snapshot snapshot, Memory& memory) {
  const bool is_new = memory.last == nullptr || differs(*memory.last, snapshot);
  snapshot.generation = (memory.last == nullptr ? 0 : memory.last->generation) + (is_new ? 1U : 0U);
  memory.last = std::make_shared<const Snapshot>(std::move(snapshot));
  return memory.last;
}

}  // namespace

InventoryKeeper::InventoryKeeper(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
  // The thread holds the state itself: it may outlive the keeper.
  thread_ = std::thread([state = shared_] {
    Memory memory;
    std::unique_lock lock(state->mutex);
    while (true) {
      state->wake.wait(lock, [&] { return state->stop || state->wanted; });
      if (state->stop) return;
      const Look look = *std::exchange(state->wanted, std::nullopt);
      state->busy_since = state->reading_since = steady_clock::now();
      lock.unlock();
      Snapshot snapshot = scan_machine(state->roots, memory);
      state->watch.follow(state->roots, snapshot.inventory);
      if (look == Look::kProbe) {
        state->end_reading();
        snapshot = ask_driver(state->roots, memory, std::move(snapshot));
      }
      SharedSnapshot newest = remember(std::move(snapshot), memory);
      lock.lock();
      state->busy_since.reset();
      state->reading_since.reset();
      state->newest = std::move(newest);
      (void)eventfd_write(state->ready.get(), 1);
    }
  });
}

Result<std::unique_ptr<InventoryKeeper>> InventoryKeeper::start(const Roots& roots) {
  UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) return fail_errno("make", "eventfd", errno);
  NVINJECT_ASSIGN_OR_RETURN(FileWatch watch, FileWatch::open());
  auto shared = std::make_shared<Shared>(roots, std::move(event), std::move(watch));
  return std::unique_ptr<InventoryKeeper>(new InventoryKeeper(std::move(shared)));
}

InventoryKeeper::~InventoryKeeper() {
  bool busy = false;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stop = true;
    busy = shared_->busy_since.has_value();
  }
  shared_->wake.notify_one();
  if (busy) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void InventoryKeeper::ask(Look look) {
  {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->wanted || look == Look::kProbe) shared_->wanted = look;
  }
  shared_->wake.notify_one();
}

int InventoryKeeper::fd() const { return shared_->ready.get(); }

SharedSnapshot InventoryKeeper::take() {
  eventfd_t count = 0;
  (void)eventfd_read(shared_->ready.get(), &count);
  const std::lock_guard lock(shared_->mutex);
  return shared_->newest;
}

int InventoryKeeper::changes_fd() const { return shared_->watch.fd(); }

bool InventoryKeeper::take_changes() { return shared_->watch.take(); }

InventoryKeeper::Since InventoryKeeper::busy_since() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->busy_since;
}

InventoryKeeper::Since InventoryKeeper::reading_since() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->reading_since;
}

}  // namespace nvinject::nri
