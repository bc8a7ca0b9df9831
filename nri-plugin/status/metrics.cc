// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/status/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace nvinject::nri {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;

constexpr std::array<const char*, 7> kOutcomeNames = {"none",    "served",  "left",   "denied",
                                                      "audited", "refused", "timeout"};

constexpr std::array<std::pair<ContainerOutcome, const char*>, 5> kContainerOutcomes = {
    {{ContainerOutcome::kServed, "served"},
     {ContainerOutcome::kLeft, "left"},
     {ContainerOutcome::kDenied, "denied"},
     {ContainerOutcome::kAudited, "audited"},
     {ContainerOutcome::kWithout, "without"}}};

Family<Gauge>& gauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

Family<Counter>& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

// Containers come and go unseen while the runtime is not connected: then the number is none.
double known(const StatusReport& report, double number) {
  return report.synchronised ? number : std::numeric_limits<double>::quiet_NaN();
}

// Seconds: the fast answers are tens of microseconds, the slowest may use most of the runtime's two
// seconds.
prometheus::Histogram::BucketBoundaries duration_buckets() {
  return {10e-6, 20e-6, 50e-6, 100e-6, 200e-6, 500e-6, 1e-3, 5e-3, 20e-3, 100e-3, 500e-3, 2.0};
}

// To what somebody else has counted.
void raise(Counter& counter, std::uint64_t total) {
  counter.Increment(static_cast<double>(total) - counter.Value());
}

// Registered when there is a kubelet to tell of: elsewhere zeros would look like a fault.
struct KubeletFamilies {
  Gauge& registered;
  Gauge& healthy;
  Gauge& unhealthy;
  Gauge& xid_watch;
  Counter& registrations;
  Counter& allocated;
  Counter& allocations_refused;
  Counter& starts_passed;
  Counter& starts_held;

  static std::unique_ptr<KubeletFamilies> add_to(prometheus::Registry& registry) {
    auto& devices = gauge(registry, "nvinject_kubelet_devices",
                          "Devices that the kubelet is offered, replicas counted, by health");
    auto& allocations = counter(registry, "nvinject_kubelet_allocations_total",
                                "Allocations that the kubelet asked for, by outcome");
    auto& starts = counter(registry, "nvinject_kubelet_starts_total",
                           "Starts of containers that the kubelet announced, by outcome");
    return std::make_unique<KubeletFamilies>(KubeletFamilies{
        .registered = gauge(registry, "nvinject_kubelet_registered",
                            "1 while the kubelet knows of the devices")
                          .Add({}),
        .healthy = devices.Add({{"health", "healthy"}}),
        .unhealthy = devices.Add({{"health", "unhealthy"}}),
        .xid_watch =
            gauge(registry, "nvinject_xid_watch", "1 while Xid events are watched").Add({}),
        .registrations = counter(registry, "nvinject_kubelet_registrations_total",
                                 "Registrations with the kubelet that succeeded")
                             .Add({}),
        .allocated = allocations.Add({{"outcome", "allocated"}}),
        .allocations_refused = allocations.Add({{"outcome", "refused"}}),
        .starts_passed = starts.Add({{"outcome", "passed"}}),
        .starts_held = starts.Add({{"outcome", "held"}})});
  }

