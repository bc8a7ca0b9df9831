// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline/decide.h"

#include <iterator>
#include <utility>

#include "core/base/text.h"
#include "core/image/read_cuda_compat.h"
#include "core/image/read_image_facts.h"
#include "core/inventory/complete_inventory.h"
#include "core/os/capabilities.h"
#include "core/plan/capability_table.h"

namespace nvinject {
namespace {

// The container that asks.
struct Subject {
  const GpuRequest& request;
  const Asker& asker;
  const ContainerRoot* root;
};

// Who asks for no CUDA has no use for compatibility libraries.
bool wants_cuda_compat(const GpuRequest& request, const Policy& policy) {
  return request.capabilities.has(Capability::kCompute) &&
         policy.cuda_compat != CudaCompatMode::kDisabled;
}

// What the image says about itself. Where the kernel cannot look into it safely, nothing is known.
ImageFacts look_at_image(const Subject& subject, const Policy& policy, Decisions& notes) {
  if (subject.root == nullptr) return {};
  // Images have directories that are not everybody's. No more is effective while an image's files
  // are parsed.
  const RaisedCapabilities raised({CAP_DAC_READ_SEARCH});
  auto facts = read_image_facts(
      *subject.root,
      subject.request.capabilities.has(Capability::kCompat32) ? Libc32::kLookFor : Libc32::kSkip);
  if (facts) {
    if (wants_cuda_compat(subject.request, policy)) {
      facts->cuda_compat = read_cuda_compat(*subject.root);
    }
    return *std::move(facts);
  }
  notes.push_back({"image", "not looked at", facts.error().message});
  return {};
}

WantedFiles wanted_by(const GpuRequest& request, const Config& config) {
  WantedFiles wanted = files_wanted_by(request);
  if (!config.create_imex_channels) return wanted;
  for (const std::string& channel : request.extras.imex_channels) {
    const auto number = parse_unsigned<unsigned>(channel);
    if (number) wanted.imex_channels_to_make.push_back(*number);
  }
  return wanted;
}

Result<void> run_stages(const Subject& subject, const Config& config, MayPrepare may_prepare,
                        Outcome& outcome) {
  const GpuRequest& request = subject.request;
  NVINJECT_ASSIGN_OR_RETURN(
      Inventory inventory,
      look_at_machine(config.roots, wanted_by(request, config),
                      config.load_kernel_modules ? may_prepare : MayPrepare::kNo, outcome.notes));
  append(outcome.notes, inventory.findings);
  if (evidence_needed(request, subject.asker, inventory) == Evidence::kProbe) {
    outcome.reached = Stage::kProbe;
    auto complete = complete_inventory(std::move(inventory), config.roots, {});
    if (!complete) {
      return tl::unexpected(
          std::move(complete).error().wrap("ask the driver for what the request depends on"));
    }
    inventory = *std::move(complete);
  }
  outcome.reached = Stage::kGrant;
  NVINJECT_ASSIGN_OR_RETURN(outcome.grant, decide_grant(request, subject.asker, inventory));
  outcome.reached = Stage::kPlan;
  const ImageFacts image = look_at_image(subject, config.policy, outcome.notes);
  NVINJECT_ASSIGN_OR_RETURN(outcome.plan,
                            make_plan(outcome.grant, inventory, image, config.policy));
  return {};
}

}  // namespace

Outcome decide(const GpuRequest& request, const Asker& asker, const Config& config,
               const ContainerRoot* root, MayPrepare may_prepare) {
  Outcome outcome;
  if (auto done = run_stages({request, asker, root}, config, may_prepare, outcome); !done) {
    outcome.error = std::move(done).error();
    // What somebody asked for is missing, and this may be why.
    for (const Decision& note : outcome.notes) {
      if (note.subject == kPreparation) {
        outcome.error->message.append("; ").append(kPreparation).append(": ").append(note.reason);
      }
    }
  }
  return outcome;
}

}  // namespace nvinject
