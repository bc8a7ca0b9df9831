// SPDX-License-Identifier: Apache-2.0
#include "core/request/yaml_name_list.h"

#include <gtest/gtest.h>

namespace nvinject {
namespace {

using Names = std::vector<std::string>;

TEST(YamlNameList, IsWrittenInAFewForms) {
  struct Row {
    const char* name;
    const char* text;
    Names names;
  };
  const Row rows[] = {
      {"a JSON array", R"(["v/c=a", "v/c=b"])", {"v/c=a", "v/c=b"}},
      {"with an escape", R"(["v\/c=a"])", {"v/c=a"}},
      {"over lines", "\n[\n  \"v/c=a\",\n  \"v/c=b\"\n]\n", {"v/c=a", "v/c=b"}},
      {"an empty array", "[]", {}},
      {"a flow list", "[v/c=a, v/c=b]", {"v/c=a", "v/c=b"}},
      {"with both quotes and a last comma",
       "[ 'v/c=a' , \"v/c=b\", v/c=c, ]",
       {"v/c=a", "v/c=b", "v/c=c"}},
      {"over lines", "[v/c=a,\n v/c=b]", {"v/c=a", "v/c=b"}},
      {"a block", "- v/c=a\n- v/c=b\n", {"v/c=a", "v/c=b"}},
      {"without a last line end", "- v/c=a", {"v/c=a"}},
      {"indented, quoted, spaced", "  - \"v/c=a\"\n\n  -   'v/c=b'  \n", {"v/c=a", "v/c=b"}},
      {"with lines of comment", "# why\n- v/c=a\n  # and\n- v/c=b", {"v/c=a", "v/c=b"}},
      {"with line ends of Windows", "- v/c=a\r\n- v/c=b\r\n", {"v/c=a", "v/c=b"}},
      {"with a number, which is text here", R"(["v/c=a", 1])", {"v/c=a", "1"}},
      {"nothing", "", {}},
      {"only comments", "# nothing\n", {}},
      {"a name with a colon", "- v/gpu=0000:10:00.0", {"v/gpu=0000:10:00.0"}},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_yaml_name_list(row.text), row.names) << row.name;
}

TEST(YamlNameList, RefusesEverythingElse) {
  struct Row {
    const char* name;
    std::string text;
  };
  const Row rows[] = {
      {"one name", "v/c=a"},
      {"names with commas", "v/c=a,v/c=b"},
      {"a map", "devices: [v/c=a]"},
      {"a JSON object", R"({"a": "v/c=a"})"},
      {"a list of lists", R"([["v/c=a"]])"},
      {"a list of maps", "- name: v/c=a"},
      {"a list of flow maps", "[{a: b}]"},
      {"no end", "[v/c=a"},
      {"more behind the end", R"(["v/c=a"] x)"},
      {"an end of another", "[v/c=a]]"},
      {"two commas", "[v/c=a,,v/c=b]"},
      {"only a comma and a name", "[,v/c=a]"},
      {"a dash without a space", "-v/c=a"},
      {"a dash without a name", "- v/c=a\n-"},
      {"another indentation", "- v/c=a\n  - v/c=b"},
      {"a tab", "-\tv/c=a"},
      {"a comment behind a name", "- v/c=a # first"},
      {"an anchor", "- &a v/c=a\n- *a"},
      {"a tag", "- !!str v/c=a"},
      {"a folded text", "- >\n  v/c=a"},
      {"a document", "---\n- v/c=a"},
      {"a name on two lines", "- v/c=a\n  v/c=b"},
      {"half a quote", "[\"v/c=a]"},
      {"different quotes", "['v/c=a\"]"},
      {"an escape outside JSON", R"(["v\/c=a", b])"},
      {"two dashes", "- - v/c=a"},
      {"a zero byte", std::string("[\"v/c=a\0\"]", 10)},
      {"deep", std::string(100000, '[')},
      {"deep and closed", std::string(100000, '[') + std::string(100000, ']')},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_yaml_name_list(row.text), std::nullopt) << row.name;
}

}  // namespace
}  // namespace nvinject
