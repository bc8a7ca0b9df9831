// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/print_list.h"

#include <gmock/gmock.h>

#include "compat/cli/cli_argv.h"
#include "tests/support/matchers.h"
#include "tests/support/sample_node.h"

namespace nvinject::compat {
namespace {

using nvinject::testing::FailsWith;
using nvinject::testing::sample_inventory;
using nvinject::testing::sample_mig_inventory;
using nvinject::testing::Succeeds;

// A driver container's root, with a socket of each daemon and a library of its own version.
Inventory node(unsigned gpus = 2) {
  Inventory inventory = sample_inventory(gpus);
  inventory.driver_root = HostPath("/run/nvidia/driver");
  for (Library& library : inventory.libraries) {
    library.host_path = HostPath("/run/nvidia/driver" + library.host_path.string());
  }
  for (DriverFile& program : inventory.programs) {
    program.host_path = HostPath("/run/nvidia/driver" + program.host_path.string());
  }
  inventory.libraries.push_back(
      {"libnvidia-egl-wayland", "libnvidia-egl-wayland.so.1",
       HostPath("/run/nvidia/driver/usr/lib64/libnvidia-egl-wayland.so.1.1.13")});
  inventory.sockets.push_back({"/run/nvidia-fabricmanager/socket",
                               HostPath("/run/nvidia-fabricmanager/socket"),
                               DriverPath("/run/nvidia-fabricmanager/socket")});
  return inventory;
}

Result<std::string> list(std::vector<std::string_view> args, const Inventory& inventory = node()) {
  args.insert(args.begin(), "list");
  const auto line = parse_cli_argv(args);
  if (!line) return tl::unexpected(line.error());
  ExtraFiles extra;
  extra.firmware = {DriverPath("/lib/firmware/nvidia/550.163.01/gsp_ga10x.bin")};
  return print_list(inventory, extra, *line);
}

std::string listed(std::vector<std::string_view> args, const Inventory& inventory = node()) {
  const auto text = list(std::move(args), inventory);
  return text ? *text : "error: " + text.error().message;
}

constexpr const char* kControlNodes =
    "/dev/nvidiactl\n/dev/nvidia-uvm\n/dev/nvidia-uvm-tools\n/dev/nvidia-modeset\n";
constexpr const char* kBinaries = "/usr/bin/nvidia-smi\n/usr/bin/nvidia-cuda-mps-control\n";
constexpr const char* kLibraries =
    "/usr/lib64/libnvidia-ml.so.550.163.01\n"
    "/usr/lib64/libcuda.so.550.163.01\n"
    "/usr/lib64/libnvidia-nvvm.so.550.163.01\n"
    "/usr/lib64/libnvidia-encode.so.550.163.01\n"
    "/usr/lib64/libGLX_nvidia.so.550.163.01\n"
    "/usr/lib64/libnvidia-ngx.so.550.163.01\n";
constexpr const char* kLibraries32 = "/usr/lib32/libcuda.so.550.163.01\n";
constexpr const char* kSockets =
    "/run/nvidia-persistenced/socket\n/run/nvidia-fabricmanager/socket\n";
constexpr const char* kFirmware = "/lib/firmware/nvidia/550.163.01/gsp_ga10x.bin\n";

TEST(PrintList, EverythingComesInTheOrderThatCallersExpect) {
  EXPECT_EQ(listed({}), std::string(kControlNodes) + "/dev/nvidia0\n/dev/nvidia1\n" + kBinaries +
                            kLibraries + kLibraries32 + kSockets + kFirmware);
}

TEST(PrintList, AnOptionListsItsOwn) {
  struct Row {
    std::vector<std::string_view> args;
    std::string text;
  };
  const Row rows[] = {
      {{"--libraries"}, kLibraries},
      {{"-l", "--compat32"}, std::string(kLibraries) + kLibraries32},
      {{"--compat32"}, ""},
      {{"-b"}, kBinaries},
      {{"-i"}, kSockets},
      {{"-i", "--no-persistenced"}, "/run/nvidia-fabricmanager/socket\n"},
      {{"-i", "--no-fabricmanager"}, "/run/nvidia-persistenced/socket\n"},
      {{"-f"}, kFirmware},
      {{"-f", "--no-gsp-firmware"}, ""},
      {{"--no-persistenced"}, ""},
      {{"-d", "1"}, std::string(kControlNodes) + "/dev/nvidia1\n"},
      {{"-d", "1", "--device=0,1"}, std::string(kControlNodes) + "/dev/nvidia0\n/dev/nvidia1\n"},
      {{"-d", "GPU-BBBBBBBB-0000-4000-8000-000000000000"},
       std::string(kControlNodes) + "/dev/nvidia1\n"},
      {{"-d", ""}, kControlNodes},
      {{"-b", "--imex-channel=3,4"},
       "/dev/nvidia-caps-imex-channels/channel3\n/dev/nvidia-caps-imex-channels/channel4\n" +
           std::string(kBinaries)},
  };
  for (const Row& row : rows) EXPECT_EQ(listed(row.args), row.text) << row.args.back();
}

TEST(PrintList, ADeviceThatIsNotThereIsAnError) {
  EXPECT_THAT(list({"-d", "7"}), FailsWith(ErrorCode::kNotFound, "unknown device '7'"));
  EXPECT_THAT(list({"-d", "none"}), FailsWith(ErrorCode::kInvalidRequest, "'none'"));
  EXPECT_THAT(list({"-d", "0"}, node(0)), FailsWith(ErrorCode::kNotFound, "'0'"));
}

TEST(PrintList, ANodeWithoutGpusHasFiles) {
  EXPECT_THAT(listed({}, node(0)), ::testing::StartsWith(std::string(kControlNodes) + kBinaries));
}

TEST(PrintList, AMigDeviceHasFilesAndNodes) {
  const Inventory inventory = sample_mig_inventory();
  const std::string first =
      "/proc/driver/nvidia/capabilities/gpu1/mig/gi7/access\n"
      "/proc/driver/nvidia/capabilities/gpu1/mig/gi7/ci0/access\n"
      "/dev/nvidia-caps/nvidia-cap107\n/dev/nvidia-caps/nvidia-cap117\n";
  const std::string second =
      "/proc/driver/nvidia/capabilities/gpu1/mig/gi9/access\n"
      "/proc/driver/nvidia/capabilities/gpu1/mig/gi9/ci0/access\n"
      "/dev/nvidia-caps/nvidia-cap109\n/dev/nvidia-caps/nvidia-cap119\n";
  const std::string nodes = kControlNodes;
  EXPECT_EQ(listed({"--device=all"}, inventory),
            nodes + "/dev/nvidia0\n/dev/nvidia1\n/dev/nvidia2\n" + first + second);
  EXPECT_EQ(listed({"--device=1:2"}, inventory), nodes + "/dev/nvidia1\n" + second);
  EXPECT_EQ(listed({"--device=0,MIG-a"}, inventory),
            nodes + "/dev/nvidia0\n/dev/nvidia1\n" + first);
  EXPECT_EQ(listed({"--device=1"}, inventory), nodes + "/dev/nvidia1\n");
}

TEST(PrintList, MigManagementIsAFileAndANodeOrAnError) {
  EXPECT_EQ(listed({"--mig-config=all"}, sample_mig_inventory()),
            "/proc/driver/nvidia/capabilities/mig/config\n/dev/nvidia-caps/nvidia-cap1\n");
  EXPECT_THAT(list({"--mig-monitor=all"}),
              FailsWith(ErrorCode::kNotFound, "mig-monitor error: the driver shows no"));
}

TEST(PrintList, AllPassesOverWhatIsBroken) {
  Inventory inventory = node();
  inventory.gpus[0].broken = "fell off the bus";
  EXPECT_EQ(listed({"-dall"}, inventory), std::string(kControlNodes) + "/dev/nvidia1\n");
}

// A neighbour whose name begins with the driver root's is not below it.
TEST(PrintList, OnlyTheDriverRootItselfIsLeftOut) {
  Inventory inventory = node();
  inventory.programs = {{"nvidia-smi", HostPath("/run/nvidia/driver2/usr/bin/nvidia-smi")}};
  EXPECT_EQ(listed({"-b"}, inventory), "/run/nvidia/driver2/usr/bin/nvidia-smi\n");
}

}  // namespace
}  // namespace nvinject::compat
