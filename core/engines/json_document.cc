// SPDX-License-Identifier: Apache-2.0
#include "core/engines/json_document.h"

#include <algorithm>

#include "core/base/text.h"

namespace nvinject {
namespace {

constexpr int kUsualIndentation = 4;
constexpr int kOneLine = -1;

struct Style {
  int width = kUsualIndentation;
  char blank = ' ';
};

// That of the first line that is indented at all.
Style style_of(std::string_view text) {
  const std::string_view body = trim(text);
  if (body.empty() || body == "{}") return {};
  if (body.find('\n') == std::string_view::npos) return {.width = kOneLine};
  for (const std::string_view line : split(body, '\n')) {
    const std::size_t width = std::min(line.find_first_not_of(" \t"), line.size());
    if (width > 0 && width < line.size()) {
      return {.width = static_cast<int>(width), .blank = line.front()};
    }
  }
  return {.width = 0};
}

}  // namespace

Result<Json> parse_document(std::string_view text, std::string_view file, std::size_t max_bytes) {
  if (text.size() > max_bytes) {
    return fail(ErrorCode::kInvalidRequest,
                "read " + quote(file) + ": larger than " + std::to_string(max_bytes) + " bytes");
  }
  if (trim(text).empty()) return Json::object();
  NVINJECT_ASSIGN_OR_RETURN(Json document, parse_json(text, file));
  if (document.is_object()) return document;
  return fail(ErrorCode::kInvalidRequest,
              "edit " + quote(file) + ": " + document.type_name() + " instead of an object");
}

std::string print_document(const Json& document, std::string_view before) {
  const Style style = style_of(before);
  std::string text = print_json(document, style.width, style.blank);
  if (trim(before).empty() || before.ends_with('\n')) text.push_back('\n');
  return text;
}

}  // namespace nvinject
