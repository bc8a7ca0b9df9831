// SPDX-License-Identifier: Apache-2.0

// cri: pods and containers of the runtime at $CONTAINER_RUNTIME_ENDPOINT, for test scripts; `cri
// --help`. Exits with 0, with the status of the container's command (exec, run), or with 125 when a
// call failed; then standard error has "cri: COMMAND: CODE: message".

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <functional>
#include <string>
#include <thread>

#include "core/json/json.h"
#include "core/os/file.h"
#include "tests/support/cri_churn.h"
#include "tests/support/cri_client.h"
#include "tests/support/grpc_probe.h"

namespace nvinject::testing {
namespace {

constexpr int kExitCallFailed = 125;
constexpr auto kPoll = std::chrono::milliseconds(20);

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// What with-containerd and with-crio say of the place of pods.
std::string log_directory() {
  const std::string state = environment("NVINJECT_TEST_RUNTIME_STATE");
  return state.empty() ? state : state + "/logs";
}

struct Arguments {
  std::string endpoint = environment("CONTAINER_RUNTIME_ENDPOINT");
  int timeout = 60;
  PodOptions pod;
  ContainerOptions container;
  ChurnOptions churn;
  std::string pod_id;
  std::string container_id;
  std::vector<std::string> ids;
  std::string address;
  std::vector<std::string> images;
  int grace = 0;
  bool all = false;
  bool json = false;
};

using Action = std::function<int(const CriClient&, const Arguments&)>;

int failed(const char* doing, const CriError& error) {
  std::fprintf(stderr, "cri: %s: %s: %s\n", doing, error.name.c_str(), error.message.c_str());
  return kExitCallFailed;
}

int print_id(const char* doing, const CriResult<std::string>& id) {
  if (!id) return failed(doing, id.error());
  std::printf("%s\n", id->c_str());
  return 0;
}

// --- arguments -----------------------------------------------------------------------------------

std::pair<std::string, std::string> split_at_equals(const std::string& entry) {
  const std::size_t equals = entry.find('=');
  if (equals == std::string::npos) throw CLI::ValidationError("expected NAME=VALUE: " + entry);
  return {entry.substr(0, equals), entry.substr(equals + 1)};
}

void add_map(CLI::App& command, const char* name, StringMap& into, const char* help) {
  command
      .add_option_function<std::string>(
          name, [&into](const std::string& entry) { into.insert(split_at_equals(entry)); }, help)
      ->take_all()
      ->allow_extra_args(false)
      ->trigger_on_parse();
}

ContainerOptions::Mount parse_mount(const std::string& text) {
  const auto take_end = [](std::string& from, std::string_view end) {
    const bool has = from.ends_with(end);
    if (has) from.resize(from.size() - end.size());
    return has;
  };
  std::string paths = text;
  ContainerOptions::Mount mount;
  mount.host_to_container = take_end(paths, ":rslave");
  mount.read_only = take_end(paths, ":ro");
  const std::size_t colon = paths.find(':');
  if (colon == std::string::npos) {
    throw CLI::ValidationError("expected SOURCE:DESTINATION[:ro][:rslave]");
  }
  mount.source = paths.substr(0, colon);
  mount.destination = paths.substr(colon + 1);
  return mount;
}

void add_list(CLI::App& command, const char* name, std::vector<std::string>& into,
              const char* help) {
  command.add_option(name, into, help)->take_all()->allow_extra_args(false);
}

void add_pod_options(CLI::App& command, PodOptions& pod) {
  command.add_option("--namespace", pod.name_space, "Kubernetes namespace (default)");
  command.add_option("--uid", pod.uid, "UID (default: follows from the names)");
  command.add_option("--attempt", pod.attempt, "Attempt (0)");
  command.add_option("--runtime-handler", pod.runtime_handler, "Runtime handler");
  command.add_flag("--userns", pod.user_namespace, "A user namespace of its own");
  add_map(command, "--annotation", pod.annotations, "NAME=VALUE, may be repeated");
  add_map(command, "--label", pod.labels, "NAME=VALUE, may be repeated");
}

void add_container_options(CLI::App& command, ContainerOptions& container) {
  command
      .add_option_function<std::string>(
          "--env",
          [&container](const std::string& entry) {
            container.env.push_back(split_at_equals(entry));
          },
          "NAME=VALUE, may be repeated")
      ->take_all()
      ->allow_extra_args(false)
      ->trigger_on_parse();
  command
      .add_option_function<std::string>(
          "--mount",
          [&container](const std::string& entry) {
            container.mounts.push_back(parse_mount(entry));
          },
          "SOURCE:DESTINATION[:ro][:rslave], may be repeated")
      ->take_all()
      ->allow_extra_args(false)
      ->trigger_on_parse();
  add_list(command, "--device", container.devices, "Device node of the host, may be repeated");
  add_list(command, "--cdi", container.cdi_devices, "Name of a CDI device, may be repeated");
  add_list(command, "--cap-add", container.capabilities_added, "Capability, may be repeated");
  add_list(command, "--cap-drop", container.capabilities_dropped, "Capability, may be repeated");
  command.add_flag("--read-only", container.read_only, "Read-only root filesystem");
  command.add_flag("--seccomp", container.runtime_seccomp, "The runtime's own seccomp filter");
  command.add_flag("--no-new-privileges", container.no_new_privileges, "No rights beyond these");
  command.add_option("--user", container.user, "User id");
  command.add_option("--memory", container.memory_limit, "Limit in bytes");
}

// What `create` and `run` have; `churn` sets the names itself.
void add_container(CLI::App& command, Arguments& arguments) {
  ContainerOptions& container = arguments.container;
  command.add_option("POD_ID", arguments.pod_id)->required();
  command.add_option("NAME", container.name)->required();
  command.add_option("IMAGE", container.image, "Without a slash: one of oci-archive")->required();
  command.add_option("COMMAND", container.command, "After --; default: the image's");
  command.add_flag("--privileged", container.privileged, "Privileged; the pod must be so too");
  command.add_option("--attempt", container.attempt, "Attempt (0)");
  add_map(command, "--annotation", container.annotations, "NAME=VALUE, may be repeated");
  add_map(command, "--label", container.labels, "NAME=VALUE, may be repeated");
  add_container_options(command, container);
}

void add_churn(CLI::App& command, ChurnOptions& churn) {
  churn.container.image = "static";
  churn.container.command = {"sleep", "3600"};
  command.add_option("--count", churn.count, "Containers (200)");
  command.add_option("--pods", churn.pods, "Pods (20)")->check(CLI::PositiveNumber);
  command.add_option("--threads", churn.threads, "Calls under way at once (32)");
  command.add_option("--gpu", churn.gpu_percent, "Percentage that asks for a GPU (0)")
      ->check(CLI::Range(0, 100));
  command.add_option("--gpu-env", churn.gpu_env, "How it asks (NVIDIA_VISIBLE_DEVICES=0)");
  command.add_option("--gpus", churn.gpus, "Or: container i for GPU i modulo this many");
  command.add_option("--gpu-image", churn.gpu_image, "Or: by its image");
  command.add_option("--name", churn.name, "How the pods' names begin (churn)");
  command.add_option("--image", churn.container.image, "Image (static)");
  command.add_flag("--keep", churn.keep, "Leave the pods");
  command.add_option("COMMAND", churn.exec, "After --: what to execute in each (ls /dev)");
  command.add_flag_callback("--no-exec", [&churn] { churn.exec.clear(); }, "Execute nothing");
  add_pod_options(command, churn.pod);
  add_container_options(command, churn.container);
}

// --- commands ------------------------------------------------------------------------------------

int version(const CriClient& client, const Arguments&) {
  return print_id("version", client.version());
}

// Waits until pods can be run and the images are known.
int ready(const CriClient& client, const Arguments& arguments) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(arguments.timeout);
  const auto look = [&]() -> CriResult<void> {
    if (auto up = client.ready(); !up) return up;
    for (const std::string& image : arguments.images) {
      const auto there = client.has_image(image);
      if (!there) return tl::unexpected(there.error());
      if (!*there) return tl::unexpected(CriError{.name = "NOT_FOUND", .message = image});
    }
    return {};
  };
  for (;;) {
    const auto looked = look();
    if (looked) return 0;
    if (std::chrono::steady_clock::now() > deadline) return failed("ready", looked.error());
    std::this_thread::sleep_for(kPoll);
  }
}

int run_pod(const CriClient& client, const Arguments& arguments) {
  return print_id("run-pod", client.run_pod(arguments.pod));
}

int for_each_id(const char* doing, const Arguments& arguments,
                const std::function<CriResult<void>(const std::string&)>& work) {
  int status = 0;
  for (const std::string& id : arguments.ids) {
    if (const auto done = work(id); !done) status = failed(doing, done.error());
  }
  return status;
}

int remove_pods(const CriClient& client, const Arguments& arguments) {
  Arguments these = arguments;
  if (arguments.all) {
    const auto pods = client.list_pods();
    if (!pods) return failed("rm-pod", pods.error());
    for (const PodState& pod : *pods) these.ids.push_back(pod.id);
  }
  return for_each_id("rm-pod", these, [&](const auto& id) { return client.remove_pod(id); });
}

int create(const CriClient& client, const Arguments& arguments) {
  return print_id("create", client.create(arguments.pod_id, arguments.container));
}

CriResult<ContainerState> wait_for_end(const CriClient& client, const std::string& id,
                                       int timeout) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(timeout);
  for (;;) {
    auto state = client.status(id);
    if (!state || state->state == "exited") return state;
    if (std::chrono::steady_clock::now() > deadline) {
      return tl::unexpected(
          CriError{.name = "DEADLINE_EXCEEDED", .message = "it is " + state->state});
    }
    std::this_thread::sleep_for(kPoll);
  }
}

