//===- Reduce.cpp - Element by element, in rank order ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/collectives/local/Reduce.h"
#include "runtime/artifact/CpuFeatures.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <type_traits>

using namespace weft;

namespace {
/// Storage types whose arithmetic is done in f32.
struct Half {
  uint16_t bits;
};
struct BFloat {
  uint16_t bits;
};

template <typename T> struct Arithmetic {
  using Type = T;
};
template <> struct Arithmetic<Half> {
  using Type = float;
};
template <> struct Arithmetic<BFloat> {
  using Type = float;
};

// Partial results of this many elements stay in the first-level cache.
constexpr uint64_t tile = 1024;

// Everything below is inlined into functions for one instruction set or
// another: see `reduceTiles`.
#define WEFT_INLINE [[gnu::always_inline]] inline

template <typename T> WEFT_INLINE typename Arithmetic<T>::Type widen(T value) {
  if constexpr (std::is_same_v<T, Half>)
    return static_cast<float>(std::bit_cast<_Float16>(value.bits));
  else if constexpr (std::is_same_v<T, BFloat>)
    return std::bit_cast<float>(static_cast<uint32_t>(value.bits) << 16);
  else
    return value;
}

template <typename T> WEFT_INLINE T narrow(typename Arithmetic<T>::Type value) {
  if constexpr (std::is_same_v<T, Half>) {
    return {std::bit_cast<uint16_t>(static_cast<_Float16>(value))};
  } else if constexpr (std::is_same_v<T, BFloat>) {
    // To the nearest, ties to even; a NaN keeps a bit of its fraction.
    auto bits = std::bit_cast<uint32_t>(value);
    uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return {
        static_cast<uint16_t>(value != value ? bits >> 16 | 0x40 : rounded)};
  } else {
    return value;
  }
}

struct Add {
  template <typename T> WEFT_INLINE T operator()(T lhs, T rhs) const {
    if constexpr (std::is_integral_v<T>) {
      // As 64 unsigned bits: narrower ones would become a signed int.
      return static_cast<T>(static_cast<uint64_t>(lhs) +
                            static_cast<uint64_t>(rhs));
    } else {
      return lhs + rhs;
    }
  }
};
// The left one where it is a NaN; the right one where that is, as no comparison
// with it holds.
struct Max {
  template <typename T> WEFT_INLINE T operator()(T lhs, T rhs) const {
    return lhs > rhs || lhs != lhs ? lhs : rhs;
  }
};
struct Min {
  template <typename T> WEFT_INLINE T operator()(T lhs, T rhs) const {
    return lhs < rhs || lhs != lhs ? lhs : rhs;
  }
};

template <typename T, typename Op>
WEFT_INLINE void reduceInline(const void *const *sources, size_t sourceCount,
                              void *const *destinations,
                              size_t destinationCount, uint64_t count) {
  using A = typename Arithmetic<T>::Type;
  Op op;
  alignas(64) A partial[tile];
  alignas(64) T result[tile];
  for (uint64_t begin = 0; begin < count; begin += tile) {
    uint64_t length = std::min(tile, count - begin);
    auto source = [&](size_t index) {
      return static_cast<const T *>(sources[index]) + begin;
    };
    const T *first = source(0), *second = source(1);
    for (uint64_t i = 0; i != length; ++i)
      partial[i] = op(widen(first[i]), widen(second[i]));
    for (size_t rank = 2; rank < sourceCount; ++rank) {
      const T *next = source(rank);
      for (uint64_t i = 0; i != length; ++i)
        partial[i] = op(partial[i], widen(next[i]));
    }
    const void *reduced = partial;
    if constexpr (!std::is_same_v<T, A>) {
      for (uint64_t i = 0; i != length; ++i)
        result[i] = narrow<T>(partial[i]);
      reduced = result;
    }
    for (size_t i = 0; i != destinationCount; ++i)
      std::memcpy(static_cast<T *>(destinations[i]) + begin, reduced,
                  length * sizeof(T));
  }
}

using Function = void (*)(const void *const *, size_t, void *const *, size_t,
                          uint64_t);

template <typename T, typename Op>
void reduceTiles(const void *const *sources, size_t sourceCount,
                 void *const *destinations, size_t destinationCount,
                 uint64_t count) {
  reduceInline<T, Op>(sources, sourceCount, destinations, destinationCount,
                      count);
}

#if defined(__x86_64__)
template <typename T, typename Op>
[[gnu::target("avx2,f16c")]] void
reduceTilesAVX2(const void *const *sources, size_t sourceCount,
                void *const *destinations, size_t destinationCount,
                uint64_t count) {
  reduceInline<T, Op>(sources, sourceCount, destinations, destinationCount,
                      count);
}
#endif

template <typename T, typename Op> Function pick() {
#if defined(__x86_64__)
  static const bool hasAVX2 = hasCpuFeature("avx2") && hasCpuFeature("f16c");
  if (hasAVX2)
    return reduceTilesAVX2<T, Op>;
#endif
  return reduceTiles<T, Op>;
}

template <typename T> Function pick(Reduction reduction) {
  switch (reduction) {
  case Reduction::Sum:
    return pick<T, Add>();
  case Reduction::Max:
    return pick<T, Max>();
  case Reduction::Min:
    return pick<T, Min>();
  case Reduction::None:
    break;
  }
  assert(false && "checkCollective refuses reductions of nothing");
  return pick<T, Max>();
}

Function pick(Reduction reduction, DataType type) {
  switch (type) {
  case DataType::I8:
    return pick<int8_t>(reduction);
  case DataType::I16:
    return pick<int16_t>(reduction);
  case DataType::I32:
    return pick<int32_t>(reduction);
  case DataType::I64:
    return pick<int64_t>(reduction);
  case DataType::U16:
    return pick<uint16_t>(reduction);
  case DataType::U32:
    return pick<uint32_t>(reduction);
  case DataType::U64:
    return pick<uint64_t>(reduction);
  case DataType::F16:
    return pick<Half>(reduction);
  case DataType::BF16:
    return pick<BFloat>(reduction);
  case DataType::F32:
    return pick<float>(reduction);
  case DataType::F64:
    return pick<double>(reduction);
  default:
    return pick<uint8_t>(reduction); // Bool and U8
  }
}
} // namespace

void weft::reduce(Reduction reduction, DataType type,
                  std::span<const void *const> sources,
                  std::span<void *const> destinations, uint64_t count) {
  if (count == 0)
    return;
  if (sources.size() == 1) {
    for (void *destination : destinations)
      std::memmove(destination, sources[0], count * byteWidth(type));
    return;
  }
  pick(reduction, type)(sources.data(), sources.size(), destinations.data(),
                        destinations.size(), count);
}
