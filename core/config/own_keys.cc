// SPDX-License-Identifier: Apache-2.0
#include "core/config/own_keys.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/config/toml_value.h"

namespace nvinject {
namespace {

using Set = Result<void>;

constexpr std::size_t kMaxLabel = 63;        // of DNS: namespaces and runtime handlers
constexpr std::size_t kMaxSocketPath = 107;  // sockaddr_un without the last zero
constexpr std::size_t kMaxAddresses = 8;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }
bool is_letter_or_digit(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

bool has_only(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [others](char c) {
    return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
  });
}

// Kubernetes takes nothing else for these names: a pattern would only look as if it did something.
Result<std::vector<std::string>> as_labels(const toml::node& node) {
  NVINJECT_ASSIGN_OR_RETURN(std::vector<std::string> names, as_strings(node));
  for (const std::string& name : names) {
    const bool sound = !name.empty() && name.size() <= kMaxLabel &&
                       is_lower_or_digit(name.front()) && is_lower_or_digit(name.back()) &&
                       std::all_of(name.begin(), name.end(),
                                   [](char c) { return is_lower_or_digit(c) || c == '-'; });
    if (!sound) {
      return bad_value(quote(name) +
                       " is no name that Kubernetes knows (lower-case letters, "
                       "digits and '-'; no patterns)");
    }
  }
  return names;
}

Result<std::string> as_socket_path(const toml::node& node) {
  NVINJECT_ASSIGN_OR_RETURN(std::string path, as_string(node));
  if (!path.empty() && path.front() != '/') return bad_value(quote(path) + " is not absolute");
  if (path.size() > kMaxSocketPath) {
    return bad_value(quote(path) + " is longer than " + std::to_string(kMaxSocketPath) +
                     " bytes, which no socket can be");
  }
  return path;
}

// "name.example:9400", "127.0.0.1:9400", "[::1]:9400"
bool is_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string_view host = text.substr(0, colon);
  const auto port = parse_unsigned<std::uint16_t>(text.substr(colon + 1));
  if (!port || *port == 0) return false;
  if (!host.starts_with('[')) return !host.empty() && has_only(host, ".-");
  return host.size() > 2 && host.ends_with(']') && has_only(host.substr(1, host.size() - 2), ":.%");
}

Result<void> check_listen_address(const std::string& address) {
  const auto path = unix_path_of(address);
  const bool sound =
      path ? path->size() > 1 && path->starts_with('/') && path->size() <= kMaxSocketPath
           : is_host_and_port(address);
  if (sound) return {};
  return bad_value(quote(address) + " is neither HOST:PORT nor unix:/PATH");
}

// Empty for none.
Result<std::string> as_listen_address(const toml::node& node) {
  NVINJECT_ASSIGN_OR_RETURN(std::string address, as_string(node));
  if (!address.empty()) NVINJECT_RETURN_IF_ERROR(check_listen_address(address));
  return address;
}

// One or several of them.
Result<std::vector<std::string>> as_listen_addresses(const toml::node& node) {
  if (!node.is_array()) {
    NVINJECT_ASSIGN_OR_RETURN(std::string address, as_listen_address(node));
    if (address.empty()) return {};
    return std::vector<std::string>{std::move(address)};
  }
  NVINJECT_ASSIGN_OR_RETURN(std::vector<std::string> addresses, as_strings(node));
  if (addresses.size() > kMaxAddresses) {
    return bad_value("more than " + std::to_string(kMaxAddresses) + " addresses");
  }
  for (const std::string& address : addresses) {
    NVINJECT_RETURN_IF_ERROR(check_listen_address(address));
  }
  return addresses;
}

constexpr std::pair<std::string_view, LdCachePolicy> kLdCacheWords[] = {
    {"write", LdCachePolicy::kWrite}, {"off", LdCachePolicy::kOff}};
constexpr std::pair<std::string_view, PolicyMode> kModeWords[] = {
    {"allocated", PolicyMode::kAllocated}, {"env", PolicyMode::kEnv}};
