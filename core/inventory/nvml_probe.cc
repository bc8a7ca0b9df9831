// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/nvml_probe.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/text.h"
#include "core/os/capabilities.h"
#include "core/os/subprocess.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxShownBytes = 200;

// The end of what it printed, where a program says why it gave up.
std::string show_tail(std::string_view text) {
  text = trim(text);
  return quote(text.substr(text.size() - std::min(text.size(), kMaxShownBytes)));
}

std::string describe_command(const Subprocess& command) {
  std::string text = quote(join(command.arguments, " "));
  if (command.identity) text += " as user " + std::to_string(command.identity->uid);
  return text;
}

tl::unexpected<Error> explain(const Subprocess& command, const SubprocessOutcome& outcome,
                              const Result<ProbeReport>& report) {
  std::string message = "run " + describe_command(command) + ": " + describe(outcome);
  if (report && !report->error.empty()) {
    message += "; it says " + quote(report->error);
  } else if (report) {
    message += "; it found no GPU";
  } else if (!trim(outcome.error_tail).empty()) {
    message += "; it printed " + show_tail(outcome.error_tail);
  } else if (outcome.output.empty()) {
    message += "; it printed nothing";
  } else {
    message += "; " + report.error().message + "; it printed " + show_tail(outcome.output);
  }
  return fail(ErrorCode::kUnavailable, std::move(message));
}

// In a container, as deploy/k8s has it. Going on as root would be no way: it is the same root that
// owns the node's sockets, and driver code must not be that. Nor would it help: the same container
// may open no node of a GPU.
Result<void> check_rights(const Subprocess& command) {
  if (!command.identity || may_raise({CAP_SETUID, CAP_SETGID})) return {};
  return fail(
      ErrorCode::kUnavailable,
      "run " + quote(command.arguments.back()) +
          ": this process may not become another user, as in a pod, where it could not open "
          "the GPUs' nodes either. What only the driver can say (UUIDs and numbers of MIG "
          "devices, brand, architecture) is known to nvinject-nri as a service of the node");
}

}  // namespace

Result<ProbeReport> run_nvml_probe(const Inventory& inventory, const Roots& roots,
                                   const ProbeOptions& options) {
  NVINJECT_ASSIGN_OR_RETURN(const Subprocess command,
                            make_probe_command(inventory, roots, options));
  NVINJECT_RETURN_IF_ERROR(check_rights(command));
  // It has the driver's root for its own, becomes somebody else, and may have to be stopped.
  const RaisedCapabilities raised({CAP_SYS_CHROOT, CAP_SETUID, CAP_SETGID, CAP_KILL});
  NVINJECT_ASSIGN_OR_RETURN(const SubprocessOutcome outcome, run_subprocess(command));
  // The report counts and not the exit status: a probe that was stopped at the fourth GPU has told
  // of three. One that printed too much was cut off anywhere and is not read at all.
  Result<ProbeReport> report = fail(ErrorCode::kInvalidRequest, "the report is too large");
  if (outcome.end != SubprocessEnd::kTooMuchOutput) report = parse_probe_report(outcome.output);
  if (!report || report->gpus.empty()) return explain(command, outcome, report);
  if (!outcome.succeeded() && report->error.empty()) report->error = describe(outcome);
  return report;
}

}  // namespace nvinject