int wait(const CriClient& client, const Arguments& arguments) {
  const auto state = wait_for_end(client, arguments.container_id, arguments.timeout);
  if (!state) return failed("wait", state.error());
  std::printf("%d\n", state->exit_code);
  return 0;
}

// Lines are "TIME stdout F text"; P instead of F when the line goes on in the next.
int print_log(const std::string& path) {
  constexpr std::size_t kMaxBytes = 64 << 20;
  const auto log = read_file(HostPath(path), kMaxBytes);
  if (!log) return failed("logs", {.name = "NOT_FOUND", .message = log.error().message});
  for (std::size_t from = 0; from < log->size();) {
    const std::size_t end = std::min(log->find('\n', from), log->size());
    const std::string_view line = std::string_view(*log).substr(from, end - from);
    const std::size_t stream = line.find(' ');
    const std::size_t tag = line.find(' ', stream + 1);
    const std::size_t text = line.find(' ', tag + 1);
    if (text != std::string_view::npos) {
      std::FILE* const file = line.substr(stream + 1).starts_with("stderr") ? stderr : stdout;
      std::fwrite(line.data() + text + 1, 1, line.size() - text - 1, file);
      if (line[tag + 1] == 'F') std::fputc('\n', file);
    }
    from = end + 1;
  }
  return 0;
}

