// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/print_spec.h"

#include <utility>

#include "core/cdi/print_yaml.h"
#include "core/cdi/version.h"

namespace nvinject {
namespace {

void put(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

void put(Json& object, const char* key, const std::vector<std::string>& texts) {
  if (!texts.empty()) object[key] = texts;
}

template <class Number>
void put(Json& object, const char* key, const std::optional<Number>& number) {
  if (number) object[key] = *number;
}

Json as_json(const CdiDeviceNode& node) {
  Json json = {{"path", node.path}};
  put(json, "hostPath", node.host_path);
  put(json, "type", node.type);
  put(json, "major", node.major);
  put(json, "minor", node.minor);
  put(json, "fileMode", node.file_mode);
  put(json, "permissions", node.permissions);
  put(json, "uid", node.uid);
  put(json, "gid", node.gid);
  return json;
}

Json as_json(const CdiMount& mount) {
  Json json = {{"hostPath", mount.host_path}, {"containerPath", mount.container_path}};
  put(json, "options", mount.options);
  put(json, "type", mount.type);
  return json;
}

Json as_json(const CdiHook& hook) {
  Json json = {{"hookName", hook.hook_name}, {"path", hook.path}};
  put(json, "args", hook.args);
  put(json, "env", hook.env);
  put(json, "timeout", hook.timeout);
  return json;
}

void put(Json& object, const char* key, bool flag) {
  if (flag) object[key] = true;
}

Json as_json(const CdiIntelRdt& rdt) {
  Json json = Json::object();
  put(json, "closID", rdt.class_of_service);
  put(json, "l3CacheSchema", rdt.l3_cache_schema);
  put(json, "memBwSchema", rdt.memory_bandwidth_schema);
  put(json, "schemata", rdt.schemata);
  put(json, "enableMonitoring", rdt.enable_monitoring);
  put(json, "enableCMT", rdt.enable_cmt);
  put(json, "enableMBM", rdt.enable_mbm);
  return json;
}

Json as_json(const CdiNetDevice& device) {
  return {{"hostInterfaceName", device.host_interface}, {"name", device.name}};
}

template <class Element>
void put_all(Json& object, const char* key, const std::vector<Element>& elements) {
  if (elements.empty()) return;
  Json list = Json::array();
  for (const Element& element : elements) list.push_back(as_json(element));
  object[key] = std::move(list);
}

Json as_json(const CdiEdits& edits) {
  Json json = Json::object();
  put(json, "env", edits.env);
  put_all(json, "deviceNodes", edits.device_nodes);
  put_all(json, "mounts", edits.mounts);
  put_all(json, "hooks", edits.hooks);
  if (!edits.additional_gids.empty()) json["additionalGids"] = edits.additional_gids;
  if (edits.intel_rdt) json["intelRdt"] = as_json(*edits.intel_rdt);
  put_all(json, "netDevices", edits.net_devices);
  return json;
}

void put_annotations(Json& object, const CdiAnnotations& annotations) {
  if (annotations.empty()) return;
  Json json = Json::object();
  for (const auto& [key, value] : annotations) json[key] = value;
  object["annotations"] = std::move(json);
}

Json as_json(const CdiDevice& device) {
  Json json = {{"name", device.name}};
  put_annotations(json, device.annotations);
  json["containerEdits"] = as_json(device.edits);
  return json;
}

}  // namespace

Json cdi_spec_as_json(const CdiSpec& spec) {
  const std::string version =
      spec.version.empty() ? std::string(minimum_cdi_version(spec)) : spec.version;
  Json json = {{"cdiVersion", version}, {"kind", spec.kind}};
  put_annotations(json, spec.annotations);
  json["devices"] = Json::array();
  for (const CdiDevice& device : spec.devices) json["devices"].push_back(as_json(device));
  Json edits = as_json(spec.edits);
  if (!edits.empty()) json["containerEdits"] = std::move(edits);
  return json;
}

std::string print_cdi_spec(const CdiSpec& spec, CdiFormat format) {
  const Json json = cdi_spec_as_json(spec);
  return format == CdiFormat::kYaml ? print_yaml(json) : print_json(json, 2) + "\n";
}

}  // namespace nvinject
