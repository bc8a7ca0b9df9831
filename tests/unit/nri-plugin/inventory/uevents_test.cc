// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/inventory/uevents.h"

#include <gmock/gmock.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <fstream>
#include <string>
#include <string_view>

#include "tests/support/matchers.h"

namespace nvinject::nri {
namespace {

using namespace std::string_view_literals;

TEST(IsUeventOfADriver, KnowsDevicesAndModulesOfNvidia) {
  for (const std::string_view message : {
           "add@/devices/pci0000:00/0000:00:05.0\0ACTION=add\0SUBSYSTEM=pci\0PCI_ID=10DE:2330\0"sv,
           "bind@/devices/pci0000:00/0000:00:05.0\0SUBSYSTEM=pci\0DRIVER=nvidia\0"sv,
           "add@/module/nvidia_uvm\0ACTION=add\0DEVPATH=/module/nvidia_uvm\0SUBSYSTEM=module\0"sv,
           "add@/devices/virtual/nvidia-caps/nvidia-cap1\0SUBSYSTEM=nvidia-caps\0"sv,
           "add@/devices/virtual/misc/x\0DEVNAME=nvidia-uvm\0"sv,
           // Whose it was is no longer known.
           "remove@/devices/pci0000:00/0000:00:05.0\0ACTION=remove\0SUBSYSTEM=pci\0"sv,
           "add@/x\0DRIVER=nvidia"sv,  // without the last zero
       }) {
    EXPECT_TRUE(is_uevent_of_a_driver(message)) << message;
  }
}

TEST(IsUeventOfADriver, OtherDevicesAreNobodysBusiness) {
  for (const std::string_view message : {
           ""sv,
           "\0"sv,
           "add@/devices/x\0SUBSYSTEM=block\0DEVNAME=sda\0"sv,
           "add@/devices/pci0000:00/0000:00:05.0\0SUBSYSTEM=pci\0PCI_ID=8086:10DE\0"sv,
           "remove@/devices/x\0SUBSYSTEM=usb\0"sv,
           "add@/module/x\0DEVPATH=/module/nouveau\0"sv,
           "add@/devices/x\0XDRIVER=nvidia\0"sv,
           "DRIVER\0nvidia\0"sv,
       }) {
    EXPECT_FALSE(is_uevent_of_a_driver(message)) << message;
  }
}

class UeventsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto uevents = Uevents::open();
    if (!uevents) GTEST_SKIP() << uevents.error().message;
    uevents_.emplace(*std::move(uevents));
  }
  [[nodiscard]] bool is_readable(int milliseconds) const {
    pollfd ready{.fd = uevents_->fd(), .events = POLLIN, .revents = 0};
    return ::poll(&ready, 1, milliseconds) == 1;
  }
  std::optional<Uevents> uevents_;
};

// Whoever is root of a container may send to the group; only the kernel is believed.
TEST_F(UeventsTest, WhatAProcessSendsDoesNotCount) {
  const UniqueFd sender(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT));
  sockaddr_nl group{};
  group.nl_family = AF_NETLINK;
  group.nl_groups = 1;
  constexpr std::string_view kMessage = "add@/module/nvidia\0DEVPATH=/module/nvidia\0"sv;
  ASSERT_TRUE(is_uevent_of_a_driver(kMessage));
  if (::sendto(sender.get(), kMessage.data(), kMessage.size(), 0,
               reinterpret_cast<const sockaddr*>(&group), sizeof group) < 0) {
    GTEST_SKIP() << "may not send uevents";
  }
  ASSERT_TRUE(is_readable(20000));
  EXPECT_FALSE(uevents_->take());
}

TEST_F(UeventsTest, TheKernelIsHeard) {
  std::ofstream trigger("/sys/devices/virtual/mem/null/uevent");
  trigger << "change";
  if (!trigger.flush()) GTEST_SKIP() << "may not make the kernel send one";
  ASSERT_TRUE(is_readable(20000));
  EXPECT_FALSE(uevents_->take()) << "of /dev/null, not of a GPU";
  EXPECT_FALSE(is_readable(0));
}

}  // namespace
}  // namespace nvinject::nri
