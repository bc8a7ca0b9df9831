// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fake_kubelet.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

namespace nvinject::testing {
namespace {

std::string make_directory(const std::string& path) {
  std::filesystem::create_directories(path);
  return path;
}

std::string base64(const std::string& bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    unsigned group = 0;
    for (std::size_t i = at; i < at + 3; ++i) {
      group = group << 8U | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U);
    }
    for (unsigned i = 0; i < 4; ++i) {
      const bool is_there = at + i <= bytes.size();
      text.push_back(is_there ? kLetters[group >> (18 - 6 * i) & 63U] : '=');
    }
  }
  return text;
}

std::string key_of(const std::string& uid, const std::string& container,
                   const std::string& resource) {
  return uid + "/" + container + "/" + resource;
}

std::vector<std::string> healthy_ids(const std::vector<FakeDevice>& devices) {
  std::vector<std::string> ids;
  for (const FakeDevice& device : devices) {
    if (device.healthy) ids.push_back(device.id);
  }
  return ids;
}

const FakePod* find_pod(const std::vector<FakePod>& pods, const std::string& uid) {
  const auto found =
      std::find_if(pods.begin(), pods.end(), [&](const FakePod& pod) { return pod.uid == uid; });
  return found == pods.end() ? nullptr : &*found;
}

const FakeContainer* find_container(const FakePod* pod, const std::string& name) {
  if (pod == nullptr) return nullptr;
  const auto found = std::find_if(pod->containers.begin(), pod->containers.end(),
                                  [&](const FakeContainer& one) { return one.name == name; });
  return found == pod->containers.end() ? nullptr : &*found;
}

void add_devices(const FakeContainer& container, const std::string& resource,
                 std::set<std::string>& to) {
  const auto found = container.devices.find(resource);
  if (found != container.devices.end()) to.insert(found->second.begin(), found->second.end());
}

}  // namespace

FakeKubelet::FakeKubelet(std::string root)
    : root_(std::move(root)),
      plugins_(make_directory(root_ + "/device-plugins")),
      pod_resources_(make_directory(root_ + "/pod-resources") + "/kubelet.sock") {}

void FakeKubelet::start() {
  plugins_.start();
  pod_resources_.start();
}

void FakeKubelet::stop() {
  pod_resources_.stop();
  plugins_.stop();
}

void FakeKubelet::restart() {
  stop();
  start();
}

std::string FakeKubelet::checkpoint_file() const {
  return root_ + "/device-plugins/kubelet_internal_checkpoint";
}

// Healthy devices that nobody has. What the pod's init containers have it gives again to those that
// come after them, and first of all; a sidecar keeps what it was given.
KubeletResult<std::vector<std::string>> FakeKubelet::choose(const FakePod& pod,
                                                            const std::string& resource,
                                                            unsigned count) const {
  std::set<std::string> taken;
  for (const FakePod& other : pods_) {
    for (const FakeContainer& container : other.containers) add_devices(container, resource, taken);
  }
  std::set<std::string> of_init;
  for (const FakeContainer& container : pod.containers) {
    const bool ends = container.kind == ContainerKind::kInit;
    add_devices(container, resource, ends ? of_init : taken);
  }
  const std::vector<FakeDevice> devices = plugins_.devices(resource);
  if (devices.empty()) return tl::unexpected("cannot allocate unregistered device " + resource);
  std::vector<std::string> available;
  for (const FakeDevice& device : devices) {
    if (device.healthy && !taken.contains(device.id)) available.push_back(device.id);
  }
  std::vector<std::string> again;
  std::copy_if(available.begin(), available.end(), std::back_inserter(again),
               [&](const std::string& id) { return of_init.contains(id); });
  if (again.size() > count) again.resize(count);
  if (available.size() < count) {
    return tl::unexpected("requested number of devices unavailable for " + resource +
                          ". Requested: " + std::to_string(count) +
                          ", Available: " + std::to_string(available.size()));
  }
  if (plugins_.options(resource).preferred_allocation) {
    auto preferred = plugins_.preferred(
        resource, {.available = available, .must_include = again, .size = count});
    if (!preferred || preferred->size() == count) return preferred;
  }
  // Those of before come first.
  std::erase_if(available, [&](const std::string& id) {
    return std::find(again.begin(), again.end(), id) != again.end();
  });
  available.insert(available.begin(), again.begin(), again.end());
  available.resize(count);
  return available;
}

