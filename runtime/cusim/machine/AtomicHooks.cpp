//===- AtomicHooks.cpp - atom and red -------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// PTX ISA 9.0, "atom" and "red". Global memory needs atomics of the host, since
// blocks run on several cores; the strands that see a shared memory all run on
// one core and switch nowhere in here.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Access.h"
#include "runtime/cusim/machine/Hooks.h"
#include "runtime/cusim/machine/Memory.h"
#include "runtime/cusim/machine/SmallFloat.h"
#include "runtime/cusim/ptx/Vocabulary.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

namespace weft::cusim {
namespace {

/// The operands of one lane, as bits.
struct Operands {
  uint64_t first;
  uint64_t second;
};

/// An atomic operation as a function of the old bits.
template <typename Bits>
using Update = Bits (*)(Bits old, const Operands &operands);

template <typename Value> struct BitsOf {
  using Type = std::conditional_t<sizeof(Value) == 8, uint64_t, uint32_t>;
};

template <typename Value> Value as(uint64_t bits) {
  typename BitsOf<Value>::Type narrow =
      static_cast<typename BitsOf<Value>::Type>(bits);
  return std::bit_cast<Value>(narrow);
}

template <typename Value, AtomicOperation Operation>
typename BitsOf<Value>::Type updateInteger(typename BitsOf<Value>::Type old,
                                           const Operands &operands) {
  using Bits = typename BitsOf<Value>::Type;
  Value a = std::bit_cast<Value>(old);
  Value b = as<Value>(operands.first);
  auto first = static_cast<Bits>(operands.first);
  if constexpr (Operation == AtomicOperation::Add)
    return old + first;
  else if constexpr (Operation == AtomicOperation::Min)
    return std::bit_cast<Bits>(std::min(a, b));
  else if constexpr (Operation == AtomicOperation::Max)
    return std::bit_cast<Bits>(std::max(a, b));
  else if constexpr (Operation == AtomicOperation::And)
    return old & first;
  else if constexpr (Operation == AtomicOperation::Or)
    return old | first;
  else if constexpr (Operation == AtomicOperation::Xor)
    return old ^ first;
  else if constexpr (Operation == AtomicOperation::Exch)
    return first;
  else if constexpr (Operation == AtomicOperation::Cas)
    return old == first ? static_cast<Bits>(operands.second) : old;
  else if constexpr (Operation == AtomicOperation::Inc)
    return old >= first ? 0 : old + 1;
  else
    return old == 0 || old > first ? first : old - 1;
}

template <typename Value>
Update<typename BitsOf<Value>::Type> integerUpdate(AtomicOperation operation) {
  switch (operation) {
#define CUSIM_CASE(NAME)                                                       \
  case AtomicOperation::NAME:                                                  \
    return updateInteger<Value, AtomicOperation::NAME>;
    CUSIM_CASE(Add)
    CUSIM_CASE(Min)
    CUSIM_CASE(Max)
    CUSIM_CASE(And)
    CUSIM_CASE(Or)
    CUSIM_CASE(Xor)
    CUSIM_CASE(Exch)
    CUSIM_CASE(Cas)
    CUSIM_CASE(Inc)
    CUSIM_CASE(Dec)
#undef CUSIM_CASE
  }
  return nullptr;
}

uint64_t addDouble(uint64_t old, const Operands &operands) {
  return std::bit_cast<uint64_t>(std::bit_cast<double>(old) +
                                 as<double>(operands.first));
}

uint32_t addFloat(uint32_t old, const Operands &operands) {
  return std::bit_cast<uint32_t>(std::bit_cast<float>(old) +
                                 as<float>(operands.first));
}

float flush(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value)
                                                : value;
}

/// In global memory, atom.add.f32 flushes subnormal operands and results.
uint32_t addFlushedFloat(uint32_t old, const Operands &operands) {
  return std::bit_cast<uint32_t>(flush(flush(std::bit_cast<float>(old)) +
                                       flush(as<float>(operands.first))));
}

/// 16-bit floats: sums in f32 round the same as exact ones, since f32 has more
/// than twice their bits and two (Figueroa, "When is double rounding
/// innocuous?", 1995).
template <typename Format, AtomicOperation Operation>
uint32_t updateHalf(uint16_t old, uint16_t operand) {
  float a = Format::toFloat(old);
  float b = Format::toFloat(operand);
  if constexpr (Operation == AtomicOperation::Add)
    return Format::fromFloat(a + b);
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) && std::isnan(b) ? Format::Nan
           : std::isnan(a)                ? operand
                                          : old;
  // -0 is less than +0.
  bool isLess = a < b || (a == b && std::signbit(a));
  return isLess == (Operation == AtomicOperation::Min) ? old : operand;
}

/// `Lanes` values in a word, each of them atomic on its own: updating both at
/// once is one of the orders that are allowed.
template <typename Format, AtomicOperation Operation, unsigned Lanes>
uint32_t updateHalves(uint32_t old, const Operands &operands) {
  uint32_t result = 0;
  for (unsigned lane = 0; lane < Lanes; ++lane)
    result |= updateHalf<Format, Operation>(
                  static_cast<uint16_t>(old >> (16 * lane)),
                  static_cast<uint16_t>(operands.first >> (16 * lane)))
              << (16 * lane);
  return result;
}

template <typename Format, unsigned Lanes>
Update<uint32_t> halfUpdate(AtomicOperation operation) {
  switch (operation) {
  case AtomicOperation::Add:
    return updateHalves<Format, AtomicOperation::Add, Lanes>;
  case AtomicOperation::Min:
    return updateHalves<Format, AtomicOperation::Min, Lanes>;
  case AtomicOperation::Max:
    return updateHalves<Format, AtomicOperation::Max, Lanes>;
  default:
    return nullptr;
  }
}

