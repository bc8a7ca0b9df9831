// SPDX-License-Identifier: Apache-2.0
#pragma once

// Why something was done, or not done. Library code returns these instead of logging; front doors
// log them, `nvinject explain` prints them, tests assert on them.

#include <iterator>
#include <string>
#include <vector>

namespace nvinject {

struct Decision {
  std::string subject;  // what it is about: a file name, a capability, a variable, "GPU 3"
  std::string choice;   // one or two words: "skipped", "granted", "ignored", "missing", …
  std::string reason;   // a sentence without a trailing dot

  bool operator==(const Decision&) const = default;
};

using Decisions = std::vector<Decision>;

inline void append(Decisions& all, Decisions more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace nvinject