int logs(const CriClient& client, const Arguments& arguments) {
  const auto state = client.status(arguments.container_id);
  return state ? print_log(state->log_path) : failed("logs", state.error());
}

// Creates, starts, waits, prints what it printed, removes.
int run_container(const CriClient& client, const Arguments& arguments) {
  const auto id = client.create(arguments.pod_id, arguments.container);
  if (!id) return failed("create", id.error());
  const auto started = client.start(*id);
  int status = started ? 0 : failed("start", started.error());
  if (started) {
    const auto state = wait_for_end(client, *id, arguments.timeout);
    status = state ? print_log(state->log_path) : failed("wait", state.error());
    if (state && status == 0) status = state->exit_code;
  }
  if (const auto removed = client.remove(*id); !removed) return failed("rm", removed.error());
  return status;
}

int exec(const CriClient& client, const Arguments& arguments) {
  const auto output = client.exec(arguments.container_id, arguments.container.command);
  if (!output) return failed("exec", output.error());
  std::fwrite(output->out.data(), 1, output->out.size(), stdout);
  std::fwrite(output->errors.data(), 1, output->errors.size(), stderr);
  return output->exit_code;
}

void print_rows(const Arguments& arguments, const Json& rows) {
  if (arguments.json) {
    std::printf("%s\n", print_json(rows).c_str());
    return;
  }
  for (const Json& row : rows) {
    std::string line;
    for (const auto& [key, value] : row.items()) {
      line += (line.empty() ? "" : " ") + value.get<std::string>();
    }
    std::printf("%s\n", line.c_str());
  }
}