constexpr std::pair<std::string_view, Enforce> kEnforceWords[] = {
    {"audit", Enforce::kAudit}, {"warn", Enforce::kWarn}, {"deny", Enforce::kDeny}};
// What a container asks for by each of these.
constexpr std::pair<std::string_view, std::string_view> kExtraWords[] = {
    {"imex", "NVIDIA_IMEX_CHANNELS"},
    {"nvswitch", "NVIDIA_NVSWITCH"},
    {"mofed", "NVIDIA_MOFED"},
    {"gds", "NVIDIA_GDS"},
    {"gdrcopy", "NVIDIA_GDRCOPY"}};
constexpr std::pair<std::string_view, LogDetail> kLogLevelWords[] = {{"info", LogDetail::kInfo},
                                                                     {"debug", LogDetail::kDebug}};
constexpr std::pair<std::string_view, LogFormat> kLogFormatWords[] = {{"text", LogFormat::kText},
                                                                      {"json", LogFormat::kJson}};

Set set_ld_cache_policy(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.policy.ld_cache, as_word<LdCachePolicy>(node, kLdCacheWords));
  return {};
}

Set set_policy_mode(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.grant.mode, as_word<PolicyMode>(node, kModeWords));
  return {};
}
Set set_enforce(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.grant.enforce, as_word<Enforce>(node, kEnforceWords));
  return {};
}
Set set_management_namespaces(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.grant.management_namespaces, as_labels(node));
  return {};
}
Set set_extras(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(const auto variables, as_words<std::string_view>(node, kExtraWords));
  config.grant.extras.assign(variables.begin(), variables.end());
  return {};
}
Set set_extras_namespaces(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.grant.extras_namespaces, as_labels(node));
  return {};
}
Set set_ignored_namespaces(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.grant.ignored_namespaces, as_labels(node));
  return {};
}
Set set_ignored_runtime_handlers(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.grant.ignored_runtime_handlers, as_labels(node));
  return {};
}
Set set_pod_annotations(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(std::vector<std::string> keys, as_strings(node));
  for (const std::string& key : keys) {
    if (key != "nvidia.cdi.k8s.io" && key != "cdi-devices.noderesource.dev") {
      return bad_value("annotation " + quote(key) +
                       " is not known (known: nvidia.cdi.k8s.io, cdi-devices.noderesource.dev)");
    }
  }
  config.accept.pod_annotation_keys = std::move(keys);
  return {};
}

Set set_nri_socket(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(std::string path, as_socket_path(node));
  if (path.empty()) return bad_value("the runtime's socket has no name");
  config.nri.socket = std::move(path);
  return {};
}
Set set_nri_index(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(std::string index, as_string(node));
  if (index.size() != 2 || !is_digit(index[0]) || !is_digit(index[1])) {
    return bad_value(quote(index) + " is not two digits");
  }
  config.nri.index = std::move(index);
  return {};
}
Set set_nri_name(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(std::string name, as_string(node));
  if (name.empty() || !has_only(name, "_.+-")) {
    return bad_value(quote(name) + " is no plugin name (letters, digits and '_.+-')");
  }
  config.nri.name = std::move(name);
  return {};
}
Set set_status_socket(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.nri.status_socket, as_socket_path(node));
  return {};
}
Set set_metrics(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.nri.metrics, as_listen_address(node));
  return {};
}
Set set_health(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.nri.health, as_listen_addresses(node));
  return {};
}
Set set_host_root(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(std::string path, as_string(node));
  if (path.empty() || path.front() != '/') return bad_value(quote(path) + " is not absolute");
  // Without links, "..", or a slash at the end: paths below it are compared by their beginning.
  const bool plain = path == "/" || (path.back() != '/' && path.find("//") == std::string::npos &&
                                     path.find("/.") == std::string::npos);
  if (!plain) return bad_value(quote(path) + " is not written plainly, as \"/host\" is");
  config.nri.host_root = std::move(path);
  return {};
}
Set set_ld_cache_hook(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(std::string path, as_string(node));
  if (!path.empty() && path.front() != '/') return bad_value(quote(path) + " is not absolute");
  config.nri.ld_cache_hook = std::move(path);
  return {};
}
Set set_log_level(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.nri.log_level, as_word<LogDetail>(node, kLogLevelWords));
  return {};
}
Set set_log_format(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.nri.log_format, as_word<LogFormat>(node, kLogFormatWords));
  return {};
}

