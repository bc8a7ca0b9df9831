// SPDX-License-Identifier: Apache-2.0
#pragma once

// Docker's daemon.json, edited as a document: what is there stays, in its order, whatever it means;
// what cannot be merged into is an error. Text in, text out: it refuses to know where files are.

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace nvinject {

// More than any daemon.json has.
inline constexpr std::size_t kMaxDaemonJsonBytes = 1024UL * 1024UL;

enum class DefaultRuntime { kLeave, kOurs };
enum class DockerCdi { kLeave, kEnabled };  // the member "cdi" of "features"

struct DockerEntry {
  std::string name = "nvidia";
  std::string path;  // of the runtime
  DefaultRuntime default_runtime = DefaultRuntime::kLeave;
  DockerCdi cdi = DockerCdi::kLeave;
};

// The text with our entry under "runtimes" and what else is asked. A text of blanks is an empty
// document. `file` is for messages. The text comes back untouched when it says all that already;
// one that changes keeps its width of indentation.
[[nodiscard]] Result<std::string> add_to_daemon_json(std::string_view text, std::string_view file,
                                                     const DockerEntry& entry);

// The text without the entry, without a "default-runtime" that names it, with kEnabled also without
// "cdi", and without what is left empty by that.
[[nodiscard]] Result<std::string> remove_from_daemon_json(std::string_view text,
                                                          std::string_view file,
                                                          const DockerEntry& entry);

}  // namespace nvinject
