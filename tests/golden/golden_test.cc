// SPDX-License-Identifier: Apache-2.0

// One request on one node, said in every language, side by side in tests/golden/<node>/<request>.*:
//   .oci.json      the spec of a container (tests/fixtures/docker-spec.json), edited
//   .nri.json      the same as an NRI adjustment
//   .explain.txt   the same for people
// NVINJECT_UPDATE_GOLDEN=1 writes them anew; what changed is then for a reviewer to judge.

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>

#include "core/inventory/scan.h"
#include "core/plan/capability_table.h"
#include "core/render/adjustment.h"
#include "core/render/explain.h"
#include "core/render/oci_spec.h"
#include "core/request/facts_from_oci.h"
#include "tests/golden/golden_file.h"
#include "tests/support/driver_root.h"

namespace nvinject {
namespace {

using testing::DriverRootTree;
using testing::read_fixture;

enum class Image { kUnknown, kDebian, kMultilib, kMusl, kCudaCompat };

struct GoldenRequest {
  const char* name;
  std::vector<std::string> env;
  Image image;
};

struct GoldenCase {
  const char* node;
  GoldenRequest request;
};

// So that gtest prints a name instead of bytes.
// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest looks for this name
void PrintTo(const GoldenCase& golden, std::ostream* out) {
  *out << golden.node << "/" << golden.request.name;
}

const std::vector<GoldenCase> kCases = {
    {"debian-550", {"all", {"NVIDIA_VISIBLE_DEVICES=all"}, Image::kDebian}},
    {"debian-550",
     {"two_with_everything",
      {"NVIDIA_VISIBLE_DEVICES=1,GPU-aaaa0006", "NVIDIA_DRIVER_CAPABILITIES=all"},
      Image::kDebian}},
    {"debian-550", {"one_image_unknown", {"NVIDIA_VISIBLE_DEVICES=0"}, Image::kUnknown}},
    {"debian-550",
     {"driver_only_musl",
      {"NVIDIA_VISIBLE_DEVICES=none", "NVIDIA_DRIVER_CAPABILITIES=utility"},
      Image::kMusl}},
    {"debian-550",
     {"cuda_compat",
      {"NVIDIA_VISIBLE_DEVICES=0", "NVIDIA_DRIVER_CAPABILITIES=compute"},
      Image::kCudaCompat}},
    {"debian-550", {"no_such_gpu", {"NVIDIA_VISIBLE_DEVICES=8"}, Image::kDebian}},
    {"rhel",
     {"video",
      {"NVIDIA_VISIBLE_DEVICES=0000:65:00.0", "NVIDIA_DRIVER_CAPABILITIES=video,utility"},
      Image::kDebian}},
    {"half-broken", {"all", {"NVIDIA_VISIBLE_DEVICES=all"}, Image::kDebian}},
    {"half-broken", {"excluded_gpu", {"NVIDIA_VISIBLE_DEVICES=6"}, Image::kDebian}},
    {"mixed-versions",
     {"compat32",
      {"NVIDIA_VISIBLE_DEVICES=0", "NVIDIA_DRIVER_CAPABILITIES=compute,utility,compat32"},
      Image::kMultilib}},
    {"mig", {"all", {"NVIDIA_VISIBLE_DEVICES=all"}, Image::kDebian}},
    {"mig",
     {"one_of_two_compute_instances",
      {"NVIDIA_VISIBLE_DEVICES=MIG-GPU-aaaa0001-0000-4000-8000-000000000001/7/1"},
      Image::kDebian}},
    {"mig", {"whole_gpu", {"NVIDIA_VISIBLE_DEVICES=1"}, Image::kDebian}},
    {"mig",
     {"imex_and_gates",
      {"NVIDIA_VISIBLE_DEVICES=0", "NVIDIA_IMEX_CHANNELS=1,7", "NVIDIA_GDS=enabled",
       "NVIDIA_MOFED=enabled", "NVIDIA_GDRCOPY=enabled"},
      Image::kDebian}},
    {"mig",
     {"no_such_channel",
      {"NVIDIA_VISIBLE_DEVICES=0", "NVIDIA_IMEX_CHANNELS=2048"},
      Image::kDebian}},
    {"hostile",
     {"compute",
      {"NVIDIA_VISIBLE_DEVICES=0", "NVIDIA_DRIVER_CAPABILITIES=compute"},
      Image::kDebian}},
};

ImageFacts facts_of(Image image) {
  ImageFacts facts;
  facts.known = image != Image::kUnknown;
  if (image == Image::kMusl) facts.libc = "musl";
  if (image != Image::kUnknown && image != Image::kMusl) {
    facts.libc = "glibc";
    facts.has_ld_cache = true;
    facts.libc_directory = ContainerPath("/usr/lib/x86_64-linux-gnu");
  }
  if (image == Image::kCudaCompat) {
    facts.cuda_compat =
        CudaCompat{.directory = ContainerPath("/usr/local/cuda-99.9/compat"),
                   .version = "1000.1.1",
                   .note = ForwardCompatNote{.cuda_version = "99.9", .driver_majors = {550, 999}},
                   .libraries = {{"libcuda.so.1000.1.1", "libcuda.so.1"},
                                 {"libnvidia-nvvm.so.1000.1.1", "libnvidia-nvvm.so.4"}}};
  }
  if (image == Image::kMultilib) {
    facts.libc_directory_32 = ContainerPath("/usr/lib/i386-linux-gnu");
  }
  return facts;
}

// A container that asks, and how far the stages get with it.
struct Answer {
  Json spec;
  ContainerFacts facts;
  Explanation explanation;
};

Result<void> run_stages(const GoldenCase& golden, const DriverRootTree& node, Answer& answer) {
  Explanation& explanation = answer.explanation;
  NVINJECT_ASSIGN_OR_RETURN(explanation.request, parse_request(answer.facts, AcceptRules{}));
  NVINJECT_ASSIGN_OR_RETURN(
      const Inventory inventory,
      scan(node.roots(), files_wanted_by(explanation.request), testing::FakeDeviceNumbers()));
  explanation.notes = inventory.findings;
  NVINJECT_ASSIGN_OR_RETURN(explanation.grant, decide_grant(explanation.request, {}, inventory));
  NVINJECT_ASSIGN_OR_RETURN(explanation.plan, make_plan(explanation.grant, inventory,
                                                        facts_of(golden.request.image), Policy{}));
  return {};
}

Answer answer_to(const GoldenCase& golden, const DriverRootTree& node) {
  Answer answer;
  answer.spec = *parse_json(read_fixture("docker-spec.json"), "docker-spec.json");
  for (const std::string& entry : golden.request.env) {
    answer.spec["process"]["env"].push_back(entry);
  }
  answer.facts = *facts_from_oci(answer.spec);
  if (auto done = run_stages(golden, node, answer); !done) {
    answer.explanation.error = std::move(done).error();
  }
  return answer;
}

// One element of a list to a line: a line of a diff is then a device, a mount or a variable.
void print_lines(const Json& value, std::size_t indent, std::string& text) {
  constexpr std::size_t kMaxLine = 90;
  const std::string line = print_json(value);
  const bool is_element_of_list = indent >= 8 && value.is_object();
  if (!value.is_structured() || value.empty() || line.size() + indent <= kMaxLine ||
      is_element_of_list) {
    text += line;
    return;
  }
  const char* separator = "\n";
  text += value.is_array() ? "[" : "{";
  for (const auto& [key, element] : value.items()) {
    text.append(separator).append(indent + 2, ' ');
    if (value.is_object()) text += "\"" + key + "\": ";
    // Elements of a top-level list ("mounts") are lines as well.
    if (value.is_array()) {
      text += print_json(element);
    } else {
      print_lines(element, indent + 2, text);
    }
    separator = ",\n";
  }
  text.append("\n").append(indent, ' ').append(value.is_array() ? "]" : "}");
}

std::string as_lines(const Json& value) {
  std::string text;
  print_lines(value, 0, text);
  return text + "\n";
}

Json as_json(const Adjustment& adjustment) {
  Json json = {{"devices", Json::array()},
               {"device_rules", Json::array()},
               {"mounts", Json::array()},
               {"env", Json::array()},
               {"decisions", Json::array()}};
  for (const PlannedDevice& device : adjustment.devices) {
    json["devices"].push_back({{"path", device.path.string()},
                               {"major", device.node.number.major},
                               {"minor", device.node.number.minor},
                               {"mode", device.node.mode},
                               {"uid", device.node.uid},
                               {"gid", device.node.gid}});
  }
  for (const DeviceRule& rule : adjustment.device_rules) {
    json["device_rules"].push_back({{"allow", rule.allow},
                                    {"type", rule.type},
                                    {"major", rule.number.major},
                                    {"minor", rule.number.minor},
                                    {"access", rule.access}});
  }
  for (const PlannedMount& mount : adjustment.mounts) {
    json["mounts"].push_back({{"destination", mount.destination.string()},
                              {"source", mount.source.string()},
                              {"options", mount.options}});
  }
  for (const EnvValue& value : adjustment.env) {
    json["env"].push_back(value.name + "=" + value.value);
  }
  for (const Decision& decision : adjustment.decisions) {
    json["decisions"].push_back({decision.subject, decision.choice, decision.reason});
  }
  return json;
}

void expect_golden(const GoldenCase& golden, const char* suffix, const std::string& text) {
  testing::expect_golden_file(std::string(golden.node) + "/" + golden.request.name + suffix, text);
}

class Golden : public ::testing::TestWithParam<GoldenCase> {};

TEST_P(Golden, IsAsItWas) {
  const DriverRootTree node = DriverRootTree::from_fixture(GetParam().node);
  const Answer answer = answer_to(GetParam(), node);
  expect_golden(GetParam(), ".explain.txt",
                node.without_place(explain_as_text(answer.explanation)));
  if (answer.explanation.error) return;  // nothing is injected: the container does not start
  const auto edited = edit_oci_spec(answer.spec, answer.facts, answer.explanation.plan);
  ASSERT_TRUE(edited) << edited.error().message;
  expect_golden(GetParam(), ".oci.json", node.without_place(as_lines(*edited)));
  const auto adjustment = make_adjustment(answer.explanation.plan, answer.facts);
  ASSERT_TRUE(adjustment) << adjustment.error().message;
  expect_golden(GetParam(), ".nri.json", node.without_place(as_lines(as_json(*adjustment))));
}

// What `after` has and `before` has not, of the list at `where`.
std::vector<Json> added_at(const Json& before, const Json& after, const char* where) {
  const Json::json_pointer pointer(where);
  const Json had = before.contains(pointer) ? before.at(pointer) : Json::array();
  std::vector<Json> added;
  if (!after.contains(pointer)) return added;
  for (const Json& element : after.at(pointer)) {
    if (std::find(had.begin(), had.end(), element) == had.end()) added.push_back(element);
  }
  return added;
}

TEST_P(Golden, IsTheSameInEveryLanguage) {
  const DriverRootTree node = DriverRootTree::from_fixture(GetParam().node);
  const Answer answer = answer_to(GetParam(), node);
  if (answer.explanation.error) return;
  const Json edited = *edit_oci_spec(answer.spec, answer.facts, answer.explanation.plan);
  const auto adjustment = make_adjustment(answer.explanation.plan, answer.facts);
  ASSERT_TRUE(adjustment) << adjustment.error().message;

  std::vector<Json> devices;
  for (const PlannedDevice& device : adjustment->devices) {
    devices.push_back({{"path", device.path.string()},
                       {"type", "c"},
                       {"major", device.node.number.major},
                       {"minor", device.node.number.minor},
                       {"fileMode", device.node.mode},
                       {"uid", device.node.uid},
                       {"gid", device.node.gid}});
  }
  EXPECT_EQ(added_at(answer.spec, edited, "/linux/devices"), devices);

  std::vector<Json> rules;
  for (const DeviceRule& rule : adjustment->device_rules) {
    rules.push_back({{"allow", rule.allow},
                     {"type", rule.type},
                     {"major", rule.number.major},
                     {"minor", rule.number.minor},
                     {"access", rule.access}});
  }
  EXPECT_EQ(added_at(answer.spec, edited, "/linux/resources/devices"), rules);

  std::vector<Json> mounts;
  for (const PlannedMount& mount : adjustment->mounts) {
    mounts.push_back({{"destination", mount.destination.string()},
                      {"type", "bind"},
                      {"source", mount.source.string()},
                      {"options", mount.options}});
  }
  EXPECT_EQ(added_at(answer.spec, edited, "/mounts"), mounts);

  std::vector<Json> env;
  for (const EnvValue& value : adjustment->env) env.emplace_back(value.name + "=" + value.value);
  EXPECT_EQ(added_at(answer.spec, edited, "/process/env"), env);
}

INSTANTIATE_TEST_SUITE_P(Nodes, Golden, ::testing::ValuesIn(kCases), [](const auto& param) {
  std::string name = std::string(param.param.node) + "_" + param.param.request.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace nvinject