int list_containers(const CriClient& client, const Arguments& arguments) {
  const auto containers = client.list_containers();
  if (!containers) return failed("ps", containers.error());
  Json rows = Json::array();
  for (const ContainerState& one : *containers) {
    rows.push_back({{"id", one.id}, {"state", one.state}, {"name", one.name}, {"pod", one.pod_id}});
  }
  print_rows(arguments, rows);
  return 0;
}

int list_pods(const CriClient& client, const Arguments& arguments) {
  const auto pods = client.list_pods();
  if (!pods) return failed("pods", pods.error());
  Json rows = Json::array();
  for (const PodState& one : *pods) {
    rows.push_back({{"id", one.id},
                    {"state", one.ready ? "ready" : "not-ready"},
                    {"name", one.name},
                    {"namespace", one.name_space}});
  }
  print_rows(arguments, rows);
  return 0;
}

int probe(const CriClient& /*client*/, const Arguments& arguments) {
  const auto serving = is_serving(arguments.address, std::chrono::seconds(arguments.timeout));
  if (!serving) return failed("probe", serving.error());
  std::printf("%s\n", *serving ? "serving" : "not serving");
  return *serving ? 0 : 1;
}

// --- the program ---------------------------------------------------------------------------------

// The subcommands about pods and the runtime.
void add_pod_commands(CLI::App& app, Arguments& arguments, Action& action) {
  const auto add = [&](const char* name, const char* help, const Action& does) {
    CLI::App* const command = app.add_subcommand(name, help);
    command->callback([&action, does] { action = does; });
    return command;
  };
  add("version", "Name and version of the runtime", version);
  CLI::App* const waiting =
      add("ready", "Waits until pods can be run and these images are there", ready);
  waiting->add_option("IMAGE", arguments.images);
  CLI::App* const running = add("run-pod", "Runs a pod and prints its id", run_pod);
  running->add_option("NAME", arguments.pod.name)->required();
  running->add_flag("--privileged", arguments.pod.privileged, "May have privileged containers");
  add_pod_options(*running, arguments.pod);
  CLI::App* const removing =
      add("rm-pod", "Stops and removes pods with their containers", remove_pods);
  removing->add_option("POD_ID", arguments.ids);
  removing->add_flag("--all", arguments.all, "All pods");
  CLI::App* const listing = add("pods", "One pod a line: id, state, name, namespace", list_pods);
  listing->add_flag("--json", arguments.json, "Print JSON");
  add("probe", "Asks a gRPC server, at HOST:PORT or unix:/PATH, whether it serves", probe)
      ->add_option("ADDRESS", arguments.address)
      ->required();
  CLI::App* const churning = add("churn", "Many containers at once; prints a JSON object for each",
                                 [](const CriClient& client, const Arguments& given) {
                                   return churn(client, given.churn) ? 0 : 1;
                                 });
  add_churn(*churning, arguments.churn);
}

