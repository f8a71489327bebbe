//===- Sha256Blocks.cpp - The inner function of SHA-256 -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/base/Sha256Blocks.h"

#include <bit>
#include <cpuid.h>
#include <immintrin.h>

using namespace weft;

// FIPS 180-4, section 4.2.2.
alignas(16) static constexpr uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

void weft::addSha256Blocks(uint32_t state[8], const uint8_t *bytes,
                           size_t count) {
  for (; count != 0; --count, bytes += 64) {
    uint32_t schedule[64];
    for (int i = 0; i != 16; ++i)
      schedule[i] = uint32_t(bytes[4 * i]) << 24 |
                    uint32_t(bytes[4 * i + 1]) << 16 |
                    uint32_t(bytes[4 * i + 2]) << 8 | bytes[4 * i + 3];
    for (int i = 16; i != 64; ++i) {
      uint32_t early = schedule[i - 15], late = schedule[i - 2];
      schedule[i] = schedule[i - 16] + schedule[i - 7] +
                    (std::rotr(early, 7) ^ std::rotr(early, 18) ^ early >> 3) +
                    (std::rotr(late, 17) ^ std::rotr(late, 19) ^ late >> 10);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3],
             e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i != 64; ++i) {
      uint32_t first = h +
                       (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                       ((e & f) ^ (~e & g)) + constants[i] + schedule[i];
      uint32_t second =
          (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) +
          ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + first;
      d = c, c = b, b = a, a = first + second;
    }
    uint32_t sums[] = {a, b, c, d, e, f, g, h};
    for (int i = 0; i != 8; ++i)
      state[i] += sums[i];
  }
}

bool weft::hasSha256Instructions() {
  static const bool has = [] {
    unsigned a, b, c, d;
    bool hasSSE41 =
        __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1) && (c & bit_SSSE3);
    return hasSSE41 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
  }();
  return has;
}

__attribute__((target("sha,sse4.1,ssse3"))) void
weft::addSha256BlocksByInstructions(uint32_t state[8], const uint8_t *bytes,
                                    size_t count) {
  // Two rounds take words of the schedule from the low half; the state lies as
  // (a, b, e, f) and (c, d, g, h), a and c in the highest lanes.
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  auto *halves = reinterpret_cast<__m128i *>(state);
  __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128(halves), 0xB1),
          efgh = _mm_shuffle_epi32(_mm_loadu_si128(halves + 1), 0x1B);
  __m128i abef = _mm_alignr_epi8(abcd, efgh, 8),
          cdgh = _mm_blend_epi16(efgh, abcd, 0xF0);
  for (; count != 0; --count, bytes += 64) {
    __m128i abefBefore = abef, cdghBefore = cdgh;
    __m128i words[4];
    for (int i = 0; i != 4; ++i)
      words[i] = _mm_shuffle_epi8(
          _mm_loadu_si128(reinterpret_cast<const __m128i *>(bytes) + i), swap);
    for (int i = 0; i != 16; ++i) {
      __m128i &now = words[i % 4];
      if (i >= 4) {
        __m128i before = words[(i + 3) % 4];
        now = _mm_sha256msg1_epu32(now, words[(i + 1) % 4]);
        now =
            _mm_add_epi32(now, _mm_alignr_epi8(before, words[(i + 2) % 4], 4));
        now = _mm_sha256msg2_epu32(now, before);
      }
      __m128i sum = _mm_add_epi32(
          now,
          _mm_load_si128(reinterpret_cast<const __m128i *>(constants + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
    }
    abef = _mm_add_epi32(abef, abefBefore);
    cdgh = _mm_add_epi32(cdgh, cdghBefore);
  }
  __m128i feba = _mm_shuffle_epi32(abef, 0x1B),
          dchg = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128(halves, _mm_blend_epi16(feba, dchg, 0xF0));
  _mm_storeu_si128(halves + 1, _mm_alignr_epi8(dchg, feba, 8));
}
