// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/option_table.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "compat/cli/option_values.h"

namespace nvinject::compat {
namespace {

using enum OptionArgument;
using Line = CommandLine;
using Text = std::string_view;
using Done = Result<void>;

// For options that set one member to a constant.
template <auto Member, auto Value, class Part>
Done set_part(Part& part) {
  part.*Member = Value;
  return {};
}
template <auto Member, bool Value = true>
Done set_program(Text, Line& line) {
  return set_part<Member, Value>(line);
}
template <auto Member, bool Value = true>
Done set_wanted(Text, Line& line) {
  return set_part<Member, Value>(line.wanted);
}
template <auto Member>
Done set_list(Text, Line& line) {
  return set_part<Member, true>(line.list);
}
template <auto Member>
Done set_configure(Text, Line& line) {
  return set_part<Member, false>(line.configure);
}
template <Capability Which>
Done add_capability(Text, Line& line) {
  line.configure.capabilities.add(Which);
  return {};
}
template <CliHelp Which>
Done ask_help(Text, Line& line) {
  return set_part<&Line::help, Which>(line);
}
Done set_csv(Text, Line& line) { return set_part<&InfoOptions::csv, true>(line.info); }
Done accept(Text, Line&) { return {}; }

constexpr OptionRow kHelpOptions[] = {
    {'?', "help", kNone, "", "Give this help list", ask_help<CliHelp::kHelp>},
    {'\0', "usage", kNone, "", "Give a short usage message", ask_help<CliHelp::kUsage>},
    {'V', "version", kNone, "", "Print program version", ask_help<CliHelp::kVersion>},
};

template <std::size_t Count>
constexpr auto with_help(const OptionRow (&rows)[Count]) {
  std::array<OptionRow, Count + std::size(kHelpOptions)> all{};
  std::copy(std::begin(kHelpOptions), std::end(kHelpOptions),
            std::copy(std::begin(rows), std::end(rows), all.begin()));
  return all;
}

constexpr auto kProgramOptions = with_help({
    {'d', "debug", kRequired, "FILE", "Append a log to FILE", take_debug_file},
    {'k', "load-kmods", kNone, "", "Load kernel modules and make device nodes first",
     set_program<&Line::load_kmods>},
    {'n', "no-pivot", kNone, "", "Accepted: nothing here changes its root", accept},
    {'u', "user", kOptional, "UID[:GID]", "Accepted: the driver is asked as nobody", check_user},
    {'r', "root", kRequired, "PATH", "Where the driver's files are", take_driver_root},
    {'l', "ldcache", kRequired, "FILE", "The ld.so.cache to search, in that root", take_ld_cache},
    {'\0', "no-create-imex-channels", kNone, "", "Make no nodes of IMEX channels",
     set_program<&Line::create_imex_channels, false>},
});

constexpr auto kInfoOptions = with_help({
    {'\0', "csv", kNone, "", "Print comma-separated values", set_csv},
});

constexpr auto kListOptions = with_help({
    {'d', "device", kRequired, "ID", "List the nodes of these devices", take_devices},
    {'l', "libraries", kNone, "", "List driver libraries", set_list<&ListOptions::libraries>},
    {'b', "binaries", kNone, "", "List driver programs", set_list<&ListOptions::binaries>},
    {'i', "ipcs", kNone, "", "List sockets of driver daemons", set_list<&ListOptions::ipcs>},
    {'f', "firmwares", kNone, "", "List firmware files", set_list<&ListOptions::firmwares>},
    {'\0', "compat32", kNone, "", "List 32-bit libraries, too",
     set_wanted<&DeviceOptions::compat32>},
    {'\0', "mig-config", kRequired, "ID", "List what configures MIG", take_mig_config},
    {'\0', "mig-monitor", kRequired, "ID", "List what monitors MIG", take_mig_monitor},
    {'\0', "imex-channel", kRequired, "CHANNEL", "List nodes of IMEX channels", take_imex_channels},
    {'\0', "no-persistenced", kNone, "", "Leave out the socket of nvidia-persistenced",
     set_wanted<&DeviceOptions::persistenced, false>},
    {'\0', "no-fabricmanager", kNone, "", "Leave out the socket of the fabric manager",
     set_wanted<&DeviceOptions::fabricmanager, false>},
    {'\0', "no-gsp-firmware", kNone, "", "Leave out GSP firmware",
     set_wanted<&DeviceOptions::gsp_firmware, false>},
});

constexpr auto kConfigureOptions = with_help({
    {'p', "pid", kRequired, "PID", "First process of the container", take_pid},
    {'d', "device", kRequired, "ID", "Give these devices", take_devices},
    {'r', "require", kRequired, "EXPR", "Fail unless the node fulfils EXPR", take_requirement},
    {'l', "ldconfig", kRequired, "PATH", "Accepted: ld.so.cache is written without ldconfig",
     take_ldconfig},
    {'c', "compute", kNone, "", "Compute capability", add_capability<Capability::kCompute>},
    {'u', "utility", kNone, "", "Utility capability", add_capability<Capability::kUtility>},
    {'v', "video", kNone, "", "Video capability", add_capability<Capability::kVideo>},
    {'g', "graphics", kNone, "", "Graphics capability", add_capability<Capability::kGraphics>},
    {'D', "display", kNone, "", "Display capability", add_capability<Capability::kDisplay>},
    {'n', "ngx", kNone, "", "NGX capability", add_capability<Capability::kNgx>},
    {'\0', "compat32", kNone, "", "32-bit libraries, too", add_capability<Capability::kCompat32>},
    {'\0', "mig-config", kRequired, "ID", "Let the container configure MIG", take_mig_config},
    {'\0', "mig-monitor", kRequired, "ID", "Let the container monitor MIG", take_mig_monitor},
    {'\0', "imex-channel", kRequired, "CHANNEL", "Give these IMEX channels", take_imex_channels},
    {'\0', "no-cgroups", kNone, "", "Leave the container's device cgroup alone",
     set_configure<&ConfigureOptions::cgroups>},
    {'\0', "no-devbind", kNone, "", "Mount no device nodes",
     set_configure<&ConfigureOptions::devbind>},
    {'\0', "no-persistenced", kNone, "", "Leave out the socket of nvidia-persistenced",
     set_wanted<&DeviceOptions::persistenced, false>},
    {'\0', "no-fabricmanager", kNone, "", "Leave out the socket of the fabric manager",
     set_wanted<&DeviceOptions::fabricmanager, false>},
    {'\0', "no-gsp-firmware", kNone, "", "Accepted: firmware is never mounted",
     set_wanted<&DeviceOptions::gsp_firmware, false>},
    {'\0', "no-cntlibs", kNone, "", "Use no CUDA libraries of the container",
     set_configure<&ConfigureOptions::container_libraries>},
    {'\0', "cuda-compat-mode", kRequired, "MODE",
     "CUDA libraries of the container: mount, ldconfig or disabled", take_cuda_compat_mode},
});

constexpr CommandRow kCommands[] = {
    {CliCommand::kInfo, "info", "", "Report the driver and the GPUs"},
    {CliCommand::kList, "list", "", "List driver components"},
    {CliCommand::kConfigure, "configure", "ROOTFS", "Give a container GPUs"},
};

}  // namespace

std::span<const OptionRow> options_of(CliCommand command) {
  switch (command) {
    case CliCommand::kInfo:
      return kInfoOptions;
    case CliCommand::kList:
      return kListOptions;
    case CliCommand::kConfigure:
      return kConfigureOptions;
    case CliCommand::kNone:
      break;
  }
  return kProgramOptions;
}

std::span<const CommandRow> command_table() { return kCommands; }

}  // namespace nvinject::compat
