// SPDX-License-Identifier: Apache-2.0
#include "core/os/device_program.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace nvinject {
namespace {

constexpr std::uint32_t kMaxPrograms = 64;             // BPF_CGROUP_MAX_PROGS
constexpr std::uint32_t kMaxInstructions = 1U << 16U;  // runc's have some hundred
constexpr int kMaxRaces = 8;
constexpr const char* kLicence = "Apache-2.0";
constexpr const char* kProgramName = "nvinject_dev";

using Program = std::vector<bpf_insn>;

struct Attached {
  std::vector<std::uint32_t> ids;
  std::uint32_t flags = 0;
};

Result<Attached> query(int cgroup_fd) {
  std::array<std::uint32_t, kMaxPrograms> ids{};
  Attached attached;
  std::uint32_t count = kMaxPrograms;
  if (::bpf_prog_query(cgroup_fd, BPF_CGROUP_DEVICE, 0, &attached.flags, ids.data(), &count) != 0) {
    return fail_errno("query", "device programs of the cgroup", errno);
  }
  attached.ids.assign(ids.begin(), ids.begin() + std::min(count, kMaxPrograms));
  return attached;
}

Result<Program> read_program(int program_fd) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  if (::bpf_obj_get_info_by_fd(program_fd, &info, &size) != 0) {
    return fail_errno("read", "device program", errno);
  }
  if (info.xlated_prog_len == 0 || info.xlated_prog_len % sizeof(bpf_insn) != 0 ||
      info.xlated_prog_len / sizeof(bpf_insn) > kMaxInstructions) {
    return fail(ErrorCode::kUnsupported,
                "read device program: the kernel does not show its instructions");
  }
  Program program(info.xlated_prog_len / sizeof(bpf_insn));
  bpf_prog_info with_code{};
  with_code.xlated_prog_len = info.xlated_prog_len;
  with_code.xlated_prog_insns = reinterpret_cast<std::uintptr_t>(program.data());
  size = sizeof with_code;
  if (::bpf_obj_get_info_by_fd(program_fd, &with_code, &size) != 0) {
    return fail_errno("read", "device program", errno);
  }
  return program;
}

bpf_insn instruction(unsigned code, unsigned destination, unsigned source, int offset,
                     std::int32_t immediate) {
  bpf_insn made{};
  made.code = static_cast<__u8>(code);
  made.dst_reg = destination & 0xfU;
  made.src_reg = source & 0xfU;
  made.off = static_cast<__s16>(offset);
  made.imm = immediate;
  return made;
}

// struct bpf_cgroup_dev_ctx { u32 access_type; u32 major; u32 minor; }, access_type being
// (access << 16) | type. r1 holds its address and stays untouched for the program behind.
Program make_prologue(std::span<const DeviceNumber> devices) {
  constexpr unsigned kLoad = BPF_LDX | BPF_MEM | BPF_W;
  constexpr unsigned kIfNot32 = BPF_JMP32 | BPF_JNE | BPF_K;
  constexpr int kPerDevice = 4;
  const int all = kPerDevice * static_cast<int>(devices.size());
  Program code = {
      instruction(kLoad, BPF_REG_2, BPF_REG_1, 0, 0),
      instruction(kLoad, BPF_REG_4, BPF_REG_1, 4, 0),
      instruction(kLoad, BPF_REG_5, BPF_REG_1, 8, 0),
      // Only character devices, and only reading and writing: "m" stays as the runtime has it.
      instruction(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0),
      instruction(BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff),
      instruction(kIfNot32, BPF_REG_2, 0, all + 2, BPF_DEVCG_DEV_CHAR),
      instruction(BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16),
      instruction(BPF_JMP32 | BPF_JSET | BPF_K, BPF_REG_3, 0, all, BPF_DEVCG_ACC_MKNOD),
  };
  for (const DeviceNumber& device : devices) {
    code.push_back(instruction(kIfNot32, BPF_REG_4, 0, 3, static_cast<std::int32_t>(device.major)));
    code.push_back(instruction(kIfNot32, BPF_REG_5, 0, 2, static_cast<std::int32_t>(device.minor)));
    code.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1));
    code.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  }
  return code;
}

