// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/parse_spec.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "core/base/text.h"
#include "core/cdi/parse_yaml.h"
#include "core/cdi/version.h"
#include "core/request/cdi_name.h"

namespace nvinject {
namespace {

using Names = std::initializer_list<std::string_view>;

constexpr std::array<std::string_view, 6> kHookNames = {
    "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"};
constexpr std::array<std::string_view, 4> kNodeTypes = {"b", "c", "u", "p"};

template <class Known>
bool is_one_of(std::string_view text, const Known& names) {
  return std::find(names.begin(), names.end(), text) != names.end();
}

tl::unexpected<Error> refuse(std::string_view where, const std::string& why) {
  return fail(ErrorCode::kInvalidRequest, "read " + quote(where) + ": " + why);
}

std::string member(std::string_view where, std::string_view key) {
  return where.empty() ? std::string(key) : std::string(where).append(".").append(key);
}

std::string element(std::string_view list, std::size_t index) {
  return std::string(list).append("[").append(std::to_string(index)).append("]");
}

Result<void> check_members(const Json& object, Names known, std::string_view where) {
  for (const auto& [key, value] : object.get_ref<const Json::object_t&>()) {
    if (!is_one_of(key, known)) {
      return refuse(member(where, key), "the specification knows no such member");
    }
  }
  return {};
}

// A name that looks like a number is one to YAML: "name: 0".
Result<std::string> text_of(const Json& object, std::string_view key, std::string_view where) {
  const Json* const found = find_member(object, key);
  if (found != nullptr && found->is_number_integer()) return print_json(*found);
  NVINJECT_ASSIGN_OR_RETURN(std::optional<std::string> text, find_string(object, key, where));
  if (text && text->find('\0') != std::string::npos) {
    return refuse(member(where, key), "a zero byte");
  }
  return std::move(text).value_or("");
}

Result<std::string> needed_text(const Json& object, std::string_view key, std::string_view where) {
  NVINJECT_ASSIGN_OR_RETURN(std::string text, text_of(object, key, where));
  if (text.empty()) return refuse(member(where, key), "it is missing or empty");
  return text;
}

Result<std::string> path_of(const Json& object, std::string_view key, std::string_view where) {
  NVINJECT_ASSIGN_OR_RETURN(std::string path, needed_text(object, key, where));
  if (path.front() != '/') {
    return refuse(member(where, key), quote(path) + " is not an absolute path");
  }
  return path;
}

Result<std::vector<std::string>> texts_of(const Json& object, std::string_view key,
                                          std::string_view where) {
  NVINJECT_ASSIGN_OR_RETURN(std::vector<std::string> texts, find_strings(object, key, where));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].find('\0') != std::string::npos) {
      return refuse(element(member(where, key), i), "a zero byte");
    }
  }
  return texts;
}

template <class Number>
Result<std::optional<Number>> number_of(const Json& object, std::string_view key,
                                        std::string_view where) {
  NVINJECT_ASSIGN_OR_RETURN(const std::optional<std::int64_t> value,
                            find_integer(object, key, where));
  if (!value) return std::optional<Number>();
  if (!std::in_range<Number>(*value)) {
    return refuse(member(where, key), std::to_string(*value) + " is out of range");
  }
  return std::optional<Number>(static_cast<Number>(*value));
}

Result<CdiAnnotations> annotations_of(const Json& object, std::string_view where) {
  return find_string_map(object, "annotations", where);
}

Result<CdiDeviceNode> parse_node(const Json& json, std::string_view where) {
  NVINJECT_RETURN_IF_ERROR(check_members(
      json, {"path", "hostPath", "type", "major", "minor", "fileMode", "permissions", "uid", "gid"},
      where));
  CdiDeviceNode node;
  NVINJECT_ASSIGN_OR_RETURN(node.path, path_of(json, "path", where));
  NVINJECT_ASSIGN_OR_RETURN(node.host_path, text_of(json, "hostPath", where));
  if (!node.host_path.empty()) {
    NVINJECT_RETURN_IF_ERROR(path_of(json, "hostPath", where));
  }
  NVINJECT_ASSIGN_OR_RETURN(node.type, text_of(json, "type", where));
  if (!node.type.empty() && !is_one_of(node.type, kNodeTypes)) {
    return refuse(member(where, "type"), quote(node.type) + " is none of b, c, u and p");
  }
  NVINJECT_ASSIGN_OR_RETURN(node.major, number_of<std::uint32_t>(json, "major", where));
  NVINJECT_ASSIGN_OR_RETURN(node.minor, number_of<std::uint32_t>(json, "minor", where));
  NVINJECT_ASSIGN_OR_RETURN(node.file_mode, number_of<mode_t>(json, "fileMode", where));
  NVINJECT_ASSIGN_OR_RETURN(node.permissions, text_of(json, "permissions", where));
  if (node.permissions.find_first_not_of("rwm") != std::string::npos) {
    return refuse(member(where, "permissions"), quote(node.permissions) + " is not of r, w and m");
  }
  NVINJECT_ASSIGN_OR_RETURN(node.uid, number_of<uid_t>(json, "uid", where));
  NVINJECT_ASSIGN_OR_RETURN(node.gid, number_of<gid_t>(json, "gid", where));
  return node;
}

