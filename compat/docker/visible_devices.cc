// SPDX-License-Identifier: Apache-2.0
#include "compat/docker/visible_devices.h"

#include <algorithm>

#include "core/base/text.h"

namespace nvinject::compat {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view without_leading_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kWhiteSpace), text.size()));
  return text;
}

}  // namespace

std::string device_list(std::string_view nv_gpu) {
  return join(split_words(nv_gpu, std::string(kWhiteSpace).append(",")), ",");
}

Setting setting_of_entries(const std::vector<std::string>& entries, const Setting& inherited) {
  Setting setting;
  for (const std::string_view entry : entries) {
    const std::size_t equals = entry.find('=');
    if (entry.substr(0, equals) != kVisibleDevices) continue;
    setting = equals == std::string_view::npos ? inherited.value_or("")
                                               : std::string(entry.substr(equals + 1));
  }
  return setting;
}

Setting setting_of_file(std::string_view text, const Setting& inherited) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Setting setting;
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = without_leading_blanks(line);
    if (line.starts_with('#')) continue;
    const std::size_t equals = line.find('=');
    if (line.substr(0, equals) != kVisibleDevices) continue;
    if (equals != std::string_view::npos) {
      setting = std::string(line.substr(equals + 1));
    } else if (inherited) {
      setting = inherited;
    }
  }
  return setting;
}

}  // namespace nvinject::compat
