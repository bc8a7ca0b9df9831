// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/firmware.h"

#include <gmock/gmock.h>

#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TempTree;

TEST(ScanFirmware, FindsFilesOfTheVersionByTheirUnresolvedNames) {
  const TempTree tree;
  tree.link("lib", "usr/lib");
  for (const char* const name : {"gsp_tu10x.bin", "gsp_ga10x.bin", "gsp.txt", "other.bin"}) {
    tree.file("usr/lib/firmware/nvidia/550.1.2/" + std::string(name), "x");
  }
  tree.file("usr/lib/firmware/nvidia/550.1.3/gsp_ga10x.bin", "x");
  const auto root = DriverRoot::open(tree.host());
  ASSERT_TRUE(root);
  EXPECT_THAT(scan_firmware(*root, "550.1.2"),
              ElementsAre(DriverPath("/lib/firmware/nvidia/550.1.2/gsp_ga10x.bin"),
                          DriverPath("/lib/firmware/nvidia/550.1.2/gsp_tu10x.bin")));
  EXPECT_THAT(scan_firmware(*root, "550.1.4"), IsEmpty());
}

TEST(ScanFirmware, AVersionThatIsNoneNamesNoDirectory) {
  const TempTree tree;
  tree.file("lib/firmware/nvidia/gsp.bin", "x");
  const auto root = DriverRoot::open(tree.host());
  ASSERT_TRUE(root);
  for (const char* const version : {"", ".", "..", "../nvidia"}) {
    EXPECT_THAT(scan_firmware(*root, version), IsEmpty()) << version;
  }
}

}  // namespace
}  // namespace nvinject
