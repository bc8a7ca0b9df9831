// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/parse_spec.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/cdi/parse_edits.h"
#include "core/cdi/parse_yaml.h"
#include "core/cdi/spec_member.h"
#include "core/cdi/version.h"
#include "core/request/cdi_name.h"

namespace nvinject {
namespace {

Result<CdiAnnotations> annotations_of(const Json& object, std::string_view where) {
  return find_string_map(object, "annotations", where);
}

Result<CdiDevice> parse_device(const Json& json, std::string_view where) {
  NVINJECT_RETURN_IF_ERROR(check_members(json, {"name", "annotations", "containerEdits"}, where));
  CdiDevice device;
  NVINJECT_ASSIGN_OR_RETURN(device.name, needed_text(json, "name", where));
  if (!parse_cdi_name("vendor/class=" + device.name)) {
    return refuse(member(where, "name"), quote(device.name) + " cannot be the name of a device");
  }
  NVINJECT_ASSIGN_OR_RETURN(device.annotations, annotations_of(json, where));
  NVINJECT_ASSIGN_OR_RETURN(device.edits, parse_cdi_edits(json, where));
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
  NVINJECT_ASSIGN_OR_RETURN(spec.edits, parse_cdi_edits(document, ""));
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
