// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "core/cli/commands.h"
#include "core/cli/print_inventory.h"
#include "core/inventory/scan.h"
#include "core/plan/capability_table.h"

namespace nvinject::cli {
namespace {

// Everything that any capability could ask for.
template <class Print>
int print_scan(const Config& config, Output output, Print as_text) {
  const auto inventory = scan(config.roots, wanted_files(CapabilitySet::all()), DeviceNumbers());
  if (!inventory) return report(inventory.error());
  const std::string text = output == Output::kJson
                               ? print_json(inventory_as_json(*inventory), 2) + "\n"
                               : as_text(*inventory);
  std::fputs(text.c_str(), stdout);
  return kExitOk;
}

}  // namespace

int info(const Config& config, Output output) {
  return print_scan(config, output, inventory_summary);
}

int list(const Config& config, Output output) {
  return print_scan(config, output, inventory_listing);
}

int report(const Error& error) {
  std::fprintf(stderr, "nvinject: %s\n", error.message.c_str());
  return kExitFailed;
}

}  // namespace nvinject::cli
