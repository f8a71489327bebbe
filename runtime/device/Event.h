//===- Event.h - A point in a queue's work ----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_DEVICE_EVENT_H
#define RUNTIME_DEVICE_EVENT_H

namespace weft {

/// Set by Queue::signal when the work before it is done. May be set again: a
/// wait means the last signal given before it.
class Event {
public:
  virtual ~Event() = default;
  /// False before the first signal, and while the last one is not reached.
  virtual bool isDone() const = 0;
};

} // namespace weft

#endif // RUNTIME_DEVICE_EVENT_H