bool begins_with(const Program& program, const Program& prologue) {
  return program.size() >= prologue.size() &&
         std::memcmp(program.data(), prologue.data(), prologue.size() * sizeof(bpf_insn)) == 0;
}

Result<UniqueFd> load(const Program& program) {
  struct bpf_prog_load_opts options{};
  options.sz = sizeof options;
  options.expected_attach_type = BPF_CGROUP_DEVICE;
  UniqueFd fd(::bpf_prog_load(BPF_PROG_TYPE_CGROUP_DEVICE, kProgramName, kLicence, program.data(),
                              program.size(), &options));
  if (!fd.valid()) return fail_errno("load", "device program", errno);
  return fd;
}

// A program that cannot be one of several is replaced by attaching another one.
int replace(int cgroup_fd, int before, int now, std::uint32_t flags) {
  struct bpf_prog_attach_opts options{};
  options.sz = sizeof options;
  options.flags = flags;
  if ((flags & BPF_F_ALLOW_MULTI) != 0) {
    options.flags = BPF_F_ALLOW_MULTI | BPF_F_REPLACE;
    options.replace_prog_fd = before;
  }
  return ::bpf_prog_attach_opts(now, cgroup_fd, BPF_CGROUP_DEVICE, &options) == 0 ? 0 : errno;
}

}  // namespace

Result<std::size_t> count_device_programs(int cgroup_fd) {
  NVINJECT_ASSIGN_OR_RETURN(const Attached attached, query(cgroup_fd));
  return attached.ids.size();
}

void DevicePrograms::restore(int cgroup_fd) const {
  for (auto one = replacements_.rbegin(); one != replacements_.rend(); ++one) {
    static_cast<void>(replace(cgroup_fd, one->now.get(), one->before.get(), one->flags));
  }
}

Result<DevicePrograms> DevicePrograms::allow(int cgroup_fd, std::span<const DeviceNumber> devices) {
  DevicePrograms programs;
  if (devices.empty()) return programs;
  auto done = programs.replace_all(cgroup_fd, make_prologue(devices));
  if (!done) {
    programs.restore(cgroup_fd);
    return tl::unexpected<Error>(std::move(done).error());
  }
  return programs;
}

Result<void> DevicePrograms::replace_all(int cgroup_fd, const Program& prologue) {
  NVINJECT_ASSIGN_OR_RETURN(Attached attached, query(cgroup_fd));
  int races = 0;
  for (std::size_t i = 0; i < attached.ids.size();) {
    NVINJECT_ASSIGN_OR_RETURN(const int problem,
                              replace_one(cgroup_fd, attached.ids[i], attached.flags, prologue));
    if (problem == 0) {
      ++i;
      continue;
    }
    // Somebody else has replaced it meanwhile: look again. What is ours already is found done.
    const bool stale = problem == EINVAL || problem == ENOENT;
    if (!stale || ++races > kMaxRaces) {
      return fail_errno("replace", "device program of the cgroup", problem);
    }
    NVINJECT_ASSIGN_OR_RETURN(attached, query(cgroup_fd));
    i = 0;
  }
  return {};
}

Result<int> DevicePrograms::replace_one(int cgroup_fd, std::uint32_t id, std::uint32_t flags,
                                        const Program& prologue) {
  Replacement replacement{
      .before = UniqueFd(::bpf_prog_get_fd_by_id(id)), .now = {}, .flags = flags};
  if (!replacement.before.valid()) return errno;
  NVINJECT_ASSIGN_OR_RETURN(Program program, read_program(replacement.before.get()));
  if (begins_with(program, prologue)) return 0;  // done by an earlier run
  program.insert(program.begin(), prologue.begin(), prologue.end());
  NVINJECT_ASSIGN_OR_RETURN(replacement.now, load(program));
  const int problem =
      replace(cgroup_fd, replacement.before.get(), replacement.now.get(), replacement.flags);
  if (problem == 0) replacements_.push_back(std::move(replacement));
  return problem;
}

}  // namespace nvinject
