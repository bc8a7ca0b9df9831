// SPDX-License-Identifier: Apache-2.0
#include "core/os/fd_collection.h"

#include <unistd.h>

#include <algorithm>
#include <iterator>

namespace nvinject {

void FdCollection::close_all() noexcept {
  std::sort(fds_.begin(), fds_.end(),
            [](const UniqueFd& a, const UniqueFd& b) { return a.get() < b.get(); });
  for (auto first = fds_.begin(); first != fds_.end();) {
    const auto gap = std::adjacent_find(
        first, fds_.end(), [](const auto& a, const auto& b) { return b.get() != a.get() + 1; });
    const auto last = gap == fds_.end() ? std::prev(gap) : gap;
    // What this cannot close (Linux before 5.9) is closed below.
    if (first != last && first->valid() &&
        ::close_range(static_cast<unsigned>(first->get()), static_cast<unsigned>(last->get()), 0) ==
            0) {
      std::for_each(first, std::next(last), [](UniqueFd& fd) { static_cast<void>(fd.release()); });
    }
    first = std::next(last);
  }
  fds_.clear();
}

}  // namespace nvinject
