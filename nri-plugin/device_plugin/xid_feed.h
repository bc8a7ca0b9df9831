// SPDX-License-Identifier: Apache-2.0
#pragma once

// Hears of Xid errors from nvinject-xid, on a local socket. Part of the event loop. One speaker at
// a time: one that comes takes the place of the one before, as an instance that is started anew
// does. Only root is listened to, and a line that is none ends the connection.

#include <functional>
#include <memory>
#include <string>

#include "core/base/path.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "nri-plugin/device_plugin/xid_message.h"
#include "nri-plugin/loop/event_loop.h"

namespace nvinject::nri {

struct XidListener {
  std::function<void(const XidMessage&)> on_message;
  std::function<void()> on_gone;  // nobody speaks any more
};

class XidFeed {
 public:
  [[nodiscard]] static Result<std::unique_ptr<XidFeed>> open(EventLoop& loop,
                                                             const HostPath& socket,
                                                             XidListener listener);
  ~XidFeed();
  XidFeed(const XidFeed&) = delete;
  XidFeed& operator=(const XidFeed&) = delete;

 private:
  XidFeed(EventLoop& loop, UniqueFd socket, XidListener listener);
  void accept_speaker();
  void listen_to_speaker();
  // False for a line that is none.
  [[nodiscard]] bool take_lines();
  void hang_up();

  EventLoop& loop_;
  UniqueFd socket_;
  XidListener listener_;
  UniqueFd speaker_;
  std::string received_;  // the beginning of a line
};

// In the state directory.
inline const std::string kXidSocket = "gpu-health.sock";

}  // namespace nvinject::nri
