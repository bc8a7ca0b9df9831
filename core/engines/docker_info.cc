// SPDX-License-Identifier: Apache-2.0
#include "core/engines/docker_info.h"

#include "core/base/text.h"

namespace nvinject {
namespace {

tl::unexpected<Error> unexpected_answer(std::string_view why) {
  return fail(ErrorCode::kUnavailable, "understand dockerd's answer: " + std::string(why));
}

// "HTTP/1.0 200 OK"
Result<std::string_view> body_of(std::string_view answer) {
  const std::string_view status = answer.substr(0, answer.find("\r\n"));
  const std::vector<std::string> words = split_words(status);
  if (words.size() < 2 || !words[0].starts_with("HTTP/1.")) {
    return unexpected_answer(quote(status) + " is no HTTP");
  }
  if (words[1] != "200") return unexpected_answer(quote(status));
  constexpr std::string_view kEndOfHead = "\r\n\r\n";
  const std::size_t end = answer.find(kEndOfHead);
  if (end == std::string_view::npos) return unexpected_answer("it has no end of its head");
  return answer.substr(end + kEndOfHead.size());
}

}  // namespace

Result<DockerInfo> parse_docker_info(std::string_view answer) {
  NVINJECT_ASSIGN_OR_RETURN(const std::string_view body, body_of(answer));
  NVINJECT_ASSIGN_OR_RETURN(const Json document,
                            parse_json(body, "dockerd's answer", JsonRules::kLenient));
  if (!document.is_object()) return unexpected_answer("it is no object");
  DockerInfo info;
  NVINJECT_ASSIGN_OR_RETURN(auto version, find_string(document, "ServerVersion", ""));
  info.server_version = version.value_or("");
  NVINJECT_ASSIGN_OR_RETURN(info.runtimes, find_runtime_paths(document, "Runtimes"));
  NVINJECT_ASSIGN_OR_RETURN(info.cdi_directories, find_strings(document, "CDISpecDirs", ""));
  return info;
}

}  // namespace nvinject
