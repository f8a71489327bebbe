//===- Fiber.cpp - Stacks and the switch between them ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Fiber.h"

#include <sys/mman.h>

#if !defined(__x86_64__)
#error "cusim switches stacks in x86-64 assembly; other hosts need their own"
#endif

// preserve_none: arguments come in r12 and r13, and the caller keeps nothing in
// registers but the frame pointer. ret instead of pop and jmp keeps the
// processor's stack of return addresses even: strands that switch in hooks
// switch at the same place, so that its prediction is right. Compiled code
// waits at many places, and a strand goes on at another one than the strand
// before it came from; there a jump is what the processor predicts well.
asm(R"(
  .text
  .p2align 4
  .globl cusim_switch_stack
  .hidden cusim_switch_stack
  .type cusim_switch_stack, @function
cusim_switch_stack:
  pushq %rbp
  movq %rsp, (%r12)
  movq %r13, %rsp
  popq %rbp
  ret
  .size cusim_switch_stack, . - cusim_switch_stack

  .p2align 4
  .globl cusim_leave_stack
  .hidden cusim_leave_stack
  .type cusim_leave_stack, @function
cusim_leave_stack:
  pushq %rbp
  movq %rsp, (%r12)
  movq %r13, %rsp
  popq %rbp
  popq %rax
  jmpq *%rax
  .size cusim_leave_stack, . - cusim_leave_stack
)");

namespace weft::cusim {
namespace {

constexpr size_t PageBytes = 4096;
constexpr size_t StacksPerSlab = 32;
/// And within the page, for the first-level cache.
constexpr size_t ColorBytes = 128;

} // namespace

void *Stack::prepare(void (*entry)()) const {
  // At entry, after the jump, the stack pointer is 8 more than a multiple of
  // 16, as after a call.
  auto *slots = reinterpret_cast<void **>(top) - 1;
  *slots = nullptr;
  *--slots = reinterpret_cast<void *>(entry);
  // The frame pointer.
  *--slots = nullptr;
  return slots;
}

StackPool::~StackPool() {
  for (void *slab : slabs)
    munmap(slab, (stackBytes + PageBytes) * StacksPerSlab);
}

bool StackPool::grow() {
  // With the guard page, no power of two: the tops of the stacks spread over
  // the sets of the caches.
  const size_t stride = stackBytes + PageBytes;
  void *slab = mmap(nullptr, stride * StacksPerSlab, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slab == MAP_FAILED)
    return false;
  slabs.push_back(slab);
  // A huge page would make the whole of a stack cost memory.
  madvise(slab, stride * StacksPerSlab, MADV_NOHUGEPAGE);
  for (size_t i = StacksPerSlab; i-- > 0;) {
    auto *guard = static_cast<uint8_t *>(slab) + i * stride;
    if (mprotect(guard, PageBytes, PROT_NONE) != 0)
      return false;
    Stack stack;
    stack.limit = guard + PageBytes;
    stack.top = guard + stride - i * ColorBytes;
    unused.push_back(stack);
  }
  return true;
}

Stack StackPool::take() {
  if (unused.empty() && !grow())
    return Stack();
  Stack stack = unused.back();
  unused.pop_back();
  return stack;
}

} // namespace weft::cusim
