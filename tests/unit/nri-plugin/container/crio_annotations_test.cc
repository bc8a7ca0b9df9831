// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/container/crio_annotations.h"

#include <gmock/gmock.h>

namespace nvinject::nri {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

TEST(AnnotationsByCrio, AreThoseOfTheCriAlone) {
  EXPECT_THAT(annotations_by_crio({{"cdi.k8s.io/of-the-pod", "x"},
                                   {"io.kubernetes.cri-o.Annotations", R"({"b":"2","a":"<1>"})"}}),
              Optional(ElementsAre(Pair("a", "<1>"), Pair("b", "2"))));
}

TEST(AnnotationsByCrio, OtherRuntimesSayNothingOfTheKind) {
  EXPECT_EQ(annotations_by_crio({{"io.kubernetes.cri.container-name", "main"}}), std::nullopt);
}

TEST(AnnotationsByCrio, AreNoneWhenTheyCannotBeRead) {
  for (const char* const text : {"", "null", "[]", "\"a\"", "{\"a\":", R"({"a":1,"b":["c"]})"}) {
    EXPECT_THAT(annotations_by_crio({{"io.kubernetes.cri-o.Annotations", text}}),
                Optional(IsEmpty()))
        << text;
  }
}

TEST(NameByCrio, IsTheOneOfTheCri) {
  EXPECT_EQ(name_by_crio({{"io.kubernetes.cri-o.Metadata", R"({"name":"main","attempt":1})"}}),
            "main");
}

TEST(NameByCrio, IsEmptyWhereNobodySays) {
  EXPECT_EQ(name_by_crio({}), "");
  for (const char* const text : {"", "null", "[]", "{}", R"({"name":1})", R"({"name":)"}) {
    EXPECT_EQ(name_by_crio({{"io.kubernetes.cri-o.Metadata", text}}), "") << text;
  }
}

}  // namespace
}  // namespace nvinject::nri
