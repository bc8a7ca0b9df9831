// SPDX-License-Identifier: Apache-2.0
#pragma once

// Device access in cgroup v2: BPF programs attached to the cgroup (bpf(2),
// BPF_PROG_TYPE_CGROUP_DEVICE), made by the container's runtime. There is no list to append to:
// each program is replaced, in one step, by one that allows our devices and else goes on as before.

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/device_number.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace nvinject {

class DevicePrograms {
 public:
  // Lets the cgroup read and write these character devices. No program means that nothing is
  // forbidden there, and nothing is done. After an Error all is as before.
  [[nodiscard]] static Result<DevicePrograms> allow(int cgroup_fd,
                                                    std::span<const DeviceNumber> devices);

  // Puts the old programs back.
  void restore(int cgroup_fd) const;

  [[nodiscard]] std::size_t replaced() const { return replacements_.size(); }

 private:
  struct Replacement {
    UniqueFd before;
    UniqueFd now;
    std::uint32_t flags = 0;  // how the cgroup has its programs attached: it takes no other way
  };

  // Puts `prologue` in front of each attached program.
  [[nodiscard]] Result<void> replace_all(int cgroup_fd, const std::vector<bpf_insn>& prologue);

  // The same for one of them; an errno if the kernel refuses, because somebody else was faster.
  [[nodiscard]] Result<int> replace_one(int cgroup_fd, std::uint32_t id, std::uint32_t flags,
                                        const std::vector<bpf_insn>& prologue);

  std::vector<Replacement> replacements_;
};

// How many device programs are attached to this very cgroup.
[[nodiscard]] Result<std::size_t> count_device_programs(int cgroup_fd);

}  // namespace nvinject
