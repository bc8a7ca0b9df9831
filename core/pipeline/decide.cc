// SPDX-License-Identifier: Apache-2.0
#include "core/pipeline/decide.h"

#include <iterator>
#include <utility>

#include "core/base/text.h"
#include "core/image/read_image_facts.h"
#include "core/inventory/scan.h"
#include "core/plan/capability_table.h"

namespace nvinject {
namespace {

// Mode "auto" looks at the request: names in CDI's way alone mean mode "cdi", as in the classic shim.
Result<void> check_mode(RuntimeMode mode, const GpuRequest& request) {
  if (mode == RuntimeMode::kLegacy) {
    return fail(ErrorCode::kUnsupported,
                "nvidia-container-runtime.mode 'legacy' is not there yet: set it to 'auto'");
  }
  if (mode == RuntimeMode::kCsv) {
    return fail(ErrorCode::kUnsupported,
                "nvidia-container-runtime.mode 'csv' (Tegra) is refused: it does not exist here");
  }
  if (mode == RuntimeMode::kCdi || request.only_cdi_names()) {
    return fail(ErrorCode::kUnsupported,
                "mode 'cdi' is not there yet (asked for by " + request.source +
                    "): name GPUs by index or UUID and use mode 'auto'");
  }
  return {};
}

// What the image says about itself. Where the kernel cannot look into it safely, nothing is known.
ImageFacts look_at_image(const ContainerRoot* root, Decisions& notes) {
  if (root == nullptr) return {};
  auto facts = read_image_facts(*root);
  if (facts) return *std::move(facts);
  notes.push_back({"image", "not looked at", facts.error().message});
  return {};
}

Result<void> run_stages(const GpuRequest& request, const Asker& asker, const Config& config,
                        const ContainerRoot* root, Outcome& outcome) {
  NVINJECT_RETURN_IF_ERROR(check_mode(config.runtime.mode, request));
  const WantedFiles wanted = wanted_files(request.capabilities);
  NVINJECT_ASSIGN_OR_RETURN(const Inventory inventory,
                            scan(config.roots, wanted, DeviceNumbers()));
  outcome.notes = inventory.findings;
  NVINJECT_ASSIGN_OR_RETURN(outcome.grant, decide_grant(request, asker, inventory));
  const ImageFacts image = look_at_image(root, outcome.notes);
  NVINJECT_ASSIGN_OR_RETURN(outcome.plan,
                            make_plan(outcome.grant, inventory, image, config.policy));
  return {};
}

}  // namespace

Outcome decide(const GpuRequest& request, const Asker& asker, const Config& config,
               const ContainerRoot* root) {
  Outcome outcome;
  if (auto done = run_stages(request, asker, config, root, outcome); !done) {
    outcome.error = std::move(done).error();
  }
  return outcome;
}

}  // namespace nvinject
