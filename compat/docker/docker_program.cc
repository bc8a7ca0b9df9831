// SPDX-License-Identifier: Apache-2.0
#include "compat/docker/docker_program.h"

#include <optional>

#include "core/base/text.h"
#include "core/os/program.h"

namespace nvinject::compat {
namespace {

constexpr std::string_view kPlain =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=/.,:@%";

std::string shell_word(const std::string& word) {
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char byte : word) {
    if (byte == '\'') {
      quoted += "'\\''";
    } else {
      quoted.push_back(byte);
    }
  }
  return quoted + "'";
}

}  // namespace

Result<DockerProgram> find_docker(std::string_view nv_docker, std::string_view search_path) {
  std::vector<std::string> words = split_words(nv_docker);
  if (words.empty()) words.emplace_back("docker");
  const std::string& name = words.front();
  const bool has_slash = name.find('/') != std::string::npos;
  std::optional<HostPath> path = has_slash ? HostPath(name) : find_program(name, search_path);
  if (path && is_program(*path) && !is_this_program(*path)) {
    return DockerProgram{.path = *std::move(path), .words = std::move(words)};
  }
  return fail(ErrorCode::kNotFound,
              "find docker " + quote(name) +
                  (has_slash ? ": not an executable file" : ": no such program in PATH") +
                  " (NV_DOCKER names another)");
}

std::string shell_line(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  quoted.reserve(words.size());
  for (const std::string& word : words) quoted.push_back(shell_word(word));
  return without_control_characters(join(quoted, " "));
}

}  // namespace nvinject::compat
