// SPDX-License-Identifier: Apache-2.0
#include "core/config/own_keys.h"

#include <gmock/gmock.h>

#include "tests/support/matchers.h"

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::Succeeds;

Result<Config> with(std::string_view key, std::string_view value) {
  return parse_config("\n" + std::string(key) + " = " + std::string(value) + "\n", "config.toml");
}

TEST(OwnKeys, AreAllBelowNvinject) {
  for (const KeyRow& row : own_key_table())
    EXPECT_TRUE(row.key.starts_with("nvinject.")) << row.key;
}

TEST(OwnKeys, SetWhatTheyMean) {
  const auto config = parse_config(R"(
[nvinject]
ld-cache = "off"
[nvinject.policy]
mode = "env"
enforce = "deny"
management-namespaces = ["gpu-operator", "kube-system"]
extras = ["imex", "nvswitch", "mofed", "gds", "gdrcopy"]
extras-namespaces = ["hpc"]
ignored-namespaces = ["other-0"]
ignored-runtime-handlers = []
pod-annotations = ["nvidia.cdi.k8s.io", "cdi-devices.noderesource.dev"]
[nvinject.nri]
socket = "/run/nri/nri.sock"
index = "05"
name = "gpu_plugin-1.0+x"
status-socket = ""
metrics = "0.0.0.0:9400"
health = ["0.0.0.0:19474", "unix:/run/nvinject/health.sock"]
host-root = "/host"
ld-cache-hook = "/usr/bin/nvinject-hook"
log-format = "json"
)",
                                   "config.toml");
  ASSERT_THAT(config, Succeeds());
  EXPECT_THAT(config->warnings, IsEmpty());
  EXPECT_EQ(config->policy.ld_cache, LdCachePolicy::kOff);
  EXPECT_EQ(config->grant, (GrantPolicy{.mode = PolicyMode::kEnv,
                                        .enforce = Enforce::kDeny,
                                        .management_namespaces = {"gpu-operator", "kube-system"},
                                        .extras = {"NVIDIA_IMEX_CHANNELS", "NVIDIA_NVSWITCH",
                                                   "NVIDIA_MOFED", "NVIDIA_GDS", "NVIDIA_GDRCOPY"},
                                        .extras_namespaces = {"hpc"},
                                        .ignored_namespaces = {"other-0"},
                                        .ignored_runtime_handlers = {}}));
  EXPECT_THAT(config->accept.pod_annotation_keys,
              ElementsAre("nvidia.cdi.k8s.io", "cdi-devices.noderesource.dev"));
  EXPECT_EQ(config->nri, (NriConfig{.socket = "/run/nri/nri.sock",
                                    .index = "05",
                                    .name = "gpu_plugin-1.0+x",
                                    .status_socket = "",
                                    .metrics = "0.0.0.0:9400",
                                    .health = {"0.0.0.0:19474", "unix:/run/nvinject/health.sock"},
                                    .host_root = "/host",
                                    .ld_cache_hook = "/usr/bin/nvinject-hook",
                                    .log_format = LogFormat::kJson}));
}

