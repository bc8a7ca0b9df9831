// SPDX-License-Identifier: Apache-2.0
// Any daemon.json. One that is taken keeps all that it had; adding twice is adding once, and what
// is removed afterwards is gone. Docker's own reading of it never fails harder than by an error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/engines/daemon_json.h"
#include "core/engines/daemon_settings.h"
#include "core/engines/text_diff.h"
#include "core/json/json.h"

namespace {

using namespace nvinject;

constexpr const char* kFile = "daemon.json";

void check(bool holds) {
  if (!holds) std::abort();
}

Json document_of(std::string_view text) {
  const auto document = parse_json(text, kFile);
  return document ? *document : Json::object();  // blanks
}

void check_kept(const Json& before, const Json& after) {
  for (const auto& [key, value] : before.items()) {
    if (key == "runtimes" || key == "features" || key == "default-runtime") continue;
    check(after.contains(key) && after[key] == value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const DockerEntry entry{.path = "/usr/bin/nvidia-container-runtime",
                          .default_runtime = DefaultRuntime::kOurs,
                          .cdi = DockerCdi::kEnabled};
  static_cast<void>(parse_daemon_settings(text, kFile));
  static_cast<void>(remove_from_daemon_json(text, kFile, entry));
  const auto added = add_to_daemon_json(text, kFile, entry);
  if (!added) return 0;
  const Json before = document_of(text);
  const Json after = document_of(*added);
  check_kept(before, after);
  check(after["runtimes"]["nvidia"]["path"] == entry.path);
  check(add_to_daemon_json(*added, kFile, entry) == *added);
  check(unified_diff(text, *added, "a", "b").empty() == (text == *added));
  const auto settings = parse_daemon_settings(*added, kFile);
  if (settings) check(path_of_runtime(settings->runtimes, "nvidia") == entry.path);
  const auto removed = remove_from_daemon_json(*added, kFile, entry);
  check(removed.has_value());
  check_kept(before, document_of(*removed));
  check(!document_of(*removed).contains("default-runtime"));
  return 0;
}
