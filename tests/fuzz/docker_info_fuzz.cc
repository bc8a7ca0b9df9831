// SPDX-License-Identifier: Apache-2.0
// Whatever answers on dockerd's socket, and whatever lies in a folder of CDI files.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/engines/docker_info.h"
#include "core/engines/docker_ways.h"
#include "core/engines/oci_hook.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nvinject;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  DockerFacts facts;
  if (const auto info = parse_docker_info(text)) facts.info = *info;
  if (names_gpus(text)) facts.cdi_specs.emplace_back("a");
  facts.runtime_is_program = removal_of_oci_hook(text, std::string(text)) == HookRemoval::kDelete;
  return check_docker_ways(facts).ways.size() == 4 ? 0 : -1;
}
