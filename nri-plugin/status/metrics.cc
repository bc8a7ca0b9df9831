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
    const auto broken = std::count_if(report.gpus.begin(), report.gpus.end(),
                                      [](const GpuStatus& gpu) { return !gpu.problem.empty(); });
    broken_gpus.Set(static_cast<double>(broken));
    ready_gpus.Set(static_cast<double>(report.gpus.size()) - static_cast<double>(broken));
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

std::string Metrics::print(const StatusReport& report, std::uint64_t lost_log_lines) {
  Families& families = *families_;
  families.registered.Set(report.registered ? 1 : 0);
  families.synchronised.Set(report.synchronised ? 1 : 0);
  families.generation.Set(static_cast<double>(report.inventory_generation));
  families.lost_lines.Increment(static_cast<double>(lost_log_lines) - families.lost_lines.Value());
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
