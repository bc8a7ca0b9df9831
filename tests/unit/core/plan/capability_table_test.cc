// SPDX-License-Identifier: Apache-2.0
#include "core/plan/capability_table.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

namespace nvinject {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;
using enum Capability;

constexpr Capability kOne[] = {kCompute, kDisplay, kGraphics, kNgx, kUtility, kVideo};

bool is_safe_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::vector<std::string_view> names_for(CapabilitySet capabilities) {
  std::vector<std::string_view> names;
  for (const WantedLibrary& library : wanted_files(capabilities).libraries) {
    names.push_back(library.name);
  }
  return names;
}

TEST(CapabilityTable, HasWellFormedLibraries) {
  std::set<std::string_view> seen;
  for (const LibraryRow& row : library_table()) {
    SCOPED_TRACE(row.name);
    EXPECT_TRUE(is_safe_name(row.name));
    EXPECT_TRUE(row.name.starts_with("lib"));
    EXPECT_EQ(row.name.find(".so"), std::string_view::npos) << "the name stops before .so";
    EXPECT_TRUE(seen.insert(row.name).second) << "twice";
    EXPECT_FALSE(row.capabilities.empty()) << "nobody would ever get it";
    EXPECT_FALSE(row.capabilities.has(kCompat32)) << "compat32 is about the class of files";
    EXPECT_TRUE(row.capabilities.contains(row.required_by)) << "required, and not brought";
    EXPECT_TRUE(row.also_as.empty() || row.also_as.find(".so") != std::string_view::npos);
    EXPECT_TRUE(row.own_soname.empty() || row.own_soname.starts_with(row.name));
    EXPECT_TRUE(row.own_soname.empty() || row.own_soname.find(".so.") != std::string_view::npos);
    EXPECT_EQ(find_library_row(row.name), &row);
  }
  EXPECT_EQ(find_library_row("libc"), nullptr);
}

TEST(CapabilityTable, HasWellFormedProgramsAndSockets) {
  std::set<std::string_view> seen;
  for (const FileRow& row : program_table()) {
    EXPECT_TRUE(is_safe_name(row.name)) << row.name;
    EXPECT_TRUE(seen.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.capabilities.empty()) << row.name;
  }
  for (const FileRow& row : socket_table()) {
    EXPECT_TRUE(row.name.starts_with('/')) << row.name;
    EXPECT_EQ(row.name.find(".."), std::string_view::npos) << row.name;
    EXPECT_TRUE(seen.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.capabilities.empty()) << row.name;
  }
}

TEST(CapabilityTable, HasWellFormedNodes) {
  std::set<std::string_view> seen;
  for (const NodeRow& row : node_table()) {
    EXPECT_TRUE(is_safe_name(row.name)) << row.name;
    EXPECT_TRUE(seen.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.capabilities.empty()) << row.name;
  }
}

TEST(CapabilityTable, BringsAtLeastOneLibraryForEachCapability) {
  for (const Capability capability : kOne) {
    EXPECT_THAT(names_for({capability}), Not(IsEmpty())) << to_string({capability});
  }
}

TEST(LibraryNames, AreTheSonameAndWhatTheTableAdds) {
  const auto names = [](std::string_view name, const std::string& soname) {
    return library_names(name, soname, "1.2.3");
  };
  EXPECT_EQ(names("libcuda", "libcuda.so.1"),
            (std::vector<std::string>{"libcuda.so.1", "libcuda.so"}));
  EXPECT_EQ(names("libnvidia-nvvm", "libnvidia-nvvm.so.4"),
            (std::vector<std::string>{"libnvidia-nvvm.so.4", "libnvidia-nvvm.so.1.2.3"}));
  EXPECT_EQ(names("libnvidia-nvvm", "libnvidia-nvvm.so.1.2.3"),
            (std::vector<std::string>{"libnvidia-nvvm.so.1.2.3"}));
  EXPECT_EQ(names("libx", "libx.so.1"), (std::vector<std::string>{"libx.so.1"}));
}

TEST(WantedFiles, AreThoseOfTheCapabilities) {
  EXPECT_THAT(names_for({kUtility}), Contains("libnvidia-ml"));
  EXPECT_THAT(names_for({kUtility}), Not(Contains("libcuda")));
  EXPECT_THAT(names_for({kCompute}), Contains("libcuda"));
  EXPECT_THAT(names_for({kCompute}), Not(Contains("libnvidia-encode")));
  EXPECT_THAT(names_for({kVideo}), Contains("libcuda")) << "NVENC is driven through CUDA";
  EXPECT_THAT(names_for({kGraphics}), Contains("libGLX_nvidia"));
  EXPECT_THAT(names_for({kNgx}), Contains("libnvidia-ngx"));
  EXPECT_EQ(names_for({kDisplay}), names_for({kGraphics}));
  EXPECT_THAT(wanted_files({kUtility}).programs, Contains("nvidia-smi"));
  EXPECT_THAT(wanted_files({kCompute}).programs, Not(Contains("nvidia-smi")));
  EXPECT_THAT(wanted_files({kCompute}).sockets, Contains("/tmp/nvidia-mps"));
}

TEST(WantedFiles, AreNoneForNoCapability) {
  const WantedFiles wanted = wanted_files({});
  EXPECT_THAT(wanted.libraries, IsEmpty());
  EXPECT_THAT(wanted.programs, IsEmpty());
  EXPECT_THAT(wanted.sockets, IsEmpty());
}

TEST(WantedFiles, HaveA32BitSideOnlyWithCompat32) {
  EXPECT_FALSE(wanted_files({kCompute, kUtility}).libraries_32);
  EXPECT_TRUE(wanted_files({kCompute, kCompat32}).libraries_32);
  EXPECT_THAT(wanted_files({kCompat32}).libraries, IsEmpty()) << "compat32 alone brings nothing";
}

TEST(WantedFiles, HaveWhatARequestAsksForBesideGpus) {
  GpuRequest request;
  request.capabilities = {kUtility};
  EXPECT_FALSE(files_wanted_by(request).imex_channels);
  EXPECT_THAT(files_wanted_by(request).gated_nodes, IsEmpty());
  request.extras.imex_channels = {"0"};
  request.extras.gates = {"NVIDIA_GDS"};
  const WantedFiles wanted = files_wanted_by(request);
  EXPECT_TRUE(wanted.imex_channels);
  ASSERT_EQ(wanted.gated_nodes.size(), 1U);
  EXPECT_EQ(wanted.gated_nodes[0].pattern, "nvidia-fs*");
  EXPECT_THAT(wanted.gated_files, Contains("/etc/cufile.json"));
  EXPECT_THAT(wanted.programs, Contains("nvidia-smi"));
  EXPECT_EQ(files_wanted_by_anybody().gated_nodes.size(), gate_table().size());
}

}  // namespace
}  // namespace nvinject
