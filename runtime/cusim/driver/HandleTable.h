//===- HandleTable.h - Handles that are still valid -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_DRIVER_HANDLETABLE_H
#define RUNTIME_CUSIM_DRIVER_HANDLETABLE_H

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace weft::cusim {

/// Objects that callers know by a pointer. A handle that was never given out,
/// or was destroyed, is found out instead of being followed. Thread-safe.
template <typename T> class HandleTable {
public:
  T *add(std::shared_ptr<T> object) {
    std::lock_guard lock(mutex);
    T *handle = object.get();
    objects.emplace(handle, std::move(object));
    return handle;
  }
  /// nullptr for what is no handle.
  std::shared_ptr<T> find(const T *handle) const {
    std::lock_guard lock(mutex);
    auto found = objects.find(handle);
    return found == objects.end() ? nullptr : found->second;
  }
  std::shared_ptr<T> remove(const T *handle) {
    std::lock_guard lock(mutex);
    auto found = objects.find(handle);
    if (found == objects.end())
      return nullptr;
    std::shared_ptr<T> object = std::move(found->second);
    objects.erase(found);
    return object;
  }
  template <typename Predicate>
  std::vector<std::shared_ptr<T>> findIf(Predicate &&predicate) const {
    std::lock_guard lock(mutex);
    std::vector<std::shared_ptr<T>> found;
    for (const auto &[handle, object] : objects)
      if (predicate(*object))
        found.push_back(object);
    return found;
  }

private:
  mutable std::mutex mutex;
  std::unordered_map<const T *, std::shared_ptr<T>> objects;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_DRIVER_HANDLETABLE_H
