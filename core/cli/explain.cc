// SPDX-License-Identifier: Apache-2.0
#include "core/render/explain.h"

#include <cstdio>
#include <optional>
#include <utility>

#include "core/cli/commands.h"
#include "core/os/container_root.h"
#include "core/os/file.h"
#include "core/pipeline/decide.h"
#include "core/pipeline/mode.h"
#include "core/render/user_namespace.h"
#include "core/request/facts_from_oci.h"

namespace nvinject::cli {
namespace {

constexpr std::size_t kMaxSpecBytes = 32U << 20U;

struct Subject {
  ContainerFacts facts;
  std::optional<ContainerRoot> root;
};

Result<ContainerRoot> open_bundle_root(const HostPath& bundle, const Json& spec) {
  NVINJECT_ASSIGN_OR_RETURN(const Json* const root, find_object(spec, "root", ""));
  std::optional<std::string> path;
  if (root != nullptr) {
    NVINJECT_ASSIGN_OR_RETURN(path, find_string(*root, "path", "root"));
  }
  if (!path || path->empty()) {
    return fail(ErrorCode::kInvalidRequest, "read 'root.path': the spec has none");
  }
  return ContainerRoot::open(path->front() == '/' ? HostPath(*path) : bundle / *path);
}

Result<Subject> read_subject(const ExplainOptions& options) {
  Subject subject;
  const bool has_bundle = !options.bundle.empty();
  if (has_bundle || !options.spec.empty()) {
    const HostPath path =
        has_bundle ? HostPath(options.bundle) / "config.json" : HostPath(options.spec);
    NVINJECT_ASSIGN_OR_RETURN(const std::string text, read_file(path, kMaxSpecBytes));
    NVINJECT_ASSIGN_OR_RETURN(const Json spec, parse_json(text, path.string()));
    NVINJECT_ASSIGN_OR_RETURN(subject.facts, facts_from_oci(spec));
    if (has_bundle) {
      NVINJECT_ASSIGN_OR_RETURN(subject.root, open_bundle_root(HostPath(options.bundle), spec));
    }
  }
  subject.facts.env.insert(subject.facts.env.end(), options.env.begin(), options.env.end());
  return subject;
}

Result<void> explain_subject(const Result<Config>& config, const ExplainOptions& options,
                             Explanation& explanation) {
  NVINJECT_ASSIGN_OR_RETURN(const Subject subject, read_subject(options));
  const AcceptRules rules = config ? config->accept : AcceptRules{};
  explanation.request = outline_request(subject.facts, rules);
  if (explanation.request.empty()) return {};
  if (!config) return tl::unexpected<Error>(config.error());
  NVINJECT_ASSIGN_OR_RETURN(explanation.request, parse_request(subject.facts, rules));
  NVINJECT_RETURN_IF_ERROR(choose_mode(config->runtime.mode, explanation.request));
  const Asker asker{.authority = Authority::kRequest, .privileged = subject.facts.privileged};
  Outcome outcome = decide(explanation.request, asker, *config,
                           subject.root ? &*subject.root : nullptr, MayPrepare::kNo);
  explanation.grant = std::move(outcome.grant);
  explanation.plan = std::move(outcome.plan);
  explanation.notes = std::move(outcome.notes);
  explanation.error = std::move(outcome.error);
  if (explanation.error) return {};
  return check_user_namespace(explanation.plan, subject.facts);
}

}  // namespace

int explain(const Result<Config>& config, const ExplainOptions& options) {
  Explanation explanation;
  if (auto explained = explain_subject(config, options, explanation); !explained) {
    explanation.error = std::move(explained).error();
  }
  const std::string text = options.output == Output::kJson
                               ? print_json(explain_as_json(explanation), 2) + "\n"
                               : explain_as_text(explanation);
  std::fputs(text.c_str(), stdout);
  if (explanation.error) return kExitFailed;
  return explanation.request.empty() ? kExitNothingAsked : kExitOk;
}

}  // namespace nvinject::cli
