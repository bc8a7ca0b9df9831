// SPDX-License-Identifier: Apache-2.0
#include "core/inventory/pci_gpus.h"

#include <gmock/gmock.h>

#include "tests/support/temp_tree.h"

namespace nvinject {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PciGpus : public ::testing::Test {
 protected:
  void add_device(const std::string& id, const std::string& vendor, const std::string& kind) const {
    tree_.file("sys/bus/pci/devices/" + id + "/vendor", vendor + "\n");
    tree_.file("sys/bus/pci/devices/" + id + "/class", kind + "\n");
  }

  testing::TempTree tree_;
  Roots roots_{.sys = tree_.host("sys")};
};

TEST_F(PciGpus, WithoutABusThereAreNone) { EXPECT_THAT(scan_pci_gpus(roots_), IsEmpty()); }

TEST_F(PciGpus, AreNvidiasDisplayControllers) {
  add_device("10000:65:00.0", "0x10de", "0x030200");
  add_device("0000:17:00.0", "0x10de", "0x030000");
  add_device("0000:17:00.1", "0x10de", "0x040300");  // sound
  add_device("0000:18:00.0", "0x10de", "0x068000");  // a fabric switch
  add_device("0000:19:00.0", "0x8086", "0x030000");
  tree_.directory("sys/bus/pci/devices/0000:1a:00.0");
  EXPECT_THAT(scan_pci_gpus(roots_), ElementsAre("00000000:17:00.0", "00010000:65:00.0"));
}

TEST_F(PciGpus, AreNotThoseOfVirtualMachines) {
  add_device("0000:17:00.0", "0x10de", "0x030200");
  add_device("0000:65:00.0", "0x10de", "0x030200");
  tree_.directory("sys/bus/pci/drivers/vfio-pci/0000:17:00.0");
  EXPECT_THAT(scan_pci_gpus(roots_), ElementsAre("00000000:65:00.0"));
}

}  // namespace
}  // namespace nvinject
