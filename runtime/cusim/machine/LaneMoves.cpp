//===- LaneMoves.cpp - Addresses of a warp at once ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/LaneMoves.h"

#include "runtime/cusim/machine/Strand.h"

#include <bit>
#include <cstring>

#include <immintrin.h>

namespace weft::cusim {
namespace {

/// Compiled for each instruction set below.
[[gnu::always_inline]] inline bool allInside(uint32_t mask,
                                             const uint64_t *addresses,
                                             uint64_t begin, uint64_t limit,
                                             uint64_t misaligned) {
  uint64_t bad = 0;
  for (uint64_t lane = 0; lane < WarpSize; ++lane) {
    uint64_t isBad = (addresses[lane] - begin >= limit) |
                     ((addresses[lane] & misaligned) != 0);
    bad |= isBad & (uint64_t(mask) >> lane);
  }
  return (bad & 1) == 0;
}

bool allInsidePlain(uint32_t mask, const uint64_t *addresses, uint64_t begin,
                    uint64_t limit, uint64_t misaligned) {
  return allInside(mask, addresses, begin, limit, misaligned);
}

[[gnu::target("avx2")]] bool allInsideAVX2(uint32_t mask,
                                           const uint64_t *addresses,
                                           uint64_t begin, uint64_t limit,
                                           uint64_t misaligned) {
  return allInside(mask, addresses, begin, limit, misaligned);
}

template <typename Word>
void gatherPlain(uint32_t mask, const uint64_t *addresses, uint64_t base,
                 Word *result) {
  for (uint32_t rest = mask; rest; rest &= rest - 1) {
    auto lane = static_cast<uint32_t>(std::countr_zero(rest));
    std::memcpy(&result[lane],
                reinterpret_cast<const void *>(
                    base + (addresses[lane] & HostAddressMask)),
                sizeof(Word));
  }
}

#define AVX512 [[gnu::target("avx512f")]]

AVX512 bool allInsideAVX512(uint32_t mask, const uint64_t *addresses,
                            uint64_t begin, uint64_t limit,
                            uint64_t misaligned) {
  __m512i begins = _mm512_set1_epi64(static_cast<int64_t>(begin));
  __m512i limits = _mm512_set1_epi64(static_cast<int64_t>(limit));
  __m512i wrong = _mm512_set1_epi64(static_cast<int64_t>(misaligned));
  unsigned bad = 0;
  for (unsigned lane = 0; lane < WarpSize; lane += 8) {
    auto lanes = static_cast<__mmask8>(mask >> lane);
    __m512i eight = _mm512_loadu_si512(addresses + lane);
    bad |= _mm512_mask_cmpge_epu64_mask(lanes, _mm512_sub_epi64(eight, begins),
                                        limits);
    bad |= _mm512_mask_test_epi64_mask(lanes, eight, wrong);
  }
  return bad == 0;
}

AVX512 __m512i placesOf(const uint64_t *addresses) {
  return _mm512_and_si512(
      _mm512_loadu_si512(addresses),
      _mm512_set1_epi64(static_cast<int64_t>(HostAddressMask)));
}

AVX512 void gather32AVX512(uint32_t mask, const uint64_t *addresses,
                           uint64_t base, uint32_t *result) {
  for (unsigned lane = 0; lane < WarpSize; lane += 8) {
    auto *eight = reinterpret_cast<__m256i *>(result + lane);
    _mm256_storeu_si256(
        eight,
        _mm512_mask_i64gather_epi32(_mm256_loadu_si256(eight),
                                    static_cast<__mmask8>(mask >> lane),
                                    placesOf(addresses + lane),
                                    reinterpret_cast<const void *>(base), 1));
  }
}

AVX512 void gather64AVX512(uint32_t mask, const uint64_t *addresses,
                           uint64_t base, uint64_t *result) {
  for (unsigned lane = 0; lane < WarpSize; lane += 8)
    _mm512_storeu_si512(
        result + lane,
        _mm512_mask_i64gather_epi64(_mm512_loadu_si512(result + lane),
                                    static_cast<__mmask8>(mask >> lane),
                                    placesOf(addresses + lane),
                                    reinterpret_cast<const void *>(base), 1));
}

#undef AVX512

LaneMoves choose() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f"))
    return {allInsideAVX512, gather32AVX512, gather64AVX512};
  if (__builtin_cpu_supports("avx2"))
    return {allInsideAVX2, gatherPlain<uint32_t>, gatherPlain<uint64_t>};
  return {allInsidePlain, gatherPlain<uint32_t>, gatherPlain<uint64_t>};
}

} // namespace

const LaneMoves &laneMoves() {
  static const LaneMoves moves = choose();
  return moves;
}

} // namespace weft::cusim
