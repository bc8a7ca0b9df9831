// SPDX-License-Identifier: Apache-2.0
#include "core/engines/text_diff.h"

#include <dtl/dtl.hpp>
#include <vector>

#include "core/base/text.h"

namespace nvinject {
namespace {

using Lines = std::vector<std::string>;

// Each with its end, so that a last line without one differs from one that has it.
Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return lines;
}

void print_line(char mark, const std::string& line, std::string& text) {
  text.append(1, mark).append(line);
  if (!line.ends_with('\n')) text.append("\n\\ No newline at end of file\n");
}

char mark_of(dtl::edit_t type) {
  if (type == dtl::SES_ADD) return '+';
  return type == dtl::SES_DELETE ? '-' : ' ';
}

// A range of no lines is named by the line before it.
std::string range(long long first, long long count) {
  return std::to_string(count == 0 ? first - 1 : first) + "," + std::to_string(count);
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after,
                         std::string_view before_name, std::string_view after_name) {
  if (before == after) return {};
  dtl::Diff<std::string, Lines> diff(lines_of(before), lines_of(after));
  diff.compose();
  diff.composeUnifiedHunks();
  std::string text = "--- ";
  text.append(before_name).append("\n+++ ").append(after_name).append("\n");
  for (const auto& hunk : diff.getUniHunks()) {
    text.append("@@ -").append(range(hunk.a, hunk.b));
    text.append(" +").append(range(hunk.c, hunk.d)).append(" @@\n");
    for (const auto* part : {&hunk.common[0], &hunk.change, &hunk.common[1]}) {
      for (const auto& [line, how] : *part) print_line(mark_of(how.type), line, text);
    }
  }
  return text;
}

}  // namespace nvinject