TEST(OwnKeys, RefuseForbiddenValues) {
  struct Row {
    const char* key;
    const char* value;
    const char* reason;
  };
  const std::string long_path = "\"/" + std::string(107, 'a') + "\"";
  const std::string long_name = "[\"" + std::string(64, 'a') + "\"]";
  std::string nine_addresses = "[";
  for (const char port : std::string("123456789")) {
    nine_addresses += "\"localhost:" + std::string(1, port) + "\", ";
  }
  nine_addresses += "]";
  const Row rows[] = {
      {"nvinject.ld-cache", "\"bind\"", "'bind'"},
      {"nvinject.policy.mode", "\"all\"", "'all'"},
      {"nvinject.policy.mode", "\"\"", "allocated, env"},
      {"nvinject.policy.enforce", "\"Deny\"", "'Deny'"},
      {"nvinject.policy.management-namespaces", "[\"gpu-*\"]", "'gpu-*'"},
      {"nvinject.policy.management-namespaces", "[\"a\", \"\"]", "''"},
      {"nvinject.policy.management-namespaces", "[\"Team\"]", "'Team'"},
      {"nvinject.policy.management-namespaces", "[\"a b\"]", "'a b'"},
      {"nvinject.policy.extras", "[\"imex\", \"all\"]", "'all' (known: imex, nvswitch"},
      {"nvinject.policy.extras", "[\"NVIDIA_GDS\"]", "'NVIDIA_GDS'"},
      {"nvinject.policy.extras-namespaces", "[\"*\"]", "'*'"},
      {"nvinject.policy.ignored-namespaces", "[\"-a\"]", "'-a'"},
      {"nvinject.policy.ignored-namespaces", long_name.c_str(), "aaa"},
      {"nvinject.policy.ignored-runtime-handlers", "[\"nvidia \"]", "'nvidia '"},
      {"nvinject.policy.pod-annotations", "[\"cdi.k8s.io\"]", "'cdi.k8s.io'"},
      {"nvinject.policy.pod-annotations", "[\"cdi-devices.nri.io\"]", "'cdi-devices.nri.io'"},
      {"nvinject.nri.socket", "\"\"", "has no name"},
      {"nvinject.nri.socket", "\"run/nri.sock\"", "not absolute"},
      {"nvinject.nri.socket", long_path.c_str(), "longer than 107"},
      {"nvinject.nri.index", "\"5\"", "'5'"},
      {"nvinject.nri.index", "\"100\"", "'100'"},
      {"nvinject.nri.index", "\"-1\"", "'-1'"},
      {"nvinject.nri.index", "10", "an integer instead of a string"},
      {"nvinject.nri.name", "\"\"", "no plugin name"},
      {"nvinject.nri.name", "\"a/b\"", "'a/b'"},
      {"nvinject.nri.name", "\"a b\"", "'a b'"},
      {"nvinject.nri.status-socket", "\"status.sock\"", "not absolute"},
      {"nvinject.nri.status-socket", long_path.c_str(), "longer than 107"},
      {"nvinject.nri.metrics", "\":9400\"", "':9400'"},
      {"nvinject.nri.metrics", "\"9400\"", "'9400'"},
      {"nvinject.nri.metrics", "\"localhost:0\"", "'localhost:0'"},
      {"nvinject.nri.metrics", "\"localhost:65536\"", "'localhost:65536'"},
      {"nvinject.nri.metrics", "\"::1:9400\"", "'::1:9400'"},
      {"nvinject.nri.metrics", "\"[]:9400\"", "'[]:9400'"},
      {"nvinject.nri.metrics", "\"http://host:9400\"", "'http://host:9400'"},
      {"nvinject.nri.health", "\"unix:\"", "'unix:'"},
      {"nvinject.nri.health", "\"unix:run/x\"", "'unix:run/x'"},
      {"nvinject.nri.health", "\"unix:/\"", "'unix:/'"},
      {"nvinject.nri.health", "[\"unix:/a\", \"9400\"]", "'9400'"},
      {"nvinject.nri.health", "[\"\"]", "''"},
      {"nvinject.nri.health", nine_addresses.c_str(), "more than 8"},
      {"nvinject.nri.host-root", "\"\"", "not absolute"},
      {"nvinject.nri.host-root", "\"host\"", "not absolute"},
      {"nvinject.nri.host-root", "\"/host/\"", "'/host/'"},
      {"nvinject.nri.host-root", "\"/a//b\"", "'/a//b'"},
      {"nvinject.nri.host-root", "\"/a/../b\"", "'/a/../b'"},
      {"nvinject.nri.ld-cache-hook", "\"nvinject-hook\"", "not absolute"},
      {"nvinject.nri.log-format", "\"xml\"", "'xml'"},
      {"nvinject.nri.log-level", "\"trace\"", "'trace'"},
      {"nvinject.kubelet.root", "\"var/lib/kubelet\"", "not absolute"},
      {"nvinject.kubelet.device-plugins", "\"/\"", "not absolute"},
      {"nvinject.kubelet.root", long_path.c_str(), "longer than 64"},
      {"nvinject.device-plugin.replicas", "0", "from 1 to 256"},
      {"nvinject.device-plugin.replicas", "257", "from 1 to 256"},
      {"nvinject.device-plugin.replicas", "-1", "from 1 to 256"},
  };
  for (const Row& row : rows) {
    const auto config = with(row.key, row.value);
    EXPECT_THAT(config, FailsWith(ErrorCode::kInvalidRequest, row.reason)) << row.key;
    EXPECT_THAT(config, FailsWith(ErrorCode::kInvalidRequest,
                                  "'config.toml' line 2, key '" + std::string(row.key) + "'"));
  }
}

TEST(OwnKeys, AcceptEveryWordAndForm) {
  EXPECT_EQ(with("nvinject.policy.mode", "\"allocated\"")->grant.mode, PolicyMode::kAllocated);
  EXPECT_EQ(with("nvinject.policy.enforce", "\"audit\"")->grant.enforce, Enforce::kAudit);
  EXPECT_EQ(with("nvinject.policy.enforce", "\"warn\"")->grant.enforce, Enforce::kWarn);
  EXPECT_EQ(with("nvinject.nri.log-format", "\"text\"")->nri.log_format, LogFormat::kText);
  EXPECT_EQ(with("nvinject.nri.log-level", "\"debug\"")->nri.log_level, LogDetail::kDebug);
  for (const char* const address : {"\"\"", "\"localhost:1\"", "\"node-1.example:65535\"",
                                    "\"[::]:9400\"", "\"[fe80::1%eth0]:9400\"", "\"unix:/a\""}) {
    EXPECT_THAT(with("nvinject.nri.metrics", address), Succeeds()) << address;
    EXPECT_THAT(with("nvinject.nri.health", address), Succeeds()) << address;
  }
  EXPECT_THAT(with("nvinject.nri.health", "\"\"")->nri.health, IsEmpty());
  EXPECT_THAT(with("nvinject.nri.health", "[]")->nri.health, IsEmpty());
  EXPECT_THAT(with("nvinject.nri.health", "\"unix:/a\"")->nri.health, ElementsAre("unix:/a"));
  EXPECT_THAT(with("nvinject.nri.ld-cache-hook", "\"\""), Succeeds());
  EXPECT_THAT(with("nvinject.nri.host-root", "\"/\""), Succeeds());
  const auto kubelet = with("nvinject.kubelet.root", "\"/var/lib/k0s/kubelet/\"");
  ASSERT_THAT(kubelet, Succeeds());
  EXPECT_EQ(kubelet->kubelet.pod_resources_socket(),
            "/var/lib/k0s/kubelet/pod-resources/kubelet.sock");
  EXPECT_EQ(with("nvinject.device-plugin.replicas", "256")->device_plugin.replicas, 256U);
  EXPECT_TRUE(with("nvinject.device-plugin.enabled", "true")->device_plugin.enabled);
  EXPECT_FALSE(with("nvinject.device-plugin.gate", "false")->device_plugin.gate);
  EXPECT_EQ(with("nvinject.kubelet.device-plugins", "\"/dp\"")->kubelet.checkpoint(),
            "/dp/kubelet_internal_checkpoint");
}

}  // namespace
}  // namespace nvinject