Result<CdiMount> parse_mount(const Json& json, std::string_view where) {
  NVINJECT_RETURN_IF_ERROR(
      check_members(json, {"hostPath", "containerPath", "options", "type"}, where));
  CdiMount mount;
  // A tmpfs comes from no path.
  NVINJECT_ASSIGN_OR_RETURN(mount.host_path, needed_text(json, "hostPath", where));
  NVINJECT_ASSIGN_OR_RETURN(mount.container_path, path_of(json, "containerPath", where));
  NVINJECT_ASSIGN_OR_RETURN(mount.options, texts_of(json, "options", where));
  NVINJECT_ASSIGN_OR_RETURN(mount.type, text_of(json, "type", where));
  return mount;
}

Result<CdiHook> parse_hook(const Json& json, std::string_view where) {
  NVINJECT_RETURN_IF_ERROR(
      check_members(json, {"hookName", "path", "args", "env", "timeout"}, where));
  CdiHook hook;
  NVINJECT_ASSIGN_OR_RETURN(hook.hook_name, needed_text(json, "hookName", where));
  if (!is_one_of(hook.hook_name, kHookNames)) {
    return refuse(member(where, "hookName"), quote(hook.hook_name) + " is no hook of a runtime");
  }
  NVINJECT_ASSIGN_OR_RETURN(hook.path, path_of(json, "path", where));
  NVINJECT_ASSIGN_OR_RETURN(hook.args, texts_of(json, "args", where));
  NVINJECT_ASSIGN_OR_RETURN(hook.env, texts_of(json, "env", where));
  NVINJECT_ASSIGN_OR_RETURN(hook.timeout, find_integer(json, "timeout", where));
  return hook;
}

template <class Element>
Result<std::vector<Element>> parse_list(const Json& object, std::string_view key,
                                        std::string_view where,
                                        Result<Element> (*parse)(const Json&, std::string_view)) {
  NVINJECT_ASSIGN_OR_RETURN(const auto objects, find_objects(object, key, where));
  std::vector<Element> elements;
  elements.reserve(objects.size());
  for (const Json* const one : objects) {
    NVINJECT_ASSIGN_OR_RETURN(Element parsed,
                              parse(*one, element(member(where, key), elements.size())));
    elements.push_back(std::move(parsed));
  }
  return elements;
}

Result<void> parse_groups(const Json& object, const std::string& where, CdiEdits& edits) {
  NVINJECT_ASSIGN_OR_RETURN(const Json* const groups, find_array(object, "additionalGids", where));
  if (groups == nullptr) return {};
  const std::string list = member(where, "additionalGids");
  for (const Json& group : *groups) {
    const std::string name = element(list, edits.additional_gids.size());
    if (!group.is_number_integer()) return refuse(name, "not a number");
    NVINJECT_ASSIGN_OR_RETURN(const auto gid, number_of<gid_t>(Json{{name, group}}, name, ""));
    edits.additional_gids.push_back(*gid);
  }
  return {};
}

Result<void> check_env(const std::vector<std::string>& env, const std::string& where) {
  for (std::size_t i = 0; i < env.size(); ++i) {
    const std::size_t equals = env[i].find('=');
    if (equals == 0 || equals == std::string::npos) {
      return refuse(element(member(where, "env"), i), quote(env[i]) + " is not NAME=value");
    }
  }
  return {};
}

