// SPDX-License-Identifier: Apache-2.0
#include "core/cli/read_status.h"

#include <chrono>
#include <cstdio>

#include "core/base/text.h"
#include "core/cli/or_unknown.h"
#include "core/os/unix_socket.h"

namespace nvinject::cli {
namespace {

constexpr std::chrono::seconds kStatusDeadline{5};
constexpr std::size_t kShortId = 12;

}  // namespace

Result<StatusReport> read_status(const Config& config, const std::string& socket) {
  const std::string& path = socket.empty() ? config.nri.status_socket : socket;
  if (path.empty()) {
    return fail(ErrorCode::kInvalidRequest,
                "read the NRI plugin's status: nvinject.nri.status-socket is empty, so it tells "
                "nobody (or name its socket with --socket)");
  }
  const auto connection = connect_unix(HostPath(path), kStatusDeadline);
  if (!connection) {
    const Error& error = connection.error();
    if (error.code != ErrorCode::kNotFound && error.code != ErrorCode::kUnavailable) {
      return tl::unexpected(Error(error).wrap("ask the NRI plugin"));
    }
    return fail(error.code, "the NRI plugin is not running (" + error.message +
                                "): start nvinject-nri, or name its socket with --socket");
  }
  auto text = read_to_end(connection->get(), path, kMaxStatusBytes, kStatusDeadline);
  if (!text) return tl::unexpected(std::move(text).error().wrap("ask the NRI plugin"));
  auto report = parse_status(*text);
  if (!report) {
    return tl::unexpected(
        std::move(report).error().wrap("understand the answer of the NRI plugin (is it of the "
                                       "same version?)"));
  }
  return report;
}

int print_status(const Config& config, const StatusOptions& options,
                 Json (*as_json)(const StatusReport&),
                 std::string (*as_text)(const StatusReport&)) {
  const auto status = read_status(config, options.socket);
  if (!status) return report(status.error());
  const std::string text =
      options.output == Output::kJson ? print_json(as_json(*status), 2) + "\n" : as_text(*status);
  std::fputs(text.c_str(), stdout);
  return kExitOk;
}

std::string describe_container(const ContainerStatus& container) {
  return container.name_space + "/" + container.pod + "/" + container.name + "  " +
         container.id.substr(0, kShortId);
}

std::string describe_gpus(const std::vector<unsigned>& gpus) {
  std::vector<std::string> names;
  names.reserve(gpus.size());
  for (const unsigned index : gpus) names.push_back("GPU " + std::to_string(index));
  return names.empty() ? "nothing" : join(names, ", ");
}

std::string describe_plugin(const StatusReport& report) {
  return "policy " + or_unknown(report.mode) + ", enforce " + or_unknown(report.enforce) +
         "; driver " + or_unknown(report.driver_version) + "; runtime " +
         or_unknown(report.runtime) +
         (report.registered ? report.synchronised ? "" : ", not synchronised yet"
                            : ", not connected: containers start without the plugin");
}

}  // namespace nvinject::cli