  void set(const KubeletStatus& status, const KubeletCalls& calls) {
    registered.Set(status.registered ? 1 : 0);
    healthy.Set(status.healthy);
    unhealthy.Set(static_cast<double>(status.devices) - static_cast<double>(status.healthy));
    xid_watch.Set(status.xid_watch == XidWatch::kWatched ? 1 : 0);
    raise(registrations, calls.registrations);
    raise(allocated, calls.allocated);
    raise(allocations_refused, calls.allocations_refused);
    raise(starts_passed, calls.starts_passed);
    raise(starts_held, calls.starts_held);
  }
};

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  std::array<Counter*, kOutcomeNames.size()> requests{};
  prometheus::Histogram& duration = prometheus::BuildHistogram()
                                        .Name("nvinject_request_duration_seconds")
                                        .Help("From a CreateContainer request to its answer")
                                        .Register(registry)
                                        .Add({}, duration_buckets());
  Counter& connections =
      counter(registry, "nvinject_connections_total", "Connections made to the runtime").Add({});
  Family<Counter>& questions =
      counter(registry, "nvinject_kubelet_questions_total",
              "What a container was allocated, asked of the kubelet, by outcome");
  Counter& questions_answered = questions.Add({{"outcome", "answered"}});
  Counter& questions_failed = questions.Add({{"outcome", "failed"}});
  prometheus::Histogram& question_duration =
      prometheus::BuildHistogram()
          .Name("nvinject_kubelet_question_duration_seconds")
          .Help("From such a question to its answer, or to giving it up")
          .Register(registry)
          .Add({}, duration_buckets());
  std::unique_ptr<KubeletFamilies> kubelet;  // only of a device plugin
  Counter& lost_lines =
      counter(registry, "nvinject_log_lines_lost_total", "Log lines that nobody took").Add({});
  Gauge& registered =
      gauge(registry, "nvinject_registered", "1 while registered with the runtime").Add({});
  Gauge& synchronised =
      gauge(registry, "nvinject_synchronised", "1 while the runtime's state is known").Add({});
  Gauge& generation =
      gauge(registry, "nvinject_inventory_generation", "Changes of the machine seen so far")
          .Add({});
  Family<Gauge>& gpus = gauge(registry, "nvinject_gpus", "GPUs of this node by state");
  Gauge& ready_gpus = gpus.Add({{"state", "ready"}});
  Gauge& broken_gpus = gpus.Add({{"state", "broken"}});
  Gauge& kept_back_gpus = gpus.Add({{"state", "kept_back"}});
  Family<Gauge>& containers =
      gauge(registry, "nvinject_containers", "Containers that have to do with GPUs, by outcome");
  Family<Gauge>& per_gpu =
      gauge(registry, "nvinject_gpu_containers", "Containers that have this GPU's node");
  std::vector<Gauge*> per_gpu_gauges;

  Families() {
    Family<Counter>& family =
        counter(registry, "nvinject_requests_total", "CreateContainer requests by outcome");
    for (std::size_t i = 0; i < kOutcomeNames.size(); ++i) {
      requests[i] = &family.Add({{"outcome", kOutcomeNames[i]}});
    }
  }

  void set_gpus(const StatusReport& report) {
    double broken = 0;
    double kept_back = 0;
    for (const GpuStatus& gpu : report.gpus) {
      if (!gpu.problem.empty()) {
        ++broken;
      } else if (!gpu.kept_back.empty()) {
        ++kept_back;
      }
    }
    broken_gpus.Set(broken);
    kept_back_gpus.Set(kept_back);
    ready_gpus.Set(static_cast<double>(report.gpus.size()) - broken - kept_back);
    for (Gauge* const one : per_gpu_gauges) per_gpu.Remove(one);
    per_gpu_gauges.clear();
    for (const GpuStatus& gpu : report.gpus) {
      const auto holders = std::count_if(
          report.containers.begin(), report.containers.end(), [&](const ContainerStatus& one) {
            return std::find(one.gpus.begin(), one.gpus.end(), gpu.index) != one.gpus.end();
          });
      const std::string index = std::to_string(gpu.index);
      Gauge& one = per_gpu.Add({{"gpu", index}, {"uuid", gpu.uuid}});
      one.Set(known(report, static_cast<double>(holders)));
      per_gpu_gauges.push_back(&one);
    }
  }
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::count_request(RequestOutcome outcome, std::chrono::nanoseconds took) {
  families_->requests[static_cast<std::size_t>(outcome)]->Increment();
  families_->duration.Observe(std::chrono::duration<double>(took).count());
}

void Metrics::count_connection() { families_->connections.Increment(); }

void Metrics::count_question(bool answered, std::chrono::nanoseconds took) {
  Families& families = *families_;
  (answered ? families.questions_answered : families.questions_failed).Increment();
  families.question_duration.Observe(std::chrono::duration<double>(took).count());
}

std::string Metrics::print(const StatusReport& report, const Totals& totals) {
  Families& families = *families_;
  families.registered.Set(report.registered ? 1 : 0);
  families.synchronised.Set(report.synchronised ? 1 : 0);
  families.generation.Set(static_cast<double>(report.inventory_generation));
  raise(families.lost_lines, totals.lost_log_lines);
  if (report.kubelet) {
    if (!families.kubelet) families.kubelet = KubeletFamilies::add_to(families.registry);
    families.kubelet->set(*report.kubelet, totals.kubelet);
  }
  families.set_gpus(report);
  for (const auto& [outcome, name] : kContainerOutcomes) {
    const auto count = std::count_if(
        report.containers.begin(), report.containers.end(),
        [wanted = outcome](const ContainerStatus& one) { return one.outcome == wanted; });
    families.containers.Add({{"outcome", name}}).Set(known(report, static_cast<double>(count)));
  }
  return prometheus::TextSerializer().Serialize(families.registry.Collect());
}

}  // namespace nvinject::nri
