// SPDX-License-Identifier: Apache-2.0
#include "tests/support/kubelet_churn.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <atomic>
#include <csignal>
#include <fstream>
#include <iomanip>
#include <mutex>
#include <optional>
#include <ostream>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "tests/support/in_parallel.h"
#include "tests/support/plugin_process.h"

namespace nvinject::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr const char* kResource = "nvidia.com/gpu";
constexpr const char* kContainer = "main";
constexpr unsigned kGpus = 8;
constexpr milliseconds kPoll{10};
constexpr milliseconds kKubeletBackoff{100};
constexpr seconds kPatience{60};  // for one pod

// Every fifth has no GPU and asks for all in its own words, some have two.
unsigned gpus_of(std::size_t pod) {
  if (pod % 5 == 4) return 0;
  return pod % 10 == 3 ? 2 : 1;
}

// Makes nodes of its own for all GPUs, so that the runtime's device rules are what decides.
std::string look_around(const std::string& report) {
  std::ostringstream script;
  script << "i=0\nfor numbers in";
  for (unsigned gpu = 0; gpu < kGpus; ++gpu) {
    struct stat facts{};
    const std::string node = "/dev/nvidia" + std::to_string(gpu);
    if (::stat(node.c_str(), &facts) != 0) throw std::runtime_error("no " + node);
    script << ' ' << major(facts.st_rdev) << ':' << minor(facts.st_rdev);
  }
  script << "; do\n"
            "  mknod /own$i c ${numbers%:*} ${numbers#*:} || exit\n"
            "  case $( { : <>/own$i; } 2>&1 ) in\n"
            "    *'not permitted'*) ;;\n"
            "    *) echo allowed $i ;;\n"
            "  esac\n"
            "  [ ! -c /dev/nvidia$i ] || echo node $i\n"
            "  i=$((i + 1))\n"
            "done >/report/"
         << report << "\necho end >>/report/" << report << "\n";
  return script.str();
}

// GPU-00000000-0000-4000-8000-000000000005 is GPU 5 of the simulated node.
std::set<unsigned> indices_of(const std::vector<std::string>& uuids) {
  std::set<unsigned> indices;
  for (const std::string& uuid : uuids) {
    indices.insert(
        static_cast<unsigned>(std::stoul(uuid.substr(uuid.rfind('-') + 1), nullptr, 16)));
  }
  return indices;
}

struct Seen {
  std::set<unsigned> allowed;
  std::set<unsigned> nodes;
  bool complete = false;
};

Seen read_report(const std::string& path) {
  Seen seen;
  std::ifstream file(path);
  for (std::string word; file >> word;) {
    unsigned gpu = 0;
    if (word == "end") seen.complete = true;
    if (word == "allowed" && file >> gpu) seen.allowed.insert(gpu);
    if (word == "node" && file >> gpu) seen.nodes.insert(gpu);
  }
  return seen;
}

std::string words_of(const std::set<unsigned>& gpus) {
  std::string words;
  for (const unsigned gpu : gpus) words += " " + std::to_string(gpu);
  return words.empty() ? " none" : words;
}

void add(ContainerOptions& container, const Allocated& allocated) {
  container.env.insert(container.env.end(), allocated.env.begin(), allocated.env.end());
  for (const Allocated::Mount& mount : allocated.mounts) {
    container.mounts.push_back(
        {.source = mount.source, .destination = mount.destination, .read_only = mount.read_only});
  }
  container.devices = allocated.devices;
  container.cdi_devices = allocated.cdi_devices;
  container.annotations.insert(allocated.annotations.begin(), allocated.annotations.end());
}

void await(const std::atomic<std::size_t>& done, std::size_t many) {
  while (done < many) std::this_thread::sleep_for(kPoll);
}

// The plugin, and whoever kills it and has it started anew.
class Killer {
 public:
  Killer(const KubeletChurnOptions& options, FakeKubelet& kubelet, std::atomic<std::size_t>& done)
      : options_(options), kubelet_(kubelet), done_(done), random_(options.seed) {}

  // Until the kubelet knows it.
  void start() {
    launch();
    const auto deadline = steady_clock::now() + kPatience;
    while (kubelet_.plugins().devices(kResource).size() != kGpus) {
      if (steady_clock::now() > deadline) throw std::runtime_error("the kubelet knows no GPUs");
      std::this_thread::sleep_for(kPoll);
    }
  }

