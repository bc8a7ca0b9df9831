// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/option_values.h"

#include <algorithm>
#include <climits>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/request/device_list.h"
#include "core/request/word_list.h"

namespace nvinject::compat {
namespace {

constexpr std::size_t kMaxRequirements = 32;  // the classic limit
constexpr std::uint32_t kImexChannels = 1U << 20;
constexpr std::size_t kMaxUserName = 256;

tl::unexpected<Error> refuse(std::string_view option, std::string_view text, std::string_view why) {
  return fail(ErrorCode::kUnsupported, "read option '--" + std::string(option) + "' " +
                                           quote(text) + ": " + std::string(why));
}

Result<void> take_path(std::string_view option, std::string_view text, std::string& path) {
  if (text.empty() || text.size() >= PATH_MAX)
    return refuse(option, text, "not the name of a file");
  path = text;
  return {};
}

// useradd(8) makes these, and names with an "@" come from directories.
bool is_user_or_group(std::string_view text) {
  return !text.empty() && text.size() <= kMaxUserName &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c > ' ' && c != ':' && c != '/' && c != 0x7f; });
}

Result<void> take_all(std::string_view category, std::string_view text, bool& all) {
  if (text != "all") {
    return fail(
        ErrorCode::kUnsupported,
        std::string(category) + ": only 'all' devices are currently supported, not " + quote(text));
  }
  all = true;
  return {};
}

}  // namespace

Result<void> take_debug_file(std::string_view text, CommandLine& line) {
  return take_path("debug", text, line.debug_file);
}

Result<void> take_driver_root(std::string_view text, CommandLine& line) {
  if (!text.starts_with('/')) return refuse("root", text, "not an absolute path");
  return take_path("root", text, line.driver_root);
}

Result<void> take_ld_cache(std::string_view text, CommandLine& line) {
  return take_path("ldcache", text, line.ld_cache);
}

Result<void> check_user(std::string_view text, CommandLine&) {
  if (text.empty()) return {};
  const std::size_t colon = text.find(':');
  const bool has_group = colon != std::string_view::npos;
  if (is_user_or_group(text.substr(0, colon)) &&
      (!has_group || is_user_or_group(text.substr(colon + 1)))) {
    return {};
  }
  return refuse("user", text, "not of the form UID[:GID]");
}

Result<void> take_devices(std::string_view text, CommandLine& line) {
  auto& devices = line.wanted.devices;
  if (!devices) devices.emplace();
  for (const std::string_view word : parse_word_list(text)) {
    if (devices->size() == kMaxListedDevices) {
      return fail(ErrorCode::kUnsupported, "device error: more than " +
                                               std::to_string(kMaxListedDevices) +
                                               " devices are asked for");
    }
    devices->emplace_back(word);
  }
  return {};
}

Result<void> take_imex_channels(std::string_view text, CommandLine& line) {
  auto& channels = line.wanted.imex_channels;
  for (const std::string_view word : parse_word_list(text)) {
    const auto channel = parse_unsigned<std::uint32_t>(word);
    if (!channel || *channel >= kImexChannels) {
      return fail(ErrorCode::kUnsupported,
                  "error parsing IMEX info: unsupported IMEX channel value: " + escape(word));
    }
    if (channels.size() == kMaxListedDevices) {
      return fail(ErrorCode::kUnsupported, "error parsing IMEX info: more than " +
                                               std::to_string(kMaxListedDevices) + " channels");
    }
    std::string number = std::to_string(*channel);
    if (std::find(channels.begin(), channels.end(), number) == channels.end()) {
      channels.push_back(std::move(number));
    }
  }
  return {};
}

Result<void> take_mig_config(std::string_view text, CommandLine& line) {
  return take_all("mig-config error", text, line.wanted.mig_config);
}

Result<void> take_mig_monitor(std::string_view text, CommandLine& line) {
  return take_all("mig-monitor error", text, line.wanted.mig_monitor);
}

Result<void> take_pid(std::string_view text, CommandLine& line) {
  const auto pid = parse_unsigned<std::uint32_t>(text);
  if (!pid || *pid == 0 || *pid > INT_MAX)
    return refuse("pid", text, "not the number of a process");
  line.configure.pid = static_cast<pid_t>(*pid);
  return {};
}

Result<void> take_requirement(std::string_view text, CommandLine& line) {
  auto& requirements = line.configure.requirements;
  if (requirements.size() == kMaxRequirements) {
    return fail(ErrorCode::kUnsupported, "input error: too many requirements, more than " +
                                             std::to_string(kMaxRequirements));
  }
  requirements.emplace_back(text);
  return {};
}

Result<void> take_ldconfig(std::string_view text, CommandLine& line) {
  std::string path;
  NVINJECT_RETURN_IF_ERROR(take_path("ldconfig", text.substr(text.starts_with('@') ? 1 : 0), path));
  line.configure.ldconfig = text;
  return {};
}

Result<void> take_cuda_compat_mode(std::string_view text, CommandLine& line) {
  for (const auto& [name, mode] :
       {std::pair<std::string_view, CudaCompatMode>{"mount", CudaCompatMode::kMount},
        {"ldconfig", CudaCompatMode::kLdconfig},
        {"disabled", CudaCompatMode::kDisabled}}) {
    if (text != name) continue;
    line.configure.cuda_compat = mode;
    return {};
  }
  return refuse("cuda-compat-mode", text, "neither 'mount' nor 'ldconfig' nor 'disabled'");
}

}  // namespace nvinject::compat
