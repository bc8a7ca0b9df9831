// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "compat/cli/commands.h"
#include "compat/cli/device_request.h"
#include "compat/cli/inspect_driver.h"

namespace nvinject::compat {
namespace {

Config make_config(const CommandLine& line, const Roots& roots) {
  Config config;
  config.roots = roots;
  config.load_kernel_modules = line.load_kmods;
  config.create_imex_channels = line.create_imex_channels;
  config.policy.omitted_sockets = omitted_sockets(line.wanted);
  config.policy.cuda_compat =
      line.configure.container_libraries ? line.configure.cuda_compat : CudaCompatMode::kDisabled;
  return config;
}

void note_what_is_not_run(const CommandLine& line, Decisions& notes) {
  if (line.configure.ldconfig.empty()) return;
  notes.push_back({line.configure.ldconfig, "not run",
                   "the container's ld.so.cache is written without ldconfig"});
}

}  // namespace

Answer configure_container(const CommandLine& line, const Roots& roots) {
  Answer answer;
  note_what_is_not_run(line, answer.notes);
  auto request = make_configure_request(line);
  if (!request) {
    answer.failure = Failure::kDevice;
    answer.problem = std::move(request).error().message;
    return answer;
  }
  const LiveRequest live{
      .request = *std::move(request),
      .asker = {},
      .place = {.pid = line.configure.pid, .root = HostPath(line.configure.rootfs)},
      .options = {.device_nodes = line.configure.devbind, .device_rules = line.configure.cgroups}};
  const Served served = serve_live(live, make_config(line, roots), MayPrepare::kYes);
  for (const Decisions* const decisions : {&served.outcome.notes, &served.outcome.grant.decisions,
                                           &served.outcome.plan.decisions, &served.applied}) {
    append(answer.notes, *decisions);
  }
  answer.failure = served.failure;
  if (served.outcome.error) answer.problem = served.outcome.error->message;
  return answer;
}

}  // namespace nvinject::compat
