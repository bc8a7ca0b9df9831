// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/session/sync_collector.h"

#include <utility>

#include "nri-plugin/container/concerns_us.h"
#include "nri-plugin/wire/field_reader.h"

namespace nvinject::nri {
namespace {

using Request = api::SynchronizeRequest;

// Calls on_field for every value of the field `number` that is of this kind, as the generated code
// would. False: the message is malformed.
template <class OnField>
Result<bool> for_each(std::string_view message, std::uint32_t number, FieldKind kind,
                      OnField on_field) {
  FieldReader fields(message);
  while (const auto field = fields.next()) {
    if (field->number != number || field->kind != kind) continue;
    NVINJECT_RETURN_IF_ERROR(on_field(*field));
  }
  return fields.ok();
}

tl::unexpected<Error> malformed(const std::string& what) {
  return fail(ErrorCode::kInvalidRequest, "read " + what + ": not a protobuf message");
}

// The members by which we call a pod, without its labels, resources and addresses.
api::PodSandbox names_of(std::string_view pod) {
  api::PodSandbox names;
  FieldReader fields(pod);
  while (const auto field = fields.next()) {
    if (field->kind != FieldKind::kBytes) continue;
    const std::string text(field->bytes);
    switch (field->number) {
      case api::PodSandbox::kIdFieldNumber:
        names.set_id(text);
        break;
      case api::PodSandbox::kNameFieldNumber:
        names.set_name(text);
        break;
      case api::PodSandbox::kUidFieldNumber:  // the checkpoint's key
        names.set_uid(text);
        break;
      case api::PodSandbox::kNamespaceFieldNumber:
        names.set_namespace_(text);
        break;
      case api::PodSandbox::kRuntimeHandlerFieldNumber:
        names.set_runtime_handler(text);
        break;
      default:
        break;
    }
  }
  return names;
}

std::string_view pod_id_of(std::string_view container) {
  FieldReader fields(container);
  while (const auto field = fields.next()) {
    if (field->is_bytes(api::Container::kPodSandboxIdFieldNumber)) return field->bytes;
  }
  return {};
}

}  // namespace

void SyncCollector::add_pod(std::string_view bytes) {
  api::PodSandbox pod;
  const bool asks = pod_concerns_us(bytes, rules_) &&
                    pod.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (!asks) pod = names_of(bytes);
  std::string id = pod.id();
  pods_.insert_or_assign(std::move(id), std::move(pod));
}

Result<void> SyncCollector::add_container(std::string_view bytes) {
  bool pod_may_ask = false;
  if (!rules_.pod_annotation_keys.empty()) {
    const auto pod = pods_.find(pod_id_of(bytes));
    pod_may_ask = pod == pods_.end() || pod->second.annotations_size() > 0;
  }
  if (!pod_may_ask && !container_concerns_us(bytes, rules_)) return {};
  if (!containers_.emplace_back().ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return malformed("a container of Synchronize");
  }
  return {};
}

Result<bool> SyncCollector::add(std::string_view payload) {
  received_bytes_ += payload.size();
  if (received_bytes_ > kMaxSyncBytes) {
    return fail(ErrorCode::kInvalidRequest,
                "read Synchronize: more than " + std::to_string(kMaxSyncBytes) + " bytes in all");
  }
  bool more = false;
  NVINJECT_ASSIGN_OR_RETURN(bool ok, for_each(payload, Request::kPodsFieldNumber, FieldKind::kBytes,
                                              [&](const Field& field) -> Result<void> {
                                                add_pod(field.bytes);
                                                return {};
                                              }));
  if (!ok) return malformed("Synchronize");
  NVINJECT_ASSIGN_OR_RETURN(
      ok, for_each(payload, Request::kContainersFieldNumber, FieldKind::kBytes,
                   [&](const Field& field) -> Result<void> { return add_container(field.bytes); }));
  NVINJECT_ASSIGN_OR_RETURN(ok, for_each(payload, Request::kMoreFieldNumber, FieldKind::kVarint,
                                         [&](const Field& field) -> Result<void> {
                                           more = field.varint != 0;
                                           return {};
                                         }));
  return more;
}

std::vector<Question> SyncCollector::take() {
  std::vector<Question> questions;
  questions.reserve(containers_.size());
  for (api::Container& container : containers_) {
    const auto found = pods_.find(container.pod_sandbox_id());
    // A copy: a pod has several containers.
    api::PodSandbox pod = found == pods_.end() ? api::PodSandbox() : found->second;
    questions.push_back(question_from_nri(std::move(pod), std::move(container)));
  }
  received_bytes_ = 0;
  pods_.clear();
  containers_.clear();
  return questions;
}

}  // namespace nvinject::nri
