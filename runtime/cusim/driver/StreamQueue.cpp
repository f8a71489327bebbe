//===- StreamQueue.cpp - Work of a stream, in order -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/driver/StreamQueue.h"

#include <algorithm>

using namespace weft::cusim;

void StreamPoint::demand() const {
  if (!queue)
    return;
  std::lock_guard lock(queue->mutex);
  if (queue->demanded >= count)
    return;
  queue->demanded = count;
  queue->changed.notify_all();
}

void StreamPoint::wait() const {
  if (!queue)
    return;
  demand();
  std::unique_lock lock(queue->mutex);
  queue->changed.wait(lock, [&] { return queue->done >= count; });
}

bool StreamPoint::isDone() const {
  if (!queue)
    return true;
  std::lock_guard lock(queue->mutex);
  return queue->done >= count;
}

void StreamQueue::close() {
  {
    std::lock_guard lock(mutex);
    isClosed = true;
    changed.notify_all();
  }
  if (worker.joinable())
    worker.join();
  std::deque<Item> dropped;
  std::lock_guard lock(mutex);
  dropped.swap(items);
  done = enqueued;
  changed.notify_all();
}

StreamPoint StreamQueue::enqueue(std::vector<StreamPoint> after,
                                 std::function<void()> work) {
  std::lock_guard lock(mutex);
  if (isClosed)
    return {};
  items.push_back({std::move(after), std::move(work)});
  ++enqueued;
  if (!isLate)
    demanded = enqueued;
  if (!worker.joinable())
    worker = std::thread([this] { run(); });
  changed.notify_all();
  return {shared_from_this(), enqueued};
}

StreamPoint StreamQueue::end() {
  std::lock_guard lock(mutex);
  return {shared_from_this(), enqueued};
}

void StreamQueue::run() {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(
        lock, [&] { return isClosed || std::min(demanded, enqueued) > done; });
    if (isClosed)
      return;
    Item item = std::move(items.front());
    items.pop_front();
    lock.unlock();
    for (const StreamPoint &point : item.after)
      point.wait();
    item.work();
    item = {};
    lock.lock();
    ++done;
    changed.notify_all();
  }
}
