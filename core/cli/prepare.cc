// SPDX-License-Identifier: Apache-2.0
#include "core/prepare/prepare.h"

#include <cstdio>

#include "core/cli/commands.h"

namespace nvinject::cli {
namespace {

void print(const Decisions& decisions) {
  for (const Decision& decision : decisions) {
    std::printf("%s: %s: %s\n", decision.subject.c_str(), decision.choice.c_str(),
                decision.reason.c_str());
  }
}

}  // namespace

int prepare(const Config& config) {
  const auto report = prepare_node(config.roots, {});
  if (!report) return cli::report(report.error());
  print(report->done);
  print(report->skipped);
  if (report->done.empty()) std::puts("nothing to do: modules are loaded and nodes are there");
  return kExitOk;
}

}  // namespace nvinject::cli