// "containerEdits" of `object`.
Result<CdiEdits> parse_edits(const Json& object, std::string_view owner) {
  CdiEdits edits;
  const std::string where = member(owner, "containerEdits");
  NVINJECT_ASSIGN_OR_RETURN(const Json* const json, find_object(object, "containerEdits", owner));
  if (json == nullptr) return edits;
  NVINJECT_RETURN_IF_ERROR(check_members(
      *json, {"env", "deviceNodes", "mounts", "hooks", "additionalGids", "intelRdt", "netDevices"},
      where));
  NVINJECT_ASSIGN_OR_RETURN(edits.env, texts_of(*json, "env", where));
  NVINJECT_RETURN_IF_ERROR(check_env(edits.env, where));
  NVINJECT_ASSIGN_OR_RETURN(edits.device_nodes,
                            parse_list(*json, "deviceNodes", where, parse_node));
  NVINJECT_ASSIGN_OR_RETURN(edits.mounts, parse_list(*json, "mounts", where, parse_mount));
  NVINJECT_ASSIGN_OR_RETURN(edits.hooks, parse_list(*json, "hooks", where, parse_hook));
  NVINJECT_RETURN_IF_ERROR(parse_groups(*json, where, edits));
  for (const char* const key : {"intelRdt", "netDevices"}) {
    if (find_member(*json, key) != nullptr) edits.not_offered.emplace_back(key);
  }
  return edits;
}

Result<CdiDevice> parse_device(const Json& json, std::string_view where) {
  NVINJECT_RETURN_IF_ERROR(check_members(json, {"name", "annotations", "containerEdits"}, where));
  CdiDevice device;
  NVINJECT_ASSIGN_OR_RETURN(device.name, needed_text(json, "name", where));
  if (!parse_cdi_name("vendor/class=" + device.name)) {
    return refuse(member(where, "name"), quote(device.name) + " cannot be the name of a device");
  }
  NVINJECT_ASSIGN_OR_RETURN(device.annotations, annotations_of(json, where));
  NVINJECT_ASSIGN_OR_RETURN(device.edits, parse_edits(json, where));
  if (device.edits == CdiEdits{}) {
    return refuse(member(where, "containerEdits"), "a device that changes nothing");
  }
  return device;
}

Result<void> check_version(const CdiSpec& spec) {
  if (!is_cdi_version(spec.version)) {
    return fail(ErrorCode::kUnsupported, "read 'cdiVersion': " + quote(spec.version) +
                                             " is not known here (0.3.0 to 1.1.0 are)");
  }
  const std::string_view needed = minimum_cdi_version(spec);
  if (covers_cdi_version(spec.version, needed)) return {};
  return refuse("cdiVersion", "what it says needs at least " + std::string(needed) + ", not " +
                                  quote(spec.version));
}

Result<void> check_names(const CdiSpec& spec) {
  if (spec.devices.empty()) return refuse("devices", "there is none");
  std::vector<std::string_view> names;
  names.reserve(spec.devices.size());
  for (const CdiDevice& device : spec.devices) names.emplace_back(device.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return {};
  return refuse("devices", "the name " + quote(*twice) + " comes twice");
}

}  // namespace

CdiFormat cdi_format_of(std::string_view file_name) {
  return file_name.ends_with(".json") ? CdiFormat::kJson : CdiFormat::kYaml;
}

Result<CdiSpec> cdi_spec_from_json(const Json& document) {
  if (!document.is_object()) {
    return refuse("the document", std::string(document.type_name()) + " instead of object");
  }
  NVINJECT_RETURN_IF_ERROR(check_members(
      document, {"cdiVersion", "kind", "annotations", "devices", "containerEdits"}, ""));
  CdiSpec spec;
  NVINJECT_ASSIGN_OR_RETURN(spec.version, needed_text(document, "cdiVersion", ""));
  NVINJECT_ASSIGN_OR_RETURN(spec.kind, needed_text(document, "kind", ""));
  if (!parse_cdi_name(spec.kind + "=0")) {
    return refuse("kind", quote(spec.kind) + " is not vendor/class");
  }
  NVINJECT_ASSIGN_OR_RETURN(spec.annotations, annotations_of(document, ""));
  NVINJECT_ASSIGN_OR_RETURN(spec.devices, parse_list(document, "devices", "", parse_device));
  NVINJECT_ASSIGN_OR_RETURN(spec.edits, parse_edits(document, ""));
  NVINJECT_RETURN_IF_ERROR(check_version(spec));
  NVINJECT_RETURN_IF_ERROR(check_names(spec));
  return spec;
}

Result<CdiSpec> parse_cdi_spec(std::string_view text, std::string_view name, CdiFormat format) {
  const auto document =
      format == CdiFormat::kJson ? parse_json(text, name) : parse_yaml(text, name);
  if (!document) return tl::unexpected(document.error());
  auto spec = cdi_spec_from_json(*document);
  if (spec) return spec;
  return tl::unexpected(std::move(spec).error().wrap("read CDI file " + quote(name)));
}

}  // namespace nvinject
