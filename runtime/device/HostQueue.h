//===- HostQueue.h - A queue that works at once -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_HOSTQUEUE_H
#define RUNTIME_DEVICE_HOSTQUEUE_H

#include "runtime/device/Queue.h"

#include <cstring>

namespace weft {

class HostEvent final : public Event {
public:
  bool isDone() const override { return done; }
  void set() { done = true; }

private:
  bool done = false;
};

/// Does its work in host memory when it is given; launches are left to the
/// driver.
class HostQueue : public Queue {
public:
  Status copy(void *destination, const void *source, uint64_t bytes) override {
    // No bytes may come from no address. A forged program may copy within one
    // buffer.
    if (bytes != 0)
      std::memmove(destination, source, bytes);
    return Status::ok();
  }
  Status fill(void *destination, uint8_t byte, uint64_t bytes) override {
    std::memset(destination, byte, bytes);
    return Status::ok();
  }
  Status upload(void *destination, const void *host, uint64_t bytes) override {
    return copy(destination, host, bytes);
  }
  Status download(void *host, const void *source, uint64_t bytes) override {
    return copy(host, source, bytes);
  }
  Status signal(Event &event) override {
    static_cast<HostEvent &>(event).set();
    return Status::ok();
  }
  Status wait(Event &event) override {
    // Nothing can signal it later: waiting would never end.
    return event.isDone() ? Status::ok()
                          : Status::error("waits for an event that was never "
                                          "signalled");
  }
  Status finish() override { return Status::ok(); }
};

} // namespace weft

#endif // RUNTIME_DEVICE_HOSTQUEUE_H
