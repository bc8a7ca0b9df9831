// SPDX-License-Identifier: Apache-2.0
#include "nri-plugin/inventory/uevents.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "core/base/text.h"

namespace nvinject::nri {
namespace {

constexpr unsigned kKernelGroup = 1;

}  // namespace

bool is_uevent_of_a_driver(std::string_view message) {
  bool is_pci = false;
  for (const std::string_view line : split(message, '\0')) {
    // PCI_ID=10DE:2330, DRIVER=nvidia, DEVPATH=/module/nvidia_uvm, SUBSYSTEM=nvidia-caps
    if (line.starts_with("PCI_ID=10DE:") || line.starts_with("DRIVER=nvidia") ||
        line.starts_with("SUBSYSTEM=nvidia") || line.starts_with("DEVPATH=/module/nvidia") ||
        line.starts_with("DEVNAME=nvidia")) {
      return true;
    }
    // A device that is gone no longer says whose it was.
    if (line == "SUBSYSTEM=pci") is_pci = true;
  }
  return is_pci && message.starts_with("remove@");
}

Result<Uevents> Uevents::open() {
  UniqueFd netlink(
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
  if (!netlink.valid()) return fail_errno("make", "uevent socket", errno);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kKernelGroup;
  if (::bind(netlink.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return fail_errno("bind", "uevent socket", errno);
  }
  return Uevents(std::move(netlink));
}

bool Uevents::take() const {
  bool concerns = false;
  std::array<char, 8192> buffer{};
  while (true) {
    sockaddr_nl sender{};
    socklen_t size = sizeof(sender);
    const ssize_t got = ::recvfrom(socket_.get(), buffer.data(), buffer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&sender), &size);
    if (got < 0 && errno == EINTR) continue;
    // Lost messages may have been ours.
    if (got < 0 && errno == ENOBUFS) return true;
    if (got <= 0) return concerns;
    // Any process may send to the group: only the kernel has number 0.
    if (sender.nl_pid != 0) continue;
    concerns = is_uevent_of_a_driver({buffer.data(), static_cast<std::size_t>(got)}) || concerns;
  }
}

}  // namespace nvinject::nri
