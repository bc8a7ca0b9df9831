// SPDX-License-Identifier: Apache-2.0
#include "compat/cli/print_info.h"

#include <array>
#include <string_view>
#include <utility>

namespace nvinject::compat {
namespace {

constexpr std::string_view kUnknown = "Unknown";
constexpr std::size_t kLabelWidth = 15;

std::string or_unknown(const std::string& text) {
  return text.empty() ? std::string(kUnknown) : text;
}

using Field = std::pair<std::string_view, std::string>;

std::array<Field, 2> fields_of(const Inventory& inventory) {
  return {{{"NVRM version", or_unknown(inventory.driver_version)},
           {"CUDA version", or_unknown(inventory.cuda_version.value_or(""))}}};
}

std::array<Field, 7> fields_of(const Gpu& gpu) {
  return {{{"Device Index", std::to_string(gpu.index)},
           {"Device Minor", gpu.minor ? std::to_string(*gpu.minor) : std::string(kUnknown)},
           {"Model", or_unknown(gpu.model)},
           {"Brand", or_unknown(gpu.brand.value_or(""))},
           {"GPU UUID", or_unknown(gpu.uuid)},
           {"Bus Location", gpu.bus_id},
           {"Architecture", or_unknown(gpu.architecture.value_or(""))}}};
}

template <std::size_t Count>
void print_block(const std::array<Field, Count>& fields, std::string& text) {
  for (const auto& [label, value] : fields) {
    std::string head = std::string(label) + ":";
    head.resize(kLabelWidth, ' ');
    text.append(head).append(" ").append(value).append("\n");
  }
}

template <std::size_t Count>
void print_row(const std::array<Field, Count>& fields, std::string& text) {
  for (const auto& [label, value] : fields) text.append(value).append(",");
  text.back() = '\n';
}

template <std::size_t Count>
void print_head(const std::array<Field, Count>& fields, std::string& text) {
  for (const auto& [label, value] : fields) text.append(label).append(",");
  text.back() = '\n';
}

}  // namespace

std::string print_info(const Inventory& inventory, const InfoOptions& options) {
  std::string text;
  const auto driver = fields_of(inventory);
  if (options.csv) {
    print_head(driver, text);
    print_row(driver, text);
  } else {
    print_block(driver, text);
  }
  bool first = true;
  for (const Gpu& gpu : inventory.gpus) {
    if (gpu.excluded) continue;
    const auto fields = fields_of(gpu);
    if (first || !options.csv) text.append("\n");
    if (first && options.csv) print_head(fields, text);
    first = false;
    if (options.csv) {
      print_row(fields, text);
    } else {
      print_block(fields, text);
    }
  }
  return text;
}

}  // namespace nvinject::compat
