// SPDX-License-Identifier: Apache-2.0
#include "tests/support/cri_churn.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <utility>

#include "core/json/json.h"
#include "tests/support/in_parallel.h"

namespace nvinject::testing {
namespace {

bool asks_for_gpu(std::size_t index, std::size_t percent) {
  return (index + 1) * percent / 100 > index * percent / 100;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

void note_failure(Json& report, const char* stage, const CriError& error) {
  report["stage"] = stage;
  report["code"] = error.name;
  report["error"] = error.message;
}

class Churn {
 public:
  Churn(const CriClient& client, const ChurnOptions& options)
      : client_(client), options_(options), pods_(options.pods) {}

  bool run() {
    in_parallel(pods_.size(), options_.threads, [this](std::size_t i) { run_pod(i); });
    in_parallel(options_.count, options_.threads, [this](std::size_t i) { run_container(i); });
    if (!options_.keep) {
      in_parallel(pods_.size(), options_.threads, [this](std::size_t i) {
        if (pods_[i]) (void)client_.remove_pod(*pods_[i]);
      });
    }
    return !failed_;
  }

 private:
  void run_pod(std::size_t index) {
    PodOptions pod = options_.pod;
    pod.name = options_.name + "-" + std::to_string(index);
    pods_[index] = client_.run_pod(pod);
  }

  void run_container(std::size_t index) {
    const auto started = std::chrono::steady_clock::now();
    Json report = {{"index", index}, {"gpu", asks_for_gpu(index, options_.gpu_percent)}};
    live(index, report);
    report["ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::steady_clock::now() - started)
                       .count();
    if (report["stage"] != "done") failed_ = true;
    const std::lock_guard lock(printing_);
    std::printf("%s\n", print_json(report).c_str());
    std::fflush(stdout);
  }

  void live(std::size_t index, Json& report) {
    const auto& pod = pods_[index % pods_.size()];
    if (!pod) return note_failure(report, "pod", pod.error());
    report["pod"] = *pod;
    const auto id = client_.create(*pod, container(index));
    if (!id) return note_failure(report, "create", id.error());
    report["container"] = *id;
    if (const auto done = client_.start(*id); !done) {
      return note_failure(report, "start", done.error());
    }
    report["stage"] = "done";
    if (options_.exec.empty()) return;
    const auto output = client_.exec(*id, options_.exec);
    if (!output) return note_failure(report, "exec", output.error());
    report["exit"] = output->exit_code;
    report["out"] = lines_of(output->out);
  }

  [[nodiscard]] std::pair<std::string, std::string> gpu_variable(std::size_t index) const {
    if (options_.gpus > 0) return {"NVIDIA_VISIBLE_DEVICES", std::to_string(index % options_.gpus)};
    const std::size_t equals = options_.gpu_env.find('=');
    return {options_.gpu_env.substr(0, equals), options_.gpu_env.substr(equals + 1)};
  }

  [[nodiscard]] ContainerOptions container(std::size_t index) const {
    ContainerOptions container = options_.container;
    container.name = "container-" + std::to_string(index);
    if (asks_for_gpu(index, options_.gpu_percent)) {
      if (!options_.gpu_image.empty()) {
        container.image = options_.gpu_image;
      } else {
        container.env.push_back(gpu_variable(index));
      }
    }
    return container;
  }

  const CriClient& client_;
  const ChurnOptions& options_;
  std::vector<CriResult<std::string>> pods_;
  std::mutex printing_;
  std::atomic<bool> failed_{false};
};

}  // namespace

bool churn(const CriClient& client, const ChurnOptions& options) {
  return Churn(client, options).run();
}

}  // namespace nvinject::testing
