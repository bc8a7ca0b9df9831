// SPDX-License-Identifier: Apache-2.0
#include "core/os/process_facts.h"

#include <unistd.h>

#include <cstdint>
#include <vector>

#include "core/base/text.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxStatBytes = 64UL * 1024UL;
constexpr std::size_t kMaxMachineStatBytes = 4UL * 1024UL * 1024UL;  // a line for each interrupt
constexpr std::size_t kMaxEnvironmentBytes = 1024UL * 1024UL;
// proc_pid_stat(5), counted behind the name, which is field 2 and may have blanks and parentheses.
constexpr std::size_t kStartTimeField = 22 - 3;

tl::unexpected<Error> malformed(const HostPath& path) {
  return fail(ErrorCode::kSystem,
              "parse " + quote(path.string()) + ": not as the kernel writes it");
}

// When the machine started, in seconds since 1970.
Result<std::uint64_t> read_boot_time(const HostPath& proc) {
  const HostPath path = proc / "stat";
  NVINJECT_ASSIGN_OR_RETURN(const std::string text, read_file(path, kMaxMachineStatBytes));
  constexpr std::string_view kKey = "btime ";
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with(kKey)) continue;
    const auto seconds = parse_unsigned<std::uint64_t>(line.substr(kKey.size()));
    if (seconds) return *seconds;
  }
  return malformed(path);
}

std::optional<std::string> read_search_path(const HostPath& process) {
  const auto text = read_file(process / "environ", kMaxEnvironmentBytes);
  if (!text) return std::nullopt;
  constexpr std::string_view kName = "PATH=";
  for (const std::string_view entry : split(*text, '\0')) {
    if (entry.starts_with(kName)) return std::string(entry.substr(kName.size()));
  }
  return std::string();
}

}  // namespace

Result<ProcessFacts> read_process(const HostPath& proc, pid_t pid) {
  const HostPath process = proc / std::to_string(pid);
  const HostPath path = process / "stat";
  NVINJECT_ASSIGN_OR_RETURN(const std::string text, read_file(path, kMaxStatBytes));
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) {
    return malformed(path);
  }
  const std::vector<std::string> fields = split_words(std::string_view(text).substr(close + 1));
  if (fields.size() <= kStartTimeField) return malformed(path);
  const auto ticks = parse_unsigned<std::uint64_t>(fields[kStartTimeField]);
  const long per_second = ::sysconf(_SC_CLK_TCK);
  if (!ticks || per_second <= 0) return malformed(path);
  NVINJECT_ASSIGN_OR_RETURN(const std::uint64_t boot, read_boot_time(proc));
  const std::chrono::seconds since_1970(boot + *ticks / static_cast<std::uint64_t>(per_second));
  return ProcessFacts{.pid = pid,
                      .name = text.substr(open + 1, close - open - 1),
                      .started = std::chrono::system_clock::time_point(since_1970),
                      .search_path = read_search_path(process)};
}

}  // namespace nvinject
