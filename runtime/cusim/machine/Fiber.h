//===- Fiber.h - Stacks and the switch between them -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A fiber is a stack and the pointer into it where it went to sleep. A switch
// saves what is live at the call alone, which the compiler knows: about 1 ns.
// There are no exceptions and no signals to care for.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_FIBER_H
#define RUNTIME_CUSIM_MACHINE_FIBER_H

#include <cstddef>
#include <cstdint>
#include <vector>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif

namespace weft::cusim {

/// Leaves the running fiber, whose stack pointer goes to `*from`, and goes on
/// where the fiber of stack pointer `to` left.
extern "C" __attribute__((preserve_none)) void cusim_switch_stack(void **from,
                                                                  void *to);
/// The same as the last thing that a hook does: compiled code goes on where it
/// called the hook.
extern "C" __attribute__((preserve_none)) void cusim_leave_stack(void **from,
                                                                 void *to);

/// A stack; `top` is its end, where it begins to grow down from.
struct Stack {
  uint8_t *limit = nullptr;
  uint8_t *top = nullptr;

  /// The stack pointer of a fiber that will run `entry` when first switched to.
  /// `entry` must never return.
  void *prepare(void (*entry)()) const;
};

/// Stacks of one size that are used again and again, by one core. Below each
/// lies a page that faults.
class StackPool {
public:
  explicit StackPool(size_t stackBytes) : stackBytes(stackBytes) {}
  StackPool(const StackPool &) = delete;
  StackPool &operator=(const StackPool &) = delete;
  ~StackPool();

  /// A stack; one without a top when the system has no memory left.
  Stack take();
  /// A stack that nothing lies on any more, or that was abandoned.
  void giveBack(const Stack &stack) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
    // Frames that were left for good are still marked.
    __asan_unpoison_memory_region(stack.limit, stack.top - stack.limit);
#endif
#endif
    unused.push_back(stack);
  }

private:
  bool grow();

  const size_t stackBytes;
  std::vector<Stack> unused;
  std::vector<void *> slabs;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_FIBER_H
