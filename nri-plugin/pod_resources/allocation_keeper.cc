// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/pod_resources/allocation_keeper.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/base/unique_fd.h"
#include "core/os/file.h"
#include "nri-plugin/pod_resources/checkpoint.h"
#include "nri-plugin/pod_resources/pod_resources_client.h"

namespace nvinject::nri {
namespace {

// Init containers stand in the checkpoint alone, and so do ephemeral ones that it does not name
// either: they have nothing.
Result<Allocation> find_allocation(PodResourcesClient& client, const KubeletFiles& files,
                                   const ContainerKey& container) {
  NVINJECT_ASSIGN_OR_RETURN(std::optional<Allocation> told, client.ask(container));
  if (told) return *std::move(told);
  auto text = read_file(files.checkpoint, kMaxCheckpointBytes);
  if (!text) {
    return tl::unexpected<Error>(std::move(text).error().wrap(
        "the kubelet does not tell of container " + quote(container.container) +
        ", as of no init container, and its checkpoint cannot be read"));
  }
  return allocation_in_checkpoint(*text, quote(files.checkpoint.string()), container);
}

}  // namespace

struct AllocationKeeper::Shared {
  Shared(KubeletFiles the_files, UniqueFd event)
      : files(std::move(the_files)), ready(std::move(event)) {}

  struct Question {
    Ticket ticket = 0;
    ContainerKey container;
  };

  const KubeletFiles files;
  const UniqueFd ready;  // eventfd(2)
  std::mutex mutex;      // of all below
  std::condition_variable wake;
  std::condition_variable idle;
  std::deque<Question> questions;
  std::vector<Answer> answers;
  bool busy = false;
  bool stop = false;
};

AllocationKeeper::AllocationKeeper(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {
  thread_ = std::thread([state = shared_] {
    PodResourcesClient client(state->files.pod_resources_socket);
    std::unique_lock lock(state->mutex);
    while (true) {
      state->wake.wait(lock, [&] { return state->stop || !state->questions.empty(); });
      if (state->stop) return;
      const Shared::Question question = std::move(state->questions.front());
      state->questions.pop_front();
      state->busy = true;
      lock.unlock();
      const auto asked_at = std::chrono::steady_clock::now();
      Answer answer{.ticket = question.ticket,
                    .allocation = find_allocation(client, state->files, question.container)};
      answer.took = std::chrono::steady_clock::now() - asked_at;
      lock.lock();
      state->busy = false;
      state->idle.notify_one();
      state->answers.push_back(std::move(answer));
      (void)eventfd_write(state->ready.get(), 1);
    }
  });
}

Result<std::unique_ptr<AllocationKeeper>> AllocationKeeper::start(KubeletFiles files) {
  UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) return fail_errno("make", "eventfd", errno);
  auto shared = std::make_shared<Shared>(std::move(files), std::move(event));
  return std::unique_ptr<AllocationKeeper>(new AllocationKeeper(std::move(shared)));
}

AllocationKeeper::~AllocationKeeper() {
  bool busy = false;
  {
    std::unique_lock lock(shared_->mutex);
    shared_->stop = true;
    // The kubelet's answer comes or is given up; only the disk of its checkpoint may take longer.
    shared_->idle.wait_for(lock, 2 * kPodResourcesDeadline, [this] { return !shared_->busy; });
    busy = shared_->busy;
  }
  shared_->wake.notify_one();
  if (busy) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

AllocationKeeper::Ticket AllocationKeeper::ask(ContainerKey container) {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->questions.push_back({.ticket = ++last_ticket_, .container = std::move(container)});
  }
  shared_->wake.notify_one();
  return last_ticket_;
}

int AllocationKeeper::fd() const { return shared_->ready.get(); }

std::vector<AllocationKeeper::Answer> AllocationKeeper::take() {
  eventfd_t count = 0;
  (void)eventfd_read(shared_->ready.get(), &count);
  const std::lock_guard lock(shared_->mutex);
  return std::exchange(shared_->answers, {});
}

}  // namespace nvinject::nri