// Longer than the names of the sockets below it, a directory would be of no use.
constexpr std::size_t kMaxKubeletDirectory = 64;

Result<std::string> as_kubelet_directory(const toml::node& node) {
  NVINJECT_ASSIGN_OR_RETURN(std::string path, as_string(node));
  if (path.size() < 2 || path.front() != '/') return bad_value(quote(path) + " is not absolute");
  if (path.back() == '/') path.pop_back();
  if (path.size() > kMaxKubeletDirectory) {
    return bad_value(quote(path) + " is longer than " + std::to_string(kMaxKubeletDirectory) +
                     " bytes, too long for a socket below it");
  }
  return path;
}

Set set_kubelet_root(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.kubelet.root, as_kubelet_directory(node));
  return {};
}
Set set_kubelet_device_plugins(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.kubelet.device_plugins, as_kubelet_directory(node));
  return {};
}

Set set_device_plugin_enabled(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.device_plugin.enabled, as_bool(node));
  return {};
}
Set set_device_plugin_gate(const toml::node& node, Config& config) {
  NVINJECT_ASSIGN_OR_RETURN(config.device_plugin.gate, as_bool(node));
  return {};
}
Set set_device_plugin_replicas(const toml::node& node, Config& config) {
  constexpr std::int64_t kMaxReplicas = 256;
  const auto replicas = node.value_exact<std::int64_t>();
  if (!replicas || *replicas < 1 || *replicas > kMaxReplicas) {
    return bad_value("not a number from 1 to " + std::to_string(kMaxReplicas));
  }
  config.device_plugin.replicas = static_cast<unsigned>(*replicas);
  return {};
}

constexpr KeyRow kKeys[] = {
    {"nvinject.ld-cache", set_ld_cache_policy},

    {"nvinject.policy.mode", set_policy_mode},
    {"nvinject.policy.enforce", set_enforce},
    {"nvinject.policy.management-namespaces", set_management_namespaces},
    {"nvinject.policy.extras", set_extras},
    {"nvinject.policy.extras-namespaces", set_extras_namespaces},
    {"nvinject.policy.ignored-namespaces", set_ignored_namespaces},
    {"nvinject.policy.ignored-runtime-handlers", set_ignored_runtime_handlers},
    {"nvinject.policy.pod-annotations", set_pod_annotations},

    {"nvinject.nri.socket", set_nri_socket},
    {"nvinject.nri.index", set_nri_index},
    {"nvinject.nri.name", set_nri_name},
    {"nvinject.nri.status-socket", set_status_socket},
    {"nvinject.nri.metrics", set_metrics},
    {"nvinject.nri.health", set_health},
    {"nvinject.nri.host-root", set_host_root},
    {"nvinject.nri.ld-cache-hook", set_ld_cache_hook},
    {"nvinject.nri.log-format", set_log_format},
    {"nvinject.nri.log-level", set_log_level},

    {"nvinject.kubelet.root", set_kubelet_root},
    {"nvinject.kubelet.device-plugins", set_kubelet_device_plugins},

    {"nvinject.device-plugin.enabled", set_device_plugin_enabled},
    {"nvinject.device-plugin.replicas", set_device_plugin_replicas},
    {"nvinject.device-plugin.gate", set_device_plugin_gate},
};

}  // namespace

std::span<const KeyRow> own_key_table() { return kKeys; }

}  // namespace nvinject
