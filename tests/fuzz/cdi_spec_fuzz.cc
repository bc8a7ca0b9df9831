// SPDX-License-Identifier: Apache-2.0
// Any text as a CDI file, in YAML and in JSON. One that is taken comes back the same from both
// after it was printed, says the lowest version that will do, and edits a spec so that doing it
// twice changes nothing more.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/cdi/find_devices.h"
#include "core/cdi/parse_spec.h"
#include "core/cdi/parse_yaml.h"
#include "core/cdi/print_spec.h"
#include "core/cdi/print_yaml.h"
#include "core/cdi/registry.h"
#include "core/render/cdi_edits.h"

namespace {

using namespace nvinject;

void check(bool holds) {
  if (!holds) std::abort();
}

void check_printed(const CdiSpec& spec) {
  for (const CdiFormat format : {CdiFormat::kYaml, CdiFormat::kJson}) {
    const auto again = parse_cdi_spec(print_cdi_spec(spec, format), "again", format);
    check(again && *again == spec);
  }
  CdiSpec lowest = spec;
  lowest.version.clear();
  check(parse_cdi_spec(print_cdi_spec(lowest, CdiFormat::kJson), "lowest", CdiFormat::kJson)
            .has_value());
}

void check_edits(const CdiSpec& spec) {
  const CdiRegistry registry{
      .directories = {"/etc/cdi"},
      .files = {{.path = HostPath("/etc/cdi/a"), .directory = 0, .spec = spec}},
      .problems = {}};
  const auto names = cdi_device_names(registry);
  check(names.size() == spec.devices.size());
  const auto choice = find_cdi_devices(registry, names);
  check(choice.has_value());
  const auto once = edit_by_cdi(Json::object(), choice->edits);
  check(once.has_value());
  const auto twice = edit_by_cdi(*once, choice->edits);
  check(twice && *twice == *once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto yaml = parse_yaml(text, "file")) {
    const auto again = parse_yaml(print_yaml(*yaml), "again");
    check(again && *again == *yaml);
  }
  for (const CdiFormat format : {CdiFormat::kYaml, CdiFormat::kJson}) {
    const auto spec = parse_cdi_spec(text, "file", format);
    if (!spec) continue;
    check_printed(*spec);
    check_edits(*spec);
  }
  return 0;
}
