// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/ask.h"

#include <utility>

#include "core/base/text.h"
#include "core/grant/allocated_request.h"

namespace nvinject::nri {
namespace {

std::string describe_asked(const Ask& ask) {
  if (ask.request.empty()) return "a GPU asked for by " + ask.hint.value_or("nobody");
  return "GPU " + quote(join(ask.request.words(), ",")) + " asked for by " + ask.request.source;
}

tl::unexpected<Error> unknown_allocation(const Ask& ask, const Error& why) {
  if (ask.hint) {
    return fail(ErrorCode::kUnavailable,
                describe_asked(ask) + ": " + *ask.hint +
                    " says that a device plugin allocated it, and the allocation cannot be read: " +
                    why.message);
  }
  return fail(ErrorCode::kDenied,
              describe_asked(ask) +
                  ": nvinject.policy.mode 'allocated' gives a container what the kubelet allocated "
                  "to it (\"env\" is for machines where everybody may have every GPU), and that "
                  "cannot be read: " +
                  why.message);
}

tl::unexpected<Error> nothing_allocated(const Ask& ask) {
  if (ask.gated) {
    return fail(ErrorCode::kDenied, describe_asked(ask) +
                                        ": the kubelet allocated none to this container, although "
                                        "it has " +
                                        ask.hint.value_or("the gate") + ": create its pod again");
  }
  auto grant = decide_grant(ask.request, ask.asker, Inventory{});
  if (grant) return fail(ErrorCode::kDenied, describe_asked(ask) + ": nothing was allocated");
  return tl::unexpected<Error>(std::move(grant).error());
}

}  // namespace

PodIdentity pod_identity(const ContainerIdentity& who) {
  return {.name_space = who.name_space, .runtime_handler = who.runtime_handler};
}

Ask read_ask(const Question& question, const Config& config) {
  Ask ask;
  ask.asker = {.authority = authority_of(pod_identity(question.who), config.grant),
               .privileged = question.facts.privileged};
  auto request = parse_request(question.facts, config.accept);
  if (request) {
    ask.request = *std::move(request);
  } else {
    ask.request = outline_request(question.facts, config.accept);
    ask.malformed = std::move(request).error();
  }
  ask.gated = carries_gate(question.facts);
  if (ask.asker.authority == Authority::kAllocation) {
    ask.hint = allocation_hint(question.facts, config.accept);
    ask.declines = declines_gpus(question.facts);
  }
  return ask;
}

bool asks_for_nothing(const Ask& ask) {
  const bool asks_by_gate =
      ask.gated && ask.asker.authority == Authority::kAllocation && !ask.declines;
  return !ask.malformed && ask.request.empty() && !asks_by_gate;
}

Result<Ask> entitled_ask(const Question& question, const Ask& ask, const Config& config,
                         const Result<Allocation>& allocation) {
  if (!allocation) return unknown_allocation(ask, allocation.error());
  if (allocation->devices.empty()) return nothing_allocated(ask);
  Ask entitled = ask;
  entitled.asker.authority = Authority::kRequest;
  entitled.malformed.reset();
  NVINJECT_ASSIGN_OR_RETURN(entitled.request,
                            allocated_request(question.facts, config.accept, *allocation,
                                              extras_of(pod_identity(question.who), config.grant)));
  return entitled;
}

}  // namespace nvinject::nri
