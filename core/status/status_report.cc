// SPDX-License-Identifier: Apache-2.0
#include "core/status/status_report.h"

#include <array>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/json/json.h"

namespace nvinject {
namespace {

// Of the format: a change that an old reader would misunderstand counts up.
constexpr std::int64_t kVersion = 1;

constexpr std::array<std::pair<std::string_view, ContainerOutcome>, 5> kOutcomes = {{
    {"served", ContainerOutcome::kServed},
    {"left", ContainerOutcome::kLeft},
    {"denied", ContainerOutcome::kDenied},
    {"audited", ContainerOutcome::kAudited},
    {"without", ContainerOutcome::kWithout},
}};

constexpr std::array<std::pair<std::string_view, XidWatch>, 3> kXidWatches = {{
    {"nobody", XidWatch::kNobody},
    {"watched", XidWatch::kWatched},
    {"released", XidWatch::kReleased},
}};

template <class T, std::size_t N>
std::optional<T> value_of(const std::array<std::pair<std::string_view, T>, N>& words,
                          std::string_view word) {
  for (const auto& [name, value] : words) {
    if (name == word) return value;
  }
  return std::nullopt;
}

template <class T, std::size_t N>
std::string_view word_for(const std::array<std::pair<std::string_view, T>, N>& words, T wanted) {
  for (const auto& [name, value] : words) {
    if (value == wanted) return name;
  }
  return "";
}

Json gpu_as_json(const GpuStatus& gpu) {
  return Json{{"index", gpu.index},     {"uuid", gpu.uuid}, {"model", gpu.model},
              {"problem", gpu.problem}, {"mig", gpu.mig},   {"kept_back", gpu.kept_back}};
}

Json kubelet_as_json(const KubeletStatus& kubelet) {
  return Json{{"resource", kubelet.resource},
              {"registered", kubelet.registered},
              {"replicas", kubelet.replicas},
              {"devices", kubelet.devices},
              {"healthy", kubelet.healthy},
              {"problem", kubelet.problem},
              {"xid_watch", to_string(kubelet.xid_watch)}};
}

Json container_as_json(const ContainerStatus& container) {
  return Json{{"id", container.id},
              {"name", container.name},
              {"pod", container.pod},
              {"namespace", container.name_space},
              {"asked", container.asked},
              {"source", container.source},
              {"outcome", to_string(container.outcome)},
              {"gpus", container.gpus},
              {"would_get", container.would_get},
              {"reason", container.reason}};
}

// Members of one object, with a default for what is absent. After the first wrong type everything
// is a default, and error() says what was wrong.
class Members {
 public:
  Members(const Json& object, std::string where) : object_(object), where_(std::move(where)) {}

