// SPDX-License-Identifier: Apache-2.0
#include "core/grant/possible_brands.h"

#include <algorithm>
#include <array>
#include <vector>

#include "core/base/text.h"

namespace nvinject {
namespace {

constexpr std::array<std::string_view, 2> kGeForce = {"GeForce", "GeForceRTX"};
constexpr std::array<std::string_view, 2> kTitan = {"TITAN", "TitanRTX"};
constexpr std::array<std::string_view, 2> kQuadro = {"Quadro", "QuadroRTX"};
constexpr std::array<std::string_view, 4> kRtx = {"NvidiaRTX", "QuadroRTX", "Quadro", "Nvidia"};
constexpr std::array<std::string_view, 2> kDataCenter = {"Tesla", "Nvidia"};

struct Family {
  std::string_view word;  // of the model
  std::span<const std::string_view> brands;
};

// The first that fits: there is a "GeForce RTX", a "TITAN RTX" and a "Quadro RTX".
constexpr Family kFamilies[] = {{"GeForce", kGeForce},
                                {"TITAN", kTitan},
                                {"Quadro", kQuadro},
                                {"RTX", kRtx},
                                {"Tesla", kDataCenter}};

// Those that are named by a generation and a number: A100, H200, L40S, GH200. (Others were, too:
// T1000 is a workstation's.)
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kGenerations[] = {"A", "B", "GB", "GH", "H", "L"};

bool is_data_center(std::string_view word) {
  return std::any_of(std::begin(kGenerations), std::end(kGenerations), [&](std::string_view name) {
    return word.starts_with(name) && word.size() > name.size() &&
           kDigits.find(word[name.size()]) != std::string_view::npos;
  });
}

// "GRID T4-8Q", "NVIDIA A100-4C", "GRID A100-1-5CME": a part of the GPU, and the licence's kind.
bool is_virtual(std::string_view last_word) {
  const std::size_t dash = last_word.rfind('-');
  if (dash == std::string_view::npos) return false;
  const std::string_view profile = last_word.substr(dash + 1);
  const std::size_t kind = profile.find_first_not_of(kDigits);
  return kind != std::string_view::npos && kind > 0 &&
         std::string_view("ABCQ").find(profile[kind]) != std::string_view::npos;
}

}  // namespace

std::span<const std::string_view> possible_brands(std::string_view model) {
  std::vector<std::string_view> words = split(model, ' ');
  if (words.front() == "NVIDIA") words.erase(words.begin());
  if (words.empty() || is_virtual(words.back())) return {};
  for (const Family& family : kFamilies) {
    const bool fits = std::any_of(words.begin(), words.end(), [&](std::string_view word) {
      return equals_ignoring_case(word, family.word);
    });
    if (fits) return family.brands;
  }
  if (is_data_center(words.front())) return kDataCenter;
  return {};
}

}  // namespace nvinject
