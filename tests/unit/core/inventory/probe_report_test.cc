// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/probe_report.h"

#include <gtest/gtest.h>

#include <string>

namespace nvinject {
namespace {

std::string report_of(const std::string& gpus) {
  return R"({"schema":1,"driver_version":"550.1","cuda_version":"12.4","gpus":[)" + gpus +
         R"(],"error":null})";
}

std::string gpu_with(const std::string& member, const std::string& value) {
  std::string text = "{";
  for (const char* name : {"bus_id", "uuid", "brand", "architecture", "mig_devices", "error"}) {
    const std::string known = std::string(name) == "mig_devices" ? "[]" : "null";
    if (text.size() > 1) text += ",";
    text += "\"" + std::string(name) + "\":" + (member == name ? value : known);
  }
  return text + "}";
}

TEST(ProbeReport, ReadsWhatTheProbePrints) {
  const auto report = parse_probe_report(
      report_of(R"({"bus_id":"00000000:10:00.0","uuid":"GPU-2a84b6fb","minor":0,"name":"X",
        "brand":"Tesla","architecture":"9.0","mig_capable":true,"mig_enabled":true,
        "mig_devices":[{"uuid":"MIG-GPU-2a/1/0","gpu_instance":1,"compute_instance":0,"index":3},
                       {"uuid":null,"gpu_instance":null,"compute_instance":0,"index":4}],
        "error":null})"));
  ASSERT_TRUE(report) << report.error().message;
  ProbeReport expected;
  expected.driver_version = "550.1";
  expected.cuda_version = "12.4";
  expected.gpus.push_back(
      {.bus_id = "00000000:10:00.0",
       .uuid = "GPU-2a84b6fb",
       .brand = "Tesla",
       .architecture = "9.0",
       .mig_devices =
           {{.uuid = "MIG-GPU-2a/1/0", .gpu_instance = 1, .compute_instance = 0, .index = 3}},
       .error = {}});
  EXPECT_EQ(report, expected);
  expected.driver_version.clear();  // belongs to the key there
  EXPECT_EQ(parse_facts(make_facts_json(expected)), expected);
}

TEST(ProbeReport, ReadsAGpuThatSaidNothingButAnError) {
  const auto report = parse_probe_report(report_of(gpu_with("error", R"("GPU is lost")")));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->gpus.at(0).error, "GPU is lost");
  EXPECT_EQ(report->gpus.at(0).bus_id, "");
}

TEST(ProbeReport, RefusesDocumentsOfAnotherShape) {
  for (const char* text :
       {"", "[]", "null", "{}", R"({"schema":2,"gpus":[]})", R"({"schema":"1","gpus":[]})",
        R"({"schema":1})", R"({"schema":1,"gpus":{}})", R"({"schema":1,"gpus":[1]})",
        R"({"schema":1,"gpus":[{}]})", R"({"schema":1,"gpus":[],"error":7})",
        R"({"schema":1,"gpus":[]} more)",
        R"({"schema":1,"gpus":[],"cuda_version":"12.4/../.."})"}) {
    EXPECT_FALSE(parse_probe_report(text)) << text;
  }
}

TEST(ProbeReport, RefusesValuesThatAreNotWhatTheyShouldBe) {
  struct Case {
    const char* member;
    std::string value;
  };
  for (const Case& c : {
           Case{"bus_id", R"("../../etc/passwd")"},
           Case{"bus_id", R"("0000:10:00.0")"},
           Case{"bus_id", "7"},
           Case{"uuid", R"("GPU-")"},
           Case{"uuid", R"("GPU-a\nb")"},
           Case{"uuid", R"("GPU-a b")"},
           Case{"uuid", R"("all")"},
           Case{"uuid", "\"GPU-" + std::string(200, 'a') + "\""},
           Case{"brand", R"("Tes\u001bla")"},
           Case{"brand", "\"" + std::string(97, 'x') + "\""},
           Case{"architecture", R"("9")"},
           Case{"architecture", R"("9.0.0")"},
           Case{"architecture", R"("99999.0")"},
           Case{"error", "\"" + std::string(1025, 'x') + "\""},
           Case{"mig_devices", "null"},
           Case{"mig_devices", "[7]"},
           Case{"mig_devices", R"([{"gpu_instance":-1,"compute_instance":0}])"},
           Case{"mig_devices", R"([{"gpu_instance":1,"compute_instance":0,"index":-1}])"},
           Case{"mig_devices", R"([{"gpu_instance":1.5,"compute_instance":0}])"},
           Case{"mig_devices", R"([{"gpu_instance":18446744073709551615,"compute_instance":0}])"},
       }) {
    EXPECT_FALSE(parse_probe_report(report_of(gpu_with(c.member, c.value))))
        << c.member << " " << c.value;
  }
}

TEST(ProbeReport, RefusesMoreGpusThanAnyMachineHas) {
  std::string gpus = gpu_with("", "");
  for (int i = 0; i < 255; ++i) gpus += "," + gpu_with("", "");
  EXPECT_TRUE(parse_probe_report(report_of(gpus)));
  EXPECT_FALSE(parse_probe_report(report_of(gpus + "," + gpu_with("", ""))));
}

}  // namespace
}  // namespace nvinject
