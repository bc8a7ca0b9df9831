// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/print_adjustment.h"

#include <google/protobuf/arena.h>

#include <array>
#include <cstddef>

#include "core/render/hook_command.h"
#include "proto/nri.pb.h"

namespace nvinject::nri {
namespace {

constexpr int kHookSeconds = 10;
constexpr std::size_t kAnswerBytes = 32768;

void add_device(const PlannedDevice& device, api::LinuxContainerAdjustment& out) {
  api::LinuxDevice& node = *out.add_devices();
  node.set_path(device.path.string());
  node.set_type("c");
  node.set_major(device.node.number.major);
  node.set_minor(device.node.number.minor);
  node.mutable_file_mode()->set_value(device.node.mode);
  node.mutable_uid()->set_value(device.node.uid);
  node.mutable_gid()->set_value(device.node.gid);
}

void add_mount(const PlannedMount& planned, api::ContainerAdjustment& out) {
  api::Mount& mount = *out.add_mounts();
  mount.set_destination(planned.destination.string());
  mount.set_type("bind");
  mount.set_source(planned.source.string());
  for (const std::string& option : planned.options) mount.add_options(option);
}

void add_hook(const HookCall& call, api::ContainerAdjustment& out) {
  api::Hook& hook = *out.mutable_hooks()->add_create_container();
  hook.set_path(call.program.string());
  hook.add_args(std::string(call.program.file_name()));
  for (const std::string& arg : call.args) hook.add_args(arg);
  hook.add_env(kHookPath);
  hook.mutable_timeout()->set_value(kHookSeconds);
}

}  // namespace

std::string print_adjustment(const Adjustment& adjustment, const HookCall& hook) {
  // Hundreds of small messages in one piece of memory, which is already there.
  alignas(std::max_align_t) std::array<char, kAnswerBytes> memory;
  google::protobuf::Arena arena(memory.data(), memory.size());
  auto& response = *google::protobuf::Arena::CreateMessage<api::CreateContainerResponse>(&arena);
  api::ContainerAdjustment& out = *response.mutable_adjust();
  for (const std::string& destination : adjustment.removed_mounts) {
    out.add_mounts()->set_destination("-" + destination);
  }
  for (const PlannedMount& mount : adjustment.mounts) add_mount(mount, out);
  for (const EnvValue& env : adjustment.env) {
    // A variable that another plugin has set in this round is that plugin's: unless it is given up
    // first, setting it is a conflict, and the container fails. Its value is part of ours: we
    // append.
    if (env.replaces) out.add_env()->set_key("-" + env.name);
    api::KeyValue& variable = *out.add_env();
    variable.set_key(env.name);
    variable.set_value(env.value);
  }
  for (const PlannedDevice& device : adjustment.devices) add_device(device, *out.mutable_linux());
  if (!hook.program.empty() && !hook.args.empty()) add_hook(hook, out);
  return out.ByteSizeLong() == 0 ? std::string() : response.SerializeAsString();
}

}  // namespace nvinject::nri
