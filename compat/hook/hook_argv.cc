// SPDX-License-Identifier: Apache-2.0
#include "compat/hook/hook_argv.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/base/version.h"

namespace nvinject::compat {
namespace {

constexpr std::string_view kLdCacheJob = "ld-cache";
constexpr std::string_view kCudaCompat = "--cuda-compat=";
constexpr std::size_t kMaxVersionBytes = 32;
constexpr std::size_t kMaxNameBytes = 255;  // of a file name, on every file system

bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

Result<std::string> read_version(std::string_view argument) {
  const std::string_view version = argument.substr(kCudaCompat.size());
  if (version.empty() || version.size() > kMaxVersionBytes || !is_version(version)) {
    return fail(ErrorCode::kInvalidRequest,
                "read argument " + quote(argument) + ": not the version of a driver");
  }
  return std::string(version);
}

}  // namespace

Result<HookCommand> parse_hook_argv(const std::vector<std::string_view>& args) {
  if (args.empty()) {
    return fail(ErrorCode::kInvalidRequest,
                "read the arguments: there are none; a container runtime runs this program as "
                "'nvinject-hook ld-cache NAME...' in a createContainer hook");
  }
  if (args.front() != kLdCacheJob) {
    return fail(
        ErrorCode::kUnsupported,
        "do " + quote(args.front()) +
            ": this hook knows 'ld-cache' only; are it and the program that asked for it of "
            "one version?");
  }
  if (args.size() - 1 > kMaxHookNames) {
    return fail(ErrorCode::kInvalidRequest,
                "read the arguments: " + std::to_string(args.size() - 1) + " names, more than " +
                    std::to_string(kMaxHookNames));
  }
  HookCommand command;
  std::size_t first_name = 1;
  if (args.size() > 1 && args[1].starts_with(kCudaCompat)) {
    NVINJECT_ASSIGN_OR_RETURN(command.cuda_compat_driver, read_version(args[1]));
    ++first_name;
  }
  for (std::size_t i = first_name; i < args.size(); ++i) {
    if (!is_file_name(args[i])) {
      return fail(ErrorCode::kInvalidRequest,
                  "read argument " + quote(args[i]) + ": not the name of a file");
    }
    const auto& known = command.libraries;
    if (std::find(known.begin(), known.end(), args[i]) == known.end()) {
      command.libraries.emplace_back(args[i]);
    }
  }
  return command;
}

}  // namespace nvinject::compat
