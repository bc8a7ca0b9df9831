// SPDX-License-Identifier: Apache-2.0
#include "core/engines/text_diff.h"

#include <algorithm>
#include <cstdint>
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

struct Step {
  char mark;  // ' ', '-' or '+'
  const std::string* line;
};

// A file of more lines than this on both sides is shown as removed and added whole.
constexpr std::size_t kMaxCells = 16U << 20U;
constexpr std::size_t kAround = 3;  // unchanged lines shown beside a change

// By the longest common subsequence: common[i * width + j] lines are common to what is behind i and
// j.
std::vector<Step> steps_between(const Lines& before, const Lines& after) {
  const std::size_t width = after.size() + 1;
  const bool small = (before.size() + 1) <= kMaxCells / width;
  std::vector<std::uint32_t> common(small ? (before.size() + 1) * width : 0);
  for (std::size_t i = before.size(); small && i-- > 0;) {
    for (std::size_t j = after.size(); j-- > 0;) {
      common[i * width + j] =
          before[i] == after[j] ? common[(i + 1) * width + j + 1] + 1
                                : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  std::vector<Step> steps;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < before.size() || j < after.size()) {
    const bool both = i < before.size() && j < after.size();
    if (both && small && before[i] == after[j]) {
      steps.push_back({' ', &before[i++]});
      ++j;
    } else if (j == after.size() ||
               (i < before.size() &&
                (!small || common[(i + 1) * width + j] >= common[i * width + j + 1]))) {
      steps.push_back({'-', &before[i++]});
    } else {
      steps.push_back({'+', &after[j++]});
    }
  }
  return steps;
}

// Where a hunk's last change is: the next one is farther away than the lines shown around both.
std::size_t last_change(const std::vector<Step>& steps, std::size_t change) {
  std::size_t last = change;
  for (std::size_t i = change; i < steps.size() && i <= last + 2 * kAround; ++i) {
    if (steps[i].mark != ' ') last = i;
  }
  return last;
}

// A range of no lines is named by the line before it.
std::string range(std::size_t first, std::size_t count) {
  return std::to_string(count == 0 ? first - 1 : first) + "," + std::to_string(count);
}

}  // namespace

std::string unified_diff(std::string_view before, std::string_view after,
                         std::string_view before_name, std::string_view after_name) {
  if (before == after) return {};
  const Lines old_lines = lines_of(before);
  const Lines new_lines = lines_of(after);
  const std::vector<Step> steps = steps_between(old_lines, new_lines);
  std::string text = "--- ";
  text.append(before_name).append("\n+++ ").append(after_name).append("\n");
  std::size_t old_line = 1;
  std::size_t new_line = 1;
  for (std::size_t at = 0; at < steps.size();) {
    // A hunk begins kAround lines before a change and ends where the next one is far.
    std::size_t change = at;
    while (change < steps.size() && steps[change].mark == ' ') ++change;
    if (change == steps.size()) break;
    const std::size_t first = change - std::min(kAround, change - at);
    const std::size_t last = last_change(steps, change);
    const std::size_t end = std::min(last + kAround + 1, steps.size());
    old_line += first - at;
    new_line += first - at;
    std::string lines;
    std::size_t old_count = 0;
    std::size_t new_count = 0;
    for (std::size_t i = first; i < end; ++i) {
      print_line(steps[i].mark, *steps[i].line, lines);
      old_count += steps[i].mark != '+' ? 1U : 0U;
      new_count += steps[i].mark != '-' ? 1U : 0U;
    }
    text.append("@@ -").append(range(old_line, old_count));
    text.append(" +").append(range(new_line, new_count)).append(" @@\n").append(lines);
    old_line += old_count;
    new_line += new_count;
    at = end;
  }
  return text;
}

}  // namespace nvinject
