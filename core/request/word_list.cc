// SPDX-License-Identifier: Apache-2.0
#include "core/request/word_list.h"

#include "core/base/text.h"

namespace nvinject {

std::vector<std::string_view> parse_word_list(std::string_view text) {
  std::vector<std::string_view> words = split(text, ',');
  for (std::string_view& word : words) word = trim(word);
  std::erase(words, std::string_view());
  return words;
}

}  // namespace nvinject
