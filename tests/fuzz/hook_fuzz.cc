// SPDX-License-Identifier: Apache-2.0
// Everything that nvinject-hook reads from its caller: a line of arguments, one with the state,
// then the spec. What it takes from them must be what it needs.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "compat/bundle/oci_state.h"
#include "compat/hook/hook_argv.h"
#include "compat/hook/mounted_libraries.h"
#include "core/base/text.h"
#include "core/json/json.h"

namespace {

using namespace nvinject;
using namespace nvinject::compat;

std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

void check(bool holds) {
  if (!holds) std::abort();
}

void read_spec(std::string_view text, const std::vector<std::string>& names) {
  const Result<Json> spec = parse_json(text, "spec", JsonRules::kLenient);
  if (!spec) return;
  const auto mounts = find_mounts(*spec, names);
  if (!mounts) return;
  for (const ContainerPath& mount : *mounts) {
    check(mount.string().front() == '/' && mount.string().find('\0') == std::string::npos);
    check(std::find(names.begin(), names.end(), mount.file_name()) != names.end());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const Result<HookCommand> command = parse_hook_argv(split(take_line(rest), ' '));
  if (command) {
    check(command->libraries.size() <= kMaxHookNames);
    for (const std::string& name : command->libraries) {
      check(!name.empty() && name.find('/') == std::string::npos);
    }
  }
  const Result<ContainerState> state = parse_container_state(take_line(rest));
  if (state) {
    check(state->bundle.string().front() == '/' &&
          state->bundle.string().find('\0') == std::string::npos);
  }
  read_spec(rest, command ? command->libraries : std::vector<std::string>{"libcuda.so.1"});
  return 0;
}