  std::string text(std::string_view key) {
    return take(find_string(object_, key, where_)).value_or("");
  }
  bool boolean(std::string_view key) {
    return take(find_bool(object_, key, where_)).value_or(false);
  }
  template <std::unsigned_integral T>
  T number(std::string_view key) {
    return unsigned_of<T>(take(find_integer(object_, key, where_)).value_or(0), key);
  }
  std::vector<unsigned> numbers(std::string_view key) {
    std::vector<unsigned> numbers;
    const Json* const list = take(find_array(object_, key, where_));
    if (list == nullptr) return numbers;
    for (const Json& element : *list) {
      if (!element.is_number_integer()) {
        refuse(key, "not a list of numbers");
        return {};
      }
      numbers.push_back(unsigned_of<unsigned>(element.get<std::int64_t>(), key));
    }
    return numbers;
  }
  const Json* object(std::string_view key) { return take(find_object(object_, key, where_)); }
  std::vector<const Json*> objects(std::string_view key) {
    return take(find_objects(object_, key, where_));
  }
  void refuse(std::string_view key, std::string_view why) {
    if (error_) return;
    error_ = Error{ErrorCode::kInvalidRequest,
                   "read " + quote(where_ + "." + std::string(key)) + ": " + std::string(why), 0};
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  template <class T>
  T take(Result<T> found) {
    if (found) return *std::move(found);
    if (!error_) error_ = std::move(found).error();
    return T{};
  }
  template <std::unsigned_integral T>
  T unsigned_of(std::int64_t value, std::string_view key) {
    if (std::in_range<T>(value)) return static_cast<T>(value);
    refuse(key, "out of range");
    return 0;
  }

  const Json& object_;
  std::string where_;
  std::optional<Error> error_;
};

Result<GpuStatus> read_gpu(const Json& json) {
  Members members(json, "gpus");
  GpuStatus gpu{.index = members.number<unsigned>("index"),
                .uuid = members.text("uuid"),
                .model = members.text("model"),
                .problem = members.text("problem"),
                .mig = members.boolean("mig"),
                .kept_back = members.text("kept_back")};
  if (members.error()) return tl::unexpected<Error>(*members.error());
  return gpu;
}

Result<KubeletStatus> read_kubelet(const Json& json) {
  Members members(json, "kubelet");
  KubeletStatus kubelet{.resource = members.text("resource"),
                        .registered = members.boolean("registered"),
                        .replicas = members.number<unsigned>("replicas"),
                        .devices = members.number<unsigned>("devices"),
                        .healthy = members.number<unsigned>("healthy"),
                        .problem = members.text("problem")};
  const std::string word = members.text("xid_watch");
  const auto watch = value_of(kXidWatches, word);
  if (!watch) members.refuse("xid_watch", quote(word) + " is not known");
  if (members.error()) return tl::unexpected<Error>(*members.error());
  kubelet.xid_watch = *watch;
  return kubelet;
}

Result<ContainerStatus> read_container(const Json& json) {
  Members members(json, "containers");
  ContainerStatus container{.id = members.text("id"),
                            .name = members.text("name"),
                            .pod = members.text("pod"),
                            .name_space = members.text("namespace"),
                            .asked = members.text("asked"),
                            .source = members.text("source"),
                            .gpus = members.numbers("gpus"),
                            .would_get = members.numbers("would_get"),
                            .reason = members.text("reason")};
  const std::string word = members.text("outcome");
  const auto outcome = value_of(kOutcomes, word);
  if (!outcome) members.refuse("outcome", quote(word) + " is not known");
  if (members.error()) return tl::unexpected<Error>(*members.error());
  container.outcome = *outcome;
  return container;
}

Result<StatusReport> read_report(const Json& json) {
  Members members(json, "status");
  if (members.number<unsigned>("version") != kVersion) {
    members.refuse("version", "not a report of this version of nvinject");
  }
  StatusReport report{
      .registered = members.boolean("registered"),
      .synchronised = members.boolean("synchronised"),
      .runtime = members.text("runtime"),
      .mode = members.text("mode"),
      .enforce = members.text("enforce"),
      .driver_version = members.text("driver_version"),
      .inventory_generation = members.number<std::uint64_t>("inventory_generation")};
  const Json* const kubelet = members.object("kubelet");
  const std::vector<const Json*> gpus = members.objects("gpus");
  const std::vector<const Json*> containers = members.objects("containers");
  if (members.error()) return tl::unexpected<Error>(*members.error());
  if (kubelet != nullptr) {
    NVINJECT_ASSIGN_OR_RETURN(report.kubelet, read_kubelet(*kubelet));
  }
  for (const Json* const element : gpus) {
    NVINJECT_ASSIGN_OR_RETURN(GpuStatus gpu, read_gpu(*element));
    report.gpus.push_back(std::move(gpu));
  }
  for (const Json* const element : containers) {
    NVINJECT_ASSIGN_OR_RETURN(ContainerStatus container, read_container(*element));
    report.containers.push_back(std::move(container));
  }
  return report;
}

}  // namespace

std::string_view to_string(ContainerOutcome outcome) { return word_for(kOutcomes, outcome); }

std::string_view to_string(XidWatch watch) { return word_for(kXidWatches, watch); }

std::string print_status(const StatusReport& report) {
  Json json = {{"version", kVersion},
               {"registered", report.registered},
               {"synchronised", report.synchronised},
               {"runtime", report.runtime},
               {"mode", report.mode},
               {"enforce", report.enforce},
               {"driver_version", report.driver_version},
               {"inventory_generation", report.inventory_generation},
               {"gpus", Json::array()},
               {"containers", Json::array()}};
  if (report.kubelet) json["kubelet"] = kubelet_as_json(*report.kubelet);
  for (const GpuStatus& gpu : report.gpus) json["gpus"].push_back(gpu_as_json(gpu));
  for (const ContainerStatus& container : report.containers) {
    json["containers"].push_back(container_as_json(container));
  }
  return print_json(json);
}

Result<StatusReport> parse_status(std::string_view text) {
  if (text.size() > kMaxStatusBytes) {
    return fail(ErrorCode::kInvalidRequest,
                "read status report: larger than " + std::to_string(kMaxStatusBytes) + " bytes");
  }
  NVINJECT_ASSIGN_OR_RETURN(const Json json, parse_json(text, "status report"));
  if (!json.is_object()) {
    return fail(ErrorCode::kInvalidRequest,
                std::string("read status report: ") + json.type_name() + " instead of object");
  }
  return read_report(json);
}

}  // namespace nvinject
