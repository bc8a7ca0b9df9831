// SPDX-License-Identifier: Apache-2.0
#include "core/cdi/print_yaml.h"

#include <gmock/gmock.h>

#include "core/cdi/parse_yaml.h"

namespace nvinject {
namespace {

TEST(PrintYaml, QuotesWhatCouldBeTakenForSomethingElse) {
  const Json value = {{"name", "0"},   {"kind", "nvidia.com/gpu"},
                      {"on", "no"},    {"list", {"a: b", "/dev/null", "-x", "", "~", "1.5", "A=b"}},
                      {"number", 438}, {"empty", Json::array()}};
  EXPECT_EQ(print_yaml(value),
            "---\nname: \"0\"\nkind: nvidia.com/gpu\n\"on\": \"no\"\nlist:\n- \"a: b\"\n"
            "- /dev/null\n- \"-x\"\n- \"\"\n- \"~\"\n- \"1.5\"\n- A=b\nnumber: 438\nempty: []\n");
}

TEST(PrintYaml, IsReadBackAsItWas) {
  const Json value = {{"a", {"\n\t\"", "\x01", "ä", "#", "null", "0x1", "a#b", "'", "\\"}},
                      {"b", {{"c", nullptr}, {"d", -5}, {"e", false}, {"f", Json::object()}}}};
  const auto parsed = parse_yaml(print_yaml(value), "f");
  ASSERT_TRUE(parsed) << parsed.error().message << print_yaml(value);
  EXPECT_EQ(*parsed, value) << print_yaml(value);
}

}  // namespace
}  // namespace nvinject