/// One lane's operation; returns the old bits. Memory holds `Stored` bits,
/// functions take `Bits`.
template <typename Stored, typename Bits>
uint64_t apply(uint8_t *memory, bool isShared, Update<Bits> update,
               const Operands &operands) {
  auto *place = reinterpret_cast<Stored *>(memory);
  if (isShared) {
    Stored old = *place;
    *place = static_cast<Stored>(update(old, operands));
    return old;
  }
  Stored old = __atomic_load_n(place, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(
      place, &old, static_cast<Stored>(update(old, operands)),
      /*weak=*/true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
  }
  return old;
}

/// All lanes of one instruction.
struct Atomics {
  Strand *strand;
  uint32_t mask;
  const uint64_t *addresses;
  const uint64_t *first;
  const uint64_t *second;
  uint64_t *result;
  uint32_t site;

  template <typename Stored> uint8_t *place(uint32_t lane) const {
    uint8_t *memory = tryLocate(*strand, addresses[lane], sizeof(Stored),
                                sizeof(Stored), strand->sites[site]);
    return memory ? memory
                  : locate(strand, addresses[lane], lane, sizeof(Stored),
                           sizeof(Stored), AccessKind::Atomic, site);
  }

  template <typename Stored, typename Bits>
  void run(Update<Bits> update) const {
    if (!update)
      fault(strand, 0, Report::Kind::IllegalInstruction, site,
            "no such operation of this type");
    for (uint32_t rest = mask; rest; rest &= rest - 1) {
      auto lane = static_cast<uint32_t>(std::countr_zero(rest));
      uint8_t *memory = locate(strand, addresses[lane], lane, sizeof(Stored),
                               sizeof(Stored), AccessKind::Atomic, site);
      Operands operands{first[lane], second ? second[lane] : 0};
      uint64_t old = apply<Stored>(memory, isSharedAddress(addresses[lane]),
                                   update, operands);
      if (result)
        result[lane] = old;
    }
  }

  /// Most integer additions need no loop.
  template <typename Bits> void add() const {
    for (uint32_t rest = mask; rest; rest &= rest - 1) {
      auto lane = static_cast<uint32_t>(std::countr_zero(rest));
      uint8_t *memory = place<Bits>(lane);
      uint64_t old =
          __atomic_fetch_add(reinterpret_cast<Bits *>(memory),
                             static_cast<Bits>(first[lane]), __ATOMIC_SEQ_CST);
      if (result)
        result[lane] = old;
    }
  }
};

bool isAnyShared(const Atomics &atomics) {
  for (uint32_t rest = atomics.mask; rest; rest &= rest - 1)
    if (isSharedAddress(atomics.addresses[std::countr_zero(rest)]))
      return true;
  return false;
}

void runAtomics(const Atomics &atomics, AtomicOperation operation,
                ptx::Type type) {
  using ptx::Type;
  bool isShared = isAnyShared(atomics);
  switch (type) {
  case Type::U32:
  case Type::B32:
    if (operation == AtomicOperation::Add && !isShared)
      return atomics.add<uint32_t>();
    return atomics.run<uint32_t>(integerUpdate<uint32_t>(operation));
  case Type::S32:
    if (operation == AtomicOperation::Add && !isShared)
      return atomics.add<uint32_t>();
    return atomics.run<uint32_t>(integerUpdate<int32_t>(operation));
  case Type::U64:
  case Type::B64:
    if (operation == AtomicOperation::Add && !isShared)
      return atomics.add<uint64_t>();
    return atomics.run<uint64_t>(integerUpdate<uint64_t>(operation));
  case Type::S64:
    return atomics.run<uint64_t>(integerUpdate<int64_t>(operation));
  case Type::B16:
    return atomics.run<uint16_t>(integerUpdate<uint32_t>(operation));
  case Type::F32:
    return atomics.run<uint32_t>(operation != AtomicOperation::Add ? nullptr
                                 : isShared ? addFloat
                                            : addFlushedFloat);
  case Type::F64:
    return atomics.run<uint64_t>(operation == AtomicOperation::Add ? addDouble
                                                                   : nullptr);
  case Type::F16:
    return atomics.run<uint16_t>(halfUpdate<Float16Format, 1>(operation));
  case Type::F16x2:
    return atomics.run<uint32_t>(halfUpdate<Float16Format, 2>(operation));
  case Type::BF16:
    return atomics.run<uint16_t>(halfUpdate<BFloat16Format, 1>(operation));
  case Type::BF16x2:
    return atomics.run<uint32_t>(halfUpdate<BFloat16Format, 2>(operation));
  default:
    fault(atomics.strand, 0, Report::Kind::IllegalInstruction, atomics.site,
          "no atomic operation has this type");
  }
}

} // namespace

extern "C" void cusim_atomic(Strand *strand, uint32_t mask,
                             const uint64_t *addresses, uint32_t operation,
                             uint32_t type, const uint64_t *first,
                             const uint64_t *second, uint64_t *result,
                             uint32_t site) {
  auto atomicType = static_cast<ptx::Type>(type);
  runAtomics({strand, mask, addresses, first, second, result, site},
             static_cast<AtomicOperation>(operation), atomicType);
  noteAccesses(strand, mask, addresses, ptx::bitsOf(atomicType) / 8,
               AccessKind::Atomic, site);
}

} // namespace weft::cusim