  // Evenly over the pods, each time at a random moment; every fourth time it dies while it starts,
  // every other in the middle of an answer.
  void run() {
    for (std::size_t kill = 1; kill <= options_.kills; ++kill) {
      if (kill % 4 != 0) await(done_, kill * options_.pods / (options_.kills + 1));
      pause(200);
      if (kill % 2 == 0 && !options_.gently) {
        plugin_->signal(SIGSTOP);
        pause(100);
      }
      plugin_->signal(options_.gently ? SIGTERM : SIGKILL);
      (void)plugin_->wait(kPatience);
      ++kills_;
      launch();
    }
    await(done_, options_.pods);
    plugin_->signal(SIGTERM);
    (void)plugin_->wait(kPatience);
  }

  [[nodiscard]] std::size_t kills() const { return kills_; }

 private:
  void launch() {
    plugin_.reset();
    plugin_.emplace(PluginProcess::start(options_.plugin, environment(), options_.plugin_log));
  }

  static std::vector<std::string> environment() {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
    return all;
  }

  void pause(int longest) {
    std::this_thread::sleep_for(
        milliseconds(std::uniform_int_distribution<int>(0, longest)(random_)));
  }

  const KubeletChurnOptions& options_;
  FakeKubelet& kubelet_;
  std::atomic<std::size_t>& done_;
  std::mt19937 random_;
  std::optional<PluginProcess> plugin_;
  std::size_t kills_ = 0;
};

class Churn {
 public:
  Churn(const CriClient& client, FakeKubelet& kubelet, const KubeletChurnOptions& options)
      : client_(client), kubelet_(kubelet), options_(options) {}

  KubeletChurnTable run() {
    std::atomic<std::size_t> done{0};
    Killer killer(options_, kubelet_, done);
    killer.start();
    {
      std::vector<std::jthread> threads;
      threads.emplace_back([&] { killer.run(); });
      threads.emplace_back([&] { restart_kubelet(done); });
      in_parallel(options_.pods, options_.workers, [&](std::size_t pod) {
        live(pod);
        ++done;
      });
    }
    table_.kills = killer.kills();
    return std::move(table_);
  }

 private:
  void restart_kubelet(const std::atomic<std::size_t>& done) {
    for (std::size_t restart = 1; restart <= options_.restarts; ++restart) {
      await(done, restart * options_.pods / (options_.restarts + 1));
      kubelet_.restart();
      count_one(&KubeletChurnTable::restarts);
    }
  }

  struct Pod {
    std::size_t number = 0;
    std::string uid;
    std::string id;  // the runtime's
    Allocated allocated;
    steady_clock::time_point deadline;
  };

  void live(std::size_t number) {
    Pod pod{.number = number, .uid = {}, .id = {}, .allocated = {}, .deadline = {}};
    pod.deadline = steady_clock::now() + kPatience;
    if (admit(pod)) {
      const auto id = run_sandbox(pod);
      if (id) {
        pod.id = *id;
        run_container(pod);
        (void)client_.remove_pod(pod.id);
      } else {
        note(&KubeletChurnTable::lost, pod, id.error().message);
      }
    }
    kubelet_.remove(pod.uid);
  }

  // One that is not admitted fails for good, and its controller makes another one.
  bool admit(Pod& pod) {
    for (unsigned attempt = 0; steady_clock::now() < pod.deadline; ++attempt) {
      std::ostringstream uid;
      uid << std::hex << std::setfill('0') << std::setw(8) << attempt << "-0000-4000-8000-"
          << std::setw(12) << pod.number;
      pod.uid = uid.str();
      const unsigned count = gpus_of(pod.number);
      auto answers = kubelet_.admit(
          {.name_space = "default",
           .name = name_of(pod),
           .uid = pod.uid,
           .containers = {
               {.name = kContainer, .resource = count > 0 ? kResource : "", .count = count}}});
      if (answers) {
        pod.allocated = std::move(answers->at(kContainer));
        return true;
      }
      count_one(&KubeletChurnTable::not_admitted);
      std::this_thread::sleep_for(kKubeletBackoff);
    }
    note(&KubeletChurnTable::lost, pod, "not admitted");
    return false;
  }

  [[nodiscard]] CriResult<std::string> run_sandbox(const Pod& pod) const {
    PodOptions sandbox = options_.pod;
    sandbox.name = name_of(pod);
    sandbox.uid = pod.uid;
    return client_.run_pod(sandbox);
  }

