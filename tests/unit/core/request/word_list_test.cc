// SPDX-License-Identifier: Apache-2.0
#include "core/request/word_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(WordList, TrimsWordsAndDropsEmptyOnes) {
  EXPECT_THAT(parse_word_list(" 0,\t1 ,, GPU-a b ,"), ElementsAre("0", "1", "GPU-a b"));
}

TEST(WordList, IsEmptyWithoutWords) {
  EXPECT_THAT(parse_word_list(""), IsEmpty());
  EXPECT_THAT(parse_word_list(" , ,"), IsEmpty());
}

}  // namespace
}  // namespace nvinject
