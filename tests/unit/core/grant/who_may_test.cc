// SPDX-License-Identifier: Apache-2.0
#include "core/grant/who_may.h"

#include <gmock/gmock.h>

namespace nvinject {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;

TEST(AuthorityOf, IsTheAllocationUnlessPolicySaysOtherwise) {
  struct Row {
    const char* name;
    PodIdentity pod;
    GrantPolicy policy;
    Authority authority;
  };
  const Row rows[] = {
      {"nobody said anything", {"default", ""}, {}, Authority::kAllocation},
      {"a management namespace",
       {"gpu-tools", ""},
       {.management_namespaces = {"kube-system", "gpu-tools"}},
       Authority::kRequest},
      {"a namespace with a longer name",
       {"gpu-tools-2", ""},
       {.management_namespaces = {"gpu-tools"}},
       Authority::kAllocation},
      {"another case",
       {"GPU-tools", ""},
       {.management_namespaces = {"gpu-tools"}},
       Authority::kAllocation},
      {"no namespace, and an empty one in the list",
       {"", ""},
       {.management_namespaces = {""}},
       Authority::kAllocation},
      {"a star is no pattern", {"x", ""}, {.management_namespaces = {"*"}}, Authority::kAllocation},
      {"mode env", {"default", ""}, {.mode = PolicyMode::kEnv}, Authority::kRequest},
      {"an ignored namespace is no management namespace",
       {"other", ""},
       {.ignored_namespaces = {"other"}},
       Authority::kAllocation},
  };
  for (const Row& row : rows)
    EXPECT_EQ(authority_of(row.pod, row.policy), row.authority) << row.name;
}

TEST(ExtrasOf, AreForEverybodyOrForListedNamespaces) {
  const std::vector<std::string> some = {"NVIDIA_GDS"};
  EXPECT_THAT(extras_of({"hpc", ""}, {}), IsEmpty());
  EXPECT_THAT(extras_of({"hpc", ""}, {.extras_namespaces = {"hpc"}}), IsEmpty());
  EXPECT_EQ(extras_of({"web", ""}, {.extras = some}), some);
  const GrantPolicy policy{.extras = some, .extras_namespaces = {"hpc", ""}};
  EXPECT_EQ(extras_of({"hpc", ""}, policy), some);
  EXPECT_THAT(extras_of({"hpc-2", ""}, policy), IsEmpty());
  EXPECT_THAT(extras_of({"", ""}, policy), IsEmpty()) << "one without a name is in no list";
}

TEST(OtherInjector, ServesListedRuntimeHandlersAndNamespaces) {
  const GrantPolicy policy{.ignored_namespaces = {"gpu-operator"}};
  EXPECT_EQ(other_injector({"default", ""}, policy), std::nullopt);
  EXPECT_EQ(other_injector({"default", "runc"}, policy), std::nullopt);
  EXPECT_EQ(
      other_injector({"", ""}, {.ignored_namespaces = {""}, .ignored_runtime_handlers = {""}}),
      std::nullopt);
  for (const char* const handler : {"nvidia", "nvidia-cdi", "nvidia-legacy"}) {
    EXPECT_THAT(other_injector({"default", handler}, policy), Optional(HasSubstr(handler)));
  }
  EXPECT_THAT(other_injector({"gpu-operator", ""}, policy),
              Optional(HasSubstr("namespace 'gpu-operator'")));
  EXPECT_THAT(other_injector({"gpu-operator", ""}, policy),
              Optional(HasSubstr("nvinject.policy.ignored-namespaces")));
}

TEST(OtherInjector, CanBeNobody) {
  EXPECT_EQ(other_injector({"default", "nvidia"}, {.ignored_runtime_handlers = {}}), std::nullopt);
}

}  // namespace
}  // namespace nvinject
