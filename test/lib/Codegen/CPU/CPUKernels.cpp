//===- CPUKernels.cpp - Compiled kernels on this machine ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CPU/CPUKernels.h"

#include "runtime/artifact/CpuFeatures.h"

#include <sys/mman.h>
#include <unistd.h>

using namespace mlir;

namespace weft {

GuardedMemory::GuardedMemory(size_t bytes) {
  size_t page = sysconf(_SC_PAGESIZE);
  mapped = (bytes + page - 1) / page * page + page;
  base = static_cast<char *>(mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (base == MAP_FAILED)
    die("cannot map memory");
  mprotect(base + mapped - page, page, PROT_NONE);
  data = base + mapped - page - bytes;
  std::memset(data, 0xff, bytes);
}

GuardedMemory::GuardedMemory(GuardedMemory &&other)
    : base(std::exchange(other.base, nullptr)), data(other.data),
      mapped(other.mapped) {}

GuardedMemory::~GuardedMemory() {
  if (base)
    munmap(base, mapped);
}

bool canRun(StringRef arch) {
  MLIRContext context;
  auto target = resolveCPUTarget(arch, UnknownLoc::get(&context));
  return succeeded(target) &&
         llvm::all_of(target->features, [](const std::string &feature) {
           return hasCpuFeature(feature);
         });
}

std::vector<std::string> archsHere() {
  std::vector<std::string> archs;
  for (const char *arch : {"x86-64", "x86-64-v3", "x86-64-v4"})
    if (canRun(arch))
      archs.push_back(arch);
  return archs;
}

std::unique_ptr<RunnableKernels>
RunnableKernels::compile(ArrayRef<KernelSource> sources, StringRef arch) {
  Location location = sources.front().location;
  auto target = resolveCPUTarget(arch, location);
  if (failed(target))
    die("no target");
  auto compiled = compileKernels(sources, *target);
  if (failed(compiled))
    die("cannot compile");
  auto loaded = LoadedKernels::load(compiled->sharedObject, location);
  if (failed(loaded))
    die("cannot load");
  return std::make_unique<CPUKernels>(std::move(*compiled), std::move(*loaded));
}

uint32_t CPUKernels::run(const artifact::Kernel &kernel,
                         ArrayRef<LaunchBuffer> buffers,
                         ArrayRef<int64_t> sizes, bool reverse) {
  // Each buffer ends where nothing may be touched.
  std::map<char *, GuardedMemory> memory;
  std::vector<void *> addresses;
  for (const LaunchBuffer &buffer : buffers) {
    auto [place, isNew] = memory.try_emplace(buffer.address, buffer.bytes);
    if (isNew)
      std::memcpy(place->second.bytes(), buffer.address, buffer.bytes);
    addresses.push_back(place->second.bytes());
  }
  GuardedMemory scratch(valueOf(kernel.scratch_bytes(), sizes));
  uint32_t words[WEFT_ARRIVALS_AT + WEFT_ARRIVALS] = {};
  WeftArgs args{addresses.data(), sizes.data(), words};
  uint64_t items = valueOf(kernel.items(), sizes);
  if (reverse)
    for (uint64_t item = items; item-- > 0;)
      function(kernel)(&args, item, item + 1, scratch.bytes());
  else
    function(kernel)(&args, 0, items, scratch.bytes());
  for (const LaunchBuffer &buffer : buffers)
    std::memcpy(buffer.address, memory.at(buffer.address).bytes(),
                buffer.bytes);
  if (llvm::any_of(ArrayRef(words).drop_front(),
                   [](uint32_t count) { return count != 0; }))
    die("a kernel left a counter");
  return words[0];
}

} // namespace weft