void add_container_commands(CLI::App& app, Arguments& arguments, Action& action) {
  const auto add = [&](const char* name, const char* help, const Action& does) {
    CLI::App* const command = app.add_subcommand(name, help);
    command->callback([&action, does] { action = does; });
    return command;
  };
  const auto add_for_ids = [&](const char* name, const char* help, const Action& does) {
    CLI::App* const command = add(name, help, does);
    command->add_option("ID", arguments.ids)->required();
    return command;
  };
  const auto add_for_one = [&](const char* name, const char* help, const Action& does) {
    CLI::App* const command = add(name, help, does);
    command->add_option("ID", arguments.container_id)->required();
    return command;
  };
  add_container(*add("create", "Creates a container and prints its id", create), arguments);
  add_container(
      *add("run", "Creates, starts, waits, prints what it printed, removes", run_container),
      arguments);
  add_for_ids("start", "Starts containers", [](const CriClient& client, const Arguments& given) {
    return for_each_id("start", given, [&](const auto& id) { return client.start(id); });
  });
  add_for_ids("stop", "Stops containers", [](const CriClient& client, const Arguments& given) {
    return for_each_id("stop", given, [&](const auto& id) {
      return client.stop(id, std::chrono::seconds(given.grace));
    });
  })->add_option("--grace", arguments.grace, "Seconds before SIGKILL (0)");
  add_for_ids("rm", "Removes containers", [](const CriClient& client, const Arguments& given) {
    return for_each_id("rm", given, [&](const auto& id) { return client.remove(id); });
  });
  add_for_ids("update", "Changes resources", [](const CriClient& client, const Arguments& given) {
    return for_each_id("update", given, [&](const auto& id) {
      return client.update_memory(id, given.container.memory_limit);
    });
  })->add_option("--memory", arguments.container.memory_limit, "Limit in bytes");
  add_for_one("wait", "Waits for a container's end and prints its exit status", wait);
  add_for_one("logs", "What a container printed", logs);
  add_for_one("exec", "Executes a command in a container", exec)
      ->add_option("COMMAND", arguments.container.command, "After --")
      ->required();
  add("ps", "One container a line: id, state, name, pod", list_containers)
      ->add_flag("--json", arguments.json, "Print JSON");
}

int run(int argc, char** argv) {
  Arguments arguments;
  Action action;
  CLI::App app("Pods and containers of a CRI runtime, for tests.", "cri");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--endpoint", arguments.endpoint, "unix://PATH ($CONTAINER_RUNTIME_ENDPOINT)");
  app.add_option("--timeout", arguments.timeout, "Seconds for each call, and for waiting (60)");
  add_pod_commands(app, arguments, action);
  add_container_commands(app, arguments, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    return app.exit(problem) == 0 ? 0 : 2;
  }
  if (arguments.endpoint.empty()) {
    std::fprintf(stderr, "cri: no --endpoint and no CONTAINER_RUNTIME_ENDPOINT\n");
    return 2;
  }
  for (PodOptions* const pod : {&arguments.pod, &arguments.churn.pod}) {
    pod->cgroup_parent = environment("NVINJECT_TEST_CGROUP_PARENT");
    pod->log_directory = log_directory();
  }
  for (ContainerOptions* const container : {&arguments.container, &arguments.churn.container}) {
    container->cgroup_parent = environment("NVINJECT_TEST_CGROUP_PARENT");
    container->log_directory = log_directory();
  }
  const CriClient client(arguments.endpoint, std::chrono::seconds(arguments.timeout));
  return action(client, arguments);
}

}  // namespace
}  // namespace nvinject::testing

int main(int argc, char** argv) {
  try {
    return nvinject::testing::run(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "cri: internal error: %s\n", problem.what());
    return nvinject::testing::kExitCallFailed;
  }
}
