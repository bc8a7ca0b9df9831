// SPDX-License-Identifier: Apache-2.0
#include "core/engines/daemon_json.h"

#include "core/base/text.h"
#include "core/engines/json_document.h"

namespace nvinject {
namespace {

// An object that may be changed; null when it is absent.
Result<Json*> member_object(Json& object, const char* key, std::string_view where) {
  NVINJECT_RETURN_IF_ERROR(find_object(object, key, where));
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

void erase_if_empty(Json& object, const char* key) {
  if (object[key].empty()) object.erase(key);
}

// "path" belongs to runtimes that are programs; an entry of a containerd shim has "runtimeType" and
// dockerd refuses both at once.
Result<void> set_entry(Json& document, const DockerEntry& entry) {
  NVINJECT_ASSIGN_OR_RETURN(Json* const runtimes, member_object(document, "runtimes", ""));
  if (runtimes == nullptr) document["runtimes"] = Json::object();
  Json& all = document["runtimes"];
  NVINJECT_ASSIGN_OR_RETURN(Json* const ours, member_object(all, entry.name.c_str(), "runtimes"));
  if (ours == nullptr) {
    all[entry.name] = Json{{"path", entry.path}, {"runtimeArgs", Json::array()}};
    return {};
  }
  if (ours->contains("runtimeType")) {
    return fail(ErrorCode::kInvalidRequest, "set path of " + quote("runtimes." + entry.name) +
                                                ": it has a runtimeType, so it is somebody else's "
                                                "(--runtime-name gives ours another name)");
  }
  (*ours)["path"] = entry.path;
  return {};
}

}  // namespace

Result<std::string> add_to_daemon_json(std::string_view text, std::string_view file,
                                       const DockerEntry& entry) {
  NVINJECT_ASSIGN_OR_RETURN(const Json before, parse_document(text, file, kMaxDaemonJsonBytes));
  Json document = before;
  const auto edited = [&]() -> Result<void> {
    NVINJECT_RETURN_IF_ERROR(set_entry(document, entry));
    if (entry.default_runtime == DefaultRuntime::kOurs) document["default-runtime"] = entry.name;
    if (entry.cdi == DockerCdi::kLeave) return {};
    NVINJECT_ASSIGN_OR_RETURN(Json* const features, member_object(document, "features", ""));
    if (features == nullptr) document["features"] = Json::object();
    document["features"]["cdi"] = true;
    return {};
  }();
  if (!edited) return tl::unexpected(Error(edited.error()).wrap("edit " + quote(file)));
  if (document == before) return std::string(text);
  return print_document(document, text);
}

Result<std::string> remove_from_daemon_json(std::string_view text, std::string_view file,
                                            const DockerEntry& entry) {
  NVINJECT_ASSIGN_OR_RETURN(const Json before, parse_document(text, file, kMaxDaemonJsonBytes));
  Json document = before;
  const auto edited = [&]() -> Result<void> {
    NVINJECT_ASSIGN_OR_RETURN(Json* const runtimes, member_object(document, "runtimes", ""));
    if (runtimes != nullptr && runtimes->erase(entry.name) > 0) {
      erase_if_empty(document, "runtimes");
    }
    const auto chosen = document.find("default-runtime");
    if (chosen != document.end() && *chosen == entry.name) document.erase("default-runtime");
    if (entry.cdi == DockerCdi::kLeave) return {};
    NVINJECT_ASSIGN_OR_RETURN(Json* const features, member_object(document, "features", ""));
    if (features != nullptr && features->erase("cdi") > 0) erase_if_empty(document, "features");
    return {};
  }();
  if (!edited) return tl::unexpected(Error(edited.error()).wrap("edit " + quote(file)));
  if (document == before) return std::string(text);
  return print_document(document, text);
}

}  // namespace nvinject