KubeletResult<std::map<std::string, Allocated>> FakeKubelet::admit(const PodWish& wish) {
  std::map<std::string, Allocated> answers;
  const std::lock_guard lock(mutex_);
  FakePod pod{.name_space = wish.name_space, .name = wish.name, .uid = wish.uid, .containers = {}};
  for (const PodWish::Container& container : wish.containers) {
    FakeContainer one{.name = container.name, .kind = container.kind, .devices = {}};
    Allocated& answer = answers[container.name];
    if (container.count > 0) {
      const auto ids = choose(pod, container.resource, container.count);
      if (!ids) return tl::unexpected(ids.error());
      auto allocated = plugins_.allocate(container.resource, *ids);
      if (!allocated) return tl::unexpected(allocated.error());
      answer = *std::move(allocated);
      one.devices[container.resource] = *ids;
      kept_[key_of(wish.uid, container.name, container.resource)] =
          keep(container.resource, *ids, answer.response);
    }
    pod.containers.push_back(std::move(one));
  }
  pods_.push_back(std::move(pod));
  publish();
  return answers;
}

void FakeKubelet::assign(const FakePod& pod) {
  const std::lock_guard lock(mutex_);
  for (const FakeContainer& container : pod.containers) {
    for (const auto& [resource, ids] : container.devices) {
      kept_[key_of(pod.uid, container.name, resource)] = keep(resource, ids, "");
    }
  }
  pods_.push_back(pod);
  publish();
}

void FakeKubelet::remove(const std::string& uid) {
  const std::lock_guard lock(mutex_);
  std::erase_if(pods_, [&](const FakePod& pod) { return pod.uid == uid; });
  publish();
}

KubeletResult<void> FakeKubelet::pre_start(const std::string& uid,
                                           const std::string& container) const {
  FakeContainer one;
  {
    const std::lock_guard lock(mutex_);
    const FakeContainer* const found = find_container(find_pod(pods_, uid), container);
    if (found == nullptr) return tl::unexpected("no container " + container + " in pod " + uid);
    one = *found;
  }
  for (const auto& [resource, ids] : one.devices) {
    // Nothing is known of a plugin that has not registered since the kubelet started.
    if (!plugins_.options(resource).pre_start_required) continue;
    if (auto asked = plugins_.pre_start(resource, ids); !asked) return asked;
  }
  return {};
}

std::vector<std::string> FakeKubelet::allocated(const std::string& uid,
                                                const std::string& container) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  const FakeContainer* const found = find_container(find_pod(pods_, uid), container);
  if (found == nullptr) return all;
  for (const auto& [resource, ids] : found->devices) all.insert(all.end(), ids.begin(), ids.end());
  return all;
}

void FakeKubelet::publish() {
  pod_resources_.set_pods(pods_);
  write_checkpoint();
}

// A device of several nodes stands below each, one of none below "-1".
FakeKubelet::Kept FakeKubelet::keep(const std::string& resource,
                                    const std::vector<std::string>& ids,
                                    std::string response) const {
  const std::vector<FakeDevice> devices = plugins_.devices(resource);
  Kept kept{.by_numa_node = {}, .response = std::move(response)};
  for (const std::string& id : ids) {
    const auto device = std::find_if(devices.begin(), devices.end(),
                                     [&](const FakeDevice& one) { return one.id == id; });
    if (device == devices.end() || device->numa_nodes.empty()) {
      kept.by_numa_node["-1"].push_back(id);
      continue;
    }
    for (const std::int64_t node : device->numa_nodes) {
      kept.by_numa_node[std::to_string(node)].push_back(id);
    }
  }
  return kept;
}

void FakeKubelet::write_checkpoint() const {
  nlohmann::json entries = nlohmann::json::array();
  nlohmann::json registered = nlohmann::json::object();
  for (const FakePod& pod : pods_) {
    for (const FakeContainer& container : pod.containers) {
      for (const auto& [resource, ids] : container.devices) {
        const Kept& kept = kept_.at(key_of(pod.uid, container.name, resource));
        entries.push_back({{"PodUID", pod.uid},
                           {"ContainerName", container.name},
                           {"ResourceName", resource},
                           {"DeviceIDs", kept.by_numa_node},
                           {"AllocResp", base64(kept.response)}});
        registered[resource] = healthy_ids(plugins_.devices(resource));
      }
    }
  }
  const nlohmann::json document = {
      {"Data", {{"PodDeviceEntries", entries}, {"RegisteredDevices", registered}}},
      {"Checksum", 0}};
  const std::string temporary = checkpoint_file() + ".new";
  std::ofstream(temporary) << document.dump();
  std::filesystem::permissions(temporary, std::filesystem::perms(0600));
  std::filesystem::rename(temporary, checkpoint_file());
}

}  // namespace nvinject::testing
