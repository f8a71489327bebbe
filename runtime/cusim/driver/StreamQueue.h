//===- StreamQueue.h - Work of a stream, in order ---------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_STREAMQUEUE_H
#define RUNTIME_CUSIM_DRIVER_STREAMQUEUE_H

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace weft::cusim {

class StreamQueue;

/// The moment at which the first `count` items of a queue are done.
struct StreamPoint {
  std::shared_ptr<StreamQueue> queue;
  uint64_t count = 0;

  /// Asks for the work up to here, and waits for it.
  void wait() const;
  void demand() const;
  bool isDone() const;
};

/// A list of work that runs in order on a thread of its own. An item runs when
/// the points that it waits for are done and somebody demanded it; an eager
/// queue demands everything by itself. Thread-safe. No work of a queue may hold
/// the last reference to it.
class StreamQueue : public std::enable_shared_from_this<StreamQueue> {
public:
  explicit StreamQueue(bool isLate) : isLate(isLate) {}
  ~StreamQueue() { close(); }

  /// Returns the point at which the item is done.
  StreamPoint enqueue(std::vector<StreamPoint> after,
                      std::function<void()> work);
  /// The point at which all that was enqueued so far is done.
  StreamPoint end();
  /// Drops what nobody demanded, and all that comes later; it counts as done.
  void close();

private:
  friend struct StreamPoint;
  struct Item {
    std::vector<StreamPoint> after;
    std::function<void()> work;
  };
  void run();

  const bool isLate;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Item> items;
  uint64_t enqueued = 0, demanded = 0, done = 0;
  bool isClosed = false;
  std::thread worker;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_DRIVER_STREAMQUEUE_H