  // As the kubelet does: asked before each start, and tried again until it runs.
  void run_container(const Pod& pod) {
    std::string reason;
    for (std::uint32_t attempt = 0; steady_clock::now() < pod.deadline; ++attempt) {
      if (attempt > 0) std::this_thread::sleep_for(kKubeletBackoff);
      if (const auto may = kubelet_.pre_start(pod.uid, kContainer); !may) {
        count_one(&KubeletChurnTable::held_before_start);
        reason = may.error();
        continue;
      }
      const auto id = client_.create(pod.id, container(pod, attempt));
      if (!id) {
        count_one(&KubeletChurnTable::not_created);
        reason = id.error().message;
        continue;
      }
      if (const auto started = client_.start(*id); !started) {
        count_one(&KubeletChurnTable::not_started);
        reason = started.error().message;
        (void)client_.remove(*id);
        continue;
      }
      await_end(*id);
      return judge(pod, read_report(options_.report_directory + "/" + report_of(pod, attempt)));
    }
    note(&KubeletChurnTable::lost, pod, reason);
  }

  void await_end(const std::string& id) const {
    const auto deadline = steady_clock::now() + kPatience;
    while (steady_clock::now() < deadline) {
      const auto state = client_.status(id);
      if (state && state->state == "exited") return;
      std::this_thread::sleep_for(kPoll);
    }
  }

  void judge(const Pod& pod, const Seen& seen) {
    const std::set<unsigned> allocated = indices_of(kubelet_.allocated(pod.uid, kContainer));
    const std::string facts = "allocated" + words_of(allocated) + ", nodes" + words_of(seen.nodes) +
                              ", may open" + words_of(seen.allowed);
    if (!seen.complete) return note(&KubeletChurnTable::lost, pod, "it told nothing: " + facts);
    const bool has_none = seen.nodes.empty() && seen.allowed.empty();
    if (allocated.empty()) {
      if (has_none) return count_one(&KubeletChurnTable::nothing);
      return note(&KubeletChurnTable::leaked, pod, facts);
    }
    if (has_none) return note(&KubeletChurnTable::without, pod, facts);
    if (seen.nodes != allocated || seen.allowed != allocated) {
      return note(&KubeletChurnTable::wrong, pod, facts);
    }
    count_one(&KubeletChurnTable::served);
  }

  static std::string name_of(const Pod& pod) { return "pod-" + std::to_string(pod.number); }
  static std::string report_of(const Pod& pod, std::uint32_t attempt) {
    return name_of(pod) + "-" + std::to_string(attempt);
  }

  [[nodiscard]] ContainerOptions container(const Pod& pod, std::uint32_t attempt) const {
    ContainerOptions container = options_.container;
    container.name = kContainer;
    container.attempt = attempt;
    container.command = {"sh", "-c", look_around(report_of(pod, attempt))};
    container.capabilities_added = {"MKNOD"};
    container.mounts.push_back({.source = options_.report_directory, .destination = "/report"});
    if (gpus_of(pod.number) == 0) container.env.emplace_back("NVIDIA_VISIBLE_DEVICES", "all");
    add(container, pod.allocated);
    return container;
  }

  void count_one(std::size_t KubeletChurnTable::* counter) {
    const std::lock_guard lock(mutex_);
    ++(table_.*counter);
  }

  void note(std::size_t KubeletChurnTable::* counter, const Pod& pod, const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++(table_.*counter);
    table_.complaints.push_back(name_of(pod) + ": " + what);
  }

  const CriClient& client_;
  FakeKubelet& kubelet_;
  const KubeletChurnOptions& options_;
  std::mutex mutex_;  // of the table
  KubeletChurnTable table_;
};

}  // namespace

KubeletChurnTable churn_pods(const CriClient& client, FakeKubelet& kubelet,
                             const KubeletChurnOptions& options) {
  return Churn(client, kubelet, options).run();
}

void print(std::ostream& out, const KubeletChurnTable& table) {
  const auto row = [&](const char* what, std::size_t count) {
    out << "    " << std::left << std::setw(60) << what << std::right << std::setw(6) << count
        << '\n';
  };
  row("times the plugin was killed", table.kills);
  row("times the kubelet was restarted", table.restarts);
  row("GPU pods that ran with what was allocated to them", table.served);
  row("GPU pods that ran without it", table.without);
  row("GPU pods that ran with another, or one too many", table.wrong);
  row("other pods, asking for all, that had none", table.nothing);
  row("other pods that had one", table.leaked);
  row("pods that never ran", table.lost);
  row("tried again: not admitted", table.not_admitted);
  row("tried again: PreStartContainer said to wait", table.held_before_start);
  row("tried again: not created", table.not_created);
  row("tried again: the gate, or else not started", table.not_started);
  constexpr std::size_t kMost = 20;
  for (std::size_t i = 0; i < std::min(kMost, table.complaints.size()); ++i) {
    out << "      " << table.complaints[i] << '\n';
  }
}

}  // namespace nvinject::testing
