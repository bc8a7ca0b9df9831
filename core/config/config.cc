// SPDX-License-Identifier: Apache-2.0
#include "core/config/config.h"

#include <utility>

#include "core/base/text.h"
#include "core/config/key_table.h"
#include "core/config/toml.h"
#include "core/os/file.h"

namespace nvinject {
namespace {

constexpr std::size_t kMaxConfigBytes = 1U << 20U;

std::string place_of(std::string_view name, const toml::source_position& position) {
  return quote(name) + " line " + std::to_string(position.line);
}

// Walks the tables; every value must be a known key and of its type.
class Reader {
 public:
  Reader(std::string_view name, Config& config) : name_(name), config_(config) {}

  Result<void> read_table(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string full = prefix + std::string(key.str());
      if (const KeyRow* const row = find_config_key(full)) {
        NVINJECT_RETURN_IF_ERROR(read_value(*row, full, node));
      } else if (is_config_table(full)) {
        const toml::table* const below = node.as_table();
        if (below == nullptr) return refuse(full, node, "a value instead of a table");
        NVINJECT_RETURN_IF_ERROR(read_table(*below, full + "."));
      } else {
        config_.warnings.push_back(
            {full, "unknown key", "ignored, in " + place_of(name_, node.source().begin)});
      }
    }
    return {};
  }

 private:
  Result<void> read_value(const KeyRow& row, const std::string& full, const toml::node& node) {
    Result<void> set = row.set(node, config_);
    if (set) return {};
    return refuse(full, node, set.error().message);
  }

  [[nodiscard]] tl::unexpected<Error> refuse(const std::string& full, const toml::node& node,
                                             const std::string& why) const {
    return fail(ErrorCode::kInvalidRequest, "read config " + place_of(name_, node.source().begin) +
                                                ", key " + quote(full) + ": " + why);
  }

  std::string_view name_;
  Config& config_;
};

HostPath config_path(const ConfigEnvironment& environment) {
  if (!environment.config_file_path.empty()) return HostPath(environment.config_file_path);
  const std::string home = environment.config_home.empty() ? "/etc" : environment.config_home;
  return HostPath(home + "/nvidia-container-runtime/config.toml");
}

Result<Config> load_file(const ConfigEnvironment& environment) {
  const HostPath path = config_path(environment);
  auto text = read_file(path, kMaxConfigBytes);
  if (text) {
    auto config = parse_config(*text, path.string());
    if (config) config->file = path.string();
    return config;
  }
  const bool must_exist = !environment.config_file_path.empty();
  if (!must_exist && text.error().code == ErrorCode::kNotFound) return Config{};
  return tl::unexpected(std::move(text).error().wrap("read config"));
}

}  // namespace

Result<Config> parse_config(std::string_view text, std::string_view name, Config base) {
  const toml::parse_result parsed = toml::parse(text, name);
  if (!parsed) {
    return fail(ErrorCode::kInvalidRequest, "read config " +
                                                place_of(name, parsed.error().source().begin) +
                                                ": " + std::string(parsed.error().description()));
  }
  Config config = std::move(base);
  NVINJECT_RETURN_IF_ERROR(Reader(name, config).read_table(parsed.table(), ""));
  // The way of mode "auto", which features.disable-cuda-compat-lib-hook may have switched off.
  if (config.legacy_cuda_compat == CudaCompatMode::kHook) {
    config.legacy_cuda_compat = config.policy.cuda_compat;
  }
  return config;
}

std::string_view mode_without_hook(const Config& config) {
  if (config.hook.skip_mode_detection) return {};
  if (config.hook.is_left_out) return "jit-cdi";
  if (config.runtime.mode == RuntimeMode::kCsv) return "csv";
  return config.runtime.mode == RuntimeMode::kCdi ? "cdi" : "";
}

Result<Config> load_config(const ConfigEnvironment& environment) {
  auto config = load_file(environment);
  if (config && !environment.mps_pipes.empty()) config->roots.mps_pipes = environment.mps_pipes;
  return config;
}

Result<Config> load_config_files(const std::vector<std::string>& files) {
  Config config;
  for (const std::string& file : files) {
    auto text = read_file(HostPath(file), kMaxConfigBytes);
    if (!text) return tl::unexpected(std::move(text).error().wrap("read config"));
    NVINJECT_ASSIGN_OR_RETURN(config, parse_config(*text, file, std::move(config)));
    config.file = file;
  }
  return config;
}

std::vector<std::string> load_runtimes_only(const ConfigEnvironment& environment) {
  constexpr std::string_view kKey = "nvidia-container-runtime.runtimes";
  Config config;
  const auto text = read_file(config_path(environment), kMaxConfigBytes);
  if (!text) return config.runtime.runtimes;
  const toml::parse_result parsed = toml::parse(*text);
  if (!parsed) return config.runtime.runtimes;
  const auto node = parsed.table().at_path(kKey);
  if (!node || !find_config_key(kKey)->set(*node.node(), config)) return RuntimeConfig{}.runtimes;
  return config.runtime.runtimes;
}

}  // namespace nvinject
