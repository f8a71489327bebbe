//===- Output.cpp - printf, assert and trap of kernels --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Block.h"
#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/machine/Memory.h"
#include "runtime/cusim/machine/Printf.h"

#include <bit>
#include <chrono>

namespace weft::cusim {
namespace {

constexpr size_t MaxStringBytes = 64 * 1024;

/// Memory of a lane, read byte by byte, each checked.
class LaneMemory final : public PrintfMemory {
public:
  LaneMemory(Strand *strand, unsigned lane, uint32_t site)
      : strand(strand), lane(lane), site(site) {}

  uint64_t load(uint64_t address, uint32_t bytes) override {
    uint64_t value = 0;
    const uint8_t *memory =
        locate(strand, address, lane, bytes, bytes, AccessKind::Load, site);
    for (uint32_t i = 0; i < bytes; ++i)
      value |= uint64_t(memory[i]) << (8 * i);
    return value;
  }

private:
  Strand *strand;
  unsigned lane;
  uint32_t site;
};

} // namespace

std::string loadString(PrintfMemory &memory, uint64_t address) {
  std::string text;
  while (text.size() < MaxStringBytes) {
    auto character = static_cast<char>(memory.load(address++, 1));
    if (!character)
      break;
    text += character;
  }
  return text;
}

extern "C" {

void cusim_vprintf(Strand *strand, uint32_t mask, const uint64_t *formats,
                   const uint64_t *arguments, uint32_t *results,
                   uint32_t site) {
  for (; mask; mask &= mask - 1) {
    auto lane = static_cast<unsigned>(std::countr_zero(mask));
    LaneMemory memory(strand, lane, site);
    std::string format = loadString(memory, formats[lane]);
    uint32_t count = 0;
    std::string text = formatPrintf(format, arguments[lane], memory, count);
    if (results)
      results[lane] = count;
    strand->block->launch->print(strand->block->linearIndex(), text);
  }
}

void cusim_assert_fail(Strand *strand, uint32_t mask, uint64_t message,
                       uint64_t file, uint32_t line, uint64_t function,
                       uint32_t site) {
  auto lane = static_cast<unsigned>(std::countr_zero(mask));
  LaneMemory memory(strand, lane, site);
  fault(strand, lane, Report::Kind::Assertion, site,
        loadString(memory, file) + ":" + std::to_string(line) + ": " +
            loadString(memory, function) + ": assertion `" +
            loadString(memory, message) + "` failed");
}

void cusim_trap(Strand *strand, uint32_t mask, uint32_t site) {
  fault(strand, static_cast<unsigned>(std::countr_zero(mask)),
        Report::Kind::Trap, site, "");
}

/// Nanoseconds serve as cycles of a 1 GHz clock.
uint64_t cusim_clock(Strand *strand) { return cusim_global_timer(strand); }

uint64_t cusim_global_timer(Strand *) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(
          std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

} // extern "C"
} // namespace weft::cusim
