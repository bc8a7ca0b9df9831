// SPDX-License-Identifier: Apache-2.0

// The CDI file of a node, tests/golden/<node>/nvidia.cdi.yaml, with what its writer is told in
// front.

#include <gtest/gtest.h>

#include "core/cdi/print_spec.h"
#include "core/cli/cdi_document.h"
#include "core/inventory/complete_inventory.h"
#include "core/inventory/scan.h"
#include "core/plan/capability_table.h"
#include "tests/golden/golden_file.h"
#include "tests/support/driver_root.h"

namespace nvinject::cli {
namespace {

using nvinject::testing::DriverRootTree;

// What NVML says of the node "mig": it counts the devices of a GPU as it likes, and the last one
// has no UUID.
ProbeReport report_of_mig() {
  ProbedGpu gpu;
  gpu.bus_id = "00000000:65:00.0";
  gpu.mig_devices = {{.uuid = "MIG-aaaa0001-0000-5000-8000-000000000700",
                      .gpu_instance = 7,
                      .compute_instance = 0,
                      .index = 0},
                     {.uuid = "MIG-aaaa0001-0000-5000-8000-000000000701",
                      .gpu_instance = 7,
                      .compute_instance = 1,
                      .index = 1},
                     {.uuid = {}, .gpu_instance = 9, .compute_instance = 0, .index = 4}};
  ProbeReport report;
  report.gpus = {std::move(gpu)};
  return report;
}

std::string as_comments(const char* kind, const Decisions& decisions) {
  std::string text;
  for (const Decision& one : decisions) {
    text += std::string("# ") + kind + ": " + one.subject + ": " + one.choice + ": " + one.reason +
            "\n";
  }
  return text;
}

void expect_golden_document(const std::string& name, const ProbeReport& report) {
  const DriverRootTree node = DriverRootTree::from_fixture(name);
  const auto scanned =
      scan(node.roots(), wanted_files(CapabilitySet::all()), testing::FakeDeviceNumbers());
  ASSERT_TRUE(scanned) << scanned.error().message;
  const auto document = make_cdi_document(with_probed_facts(*scanned, report), Config(),
                                          {.hook_program = "/usr/bin/nvinject-hook"});
  ASSERT_TRUE(document) << document.error().message;
  const std::string text = as_comments("warning", document->decisions) +
                           as_comments("note", document->limits) +
                           print_cdi_spec(document->spec, CdiFormat::kYaml);
  testing::expect_golden_file(name + "/nvidia.cdi.yaml", node.without_place(text));
}

TEST(GoldenCdi, OfMigDevices) { expect_golden_document("mig", report_of_mig()); }
TEST(GoldenCdi, OfANodeWithBrokenGpus) { expect_golden_document("half-broken", {}); }

}  // namespace
}  // namespace nvinject::cli
