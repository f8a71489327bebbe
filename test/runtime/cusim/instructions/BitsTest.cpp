//===- BitsTest.cpp - Bits, shifts and fields against their model ---------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Sweep.h"

#include <gtest/gtest.h>

using namespace weft::cusim::test;

namespace {

uint64_t maskOf(unsigned bits) {
  return bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1;
}

bool bitOf(uint64_t value, uint64_t index) { return value >> index & 1; }

/// The bits of a word, one after the other: how the manual writes it.
template <typename Bit> uint64_t eachBit(unsigned bits, Bit bit) {
  uint64_t result = 0;
  for (unsigned i = 0; i < bits; ++i)
    if (bit(i))
      result |= uint64_t(1) << i;
  return result;
}

TEST(Bits, Logic) {
  std::vector<Case> cases;
  for (std::string type : {"pred", "b16", "b32", "b64"}) {
    unsigned bits = type == "pred" ? 1 : std::stoi(type.substr(1));
    uint64_t mask = maskOf(bits);
    cases.push_back(exactly("and." + type, 2,
                            [](const uint64_t *in) { return in[0] & in[1]; }));
    cases.push_back(exactly("or." + type, 2,
                            [](const uint64_t *in) { return in[0] | in[1]; }));
    cases.push_back(exactly("xor." + type, 2,
                            [](const uint64_t *in) { return in[0] ^ in[1]; }));
    cases.push_back(exactly("not." + type, 1,
                            [=](const uint64_t *in) { return ~in[0] & mask; }));
    if (bits > 1)
      cases.push_back(exactly("cnot." + type, 1, [](const uint64_t *in) {
        return uint64_t(in[0] == 0);
      }));
  }
  sweep(cases);
}

uint64_t lop3(const uint64_t *in, unsigned table) {
  uint32_t result = 0;
  for (unsigned row = 0; row < 8; ++row)
    if (bitOf(table, row))
      result |=
          uint32_t((row & 4 ? in[0] : ~in[0]) & (row & 2 ? in[1] : ~in[1]) &
                   (row & 1 ? in[2] : ~in[2]));
  return result;
}

TEST(Bits, AllTablesOfLop3) {
  std::vector<Case> cases;
  for (unsigned table = 0; table < 256; ++table) {
    Case test = exactly("lop3.b32", 4,
                        [=](const uint64_t *in) { return lop3(in, table); });
    test.subject.constants = {{3, table}};
    cases.push_back(test);
  }
  for (bool isAnd : {false, true}) {
    Case test;
    test.subject = {isAnd ? "lop3.and.b32" : "lop3.or.b32", 5, 2, {{3, 0x1e}}};
    test.model = [=](const uint64_t *in, uint64_t *out) {
      out[0] = lop3(in, 0x1e);
      out[1] = isAnd ? (out[0] != 0) & in[4] : (out[0] != 0) | in[4];
    };
    cases.push_back(test);
  }
  sweep(cases);
}

TEST(Bits, ShiftsPastTheWidth) {
  std::vector<Case> cases;
  for (unsigned bits : {16, 32, 64}) {
    std::string name = std::to_string(bits);
    cases.push_back(exactly("shl.b" + name, 2, [=](const uint64_t *in) {
      return in[1] >= bits ? 0 : in[0] << in[1] & maskOf(bits);
    }));
    for (std::string kind : {"b", "u", "s"})
      cases.push_back(exactly("shr." + kind + name, 2, [=](const uint64_t *in) {
        bool isNegative = kind == "s" && bitOf(in[0], bits - 1);
        return eachBit(bits, [=](unsigned i) {
          uint64_t from = i + in[1];
          return from < bits ? bitOf(in[0], from) : isNegative;
        });
      }));
  }
  for (bool isLeft : {false, true})
    for (bool isClamped : {false, true})
      cases.push_back(
          exactly(std::string("shf.") + (isLeft ? "l." : "r.") +
                      (isClamped ? "clamp" : "wrap") + ".b32",
                  3, [=](const uint64_t *in) {
                    uint64_t count =
                        isClamped ? std::min<uint64_t>(in[2], 32) : in[2] & 31;
                    unsigned __int128 both = in[1] << 32 | in[0];
                    return uint64_t(
                        uint32_t(isLeft ? both << count >> 32 : both >> count));
                  }));
  sweep(cases);
}

TEST(Bits, Counts) {
  std::vector<Case> cases;
  for (unsigned bits : {32, 64}) {
    std::string name = std::to_string(bits);
    cases.push_back(exactly("popc.b" + name, 1, [=](const uint64_t *in) {
      uint64_t count = 0;
      for (unsigned i = 0; i < bits; ++i)
        count += bitOf(in[0], i);
      return count;
    }));
    cases.push_back(exactly("clz.b" + name, 1, [=](const uint64_t *in) {
      uint64_t count = 0;
      while (count < bits && !bitOf(in[0], bits - 1 - count))
        ++count;
      return count;
    }));
    cases.push_back(exactly("brev.b" + name, 1, [=](const uint64_t *in) {
      return eachBit(bits,
                     [=](unsigned i) { return bitOf(in[0], bits - 1 - i); });
    }));
    for (bool isSigned : {false, true})
      for (bool isShift : {false, true})
        cases.push_back(
            exactly(std::string("bfind.") + (isShift ? "shiftamt." : "") +
                        (isSigned ? "s" : "u") + name,
                    1, [=](const uint64_t *in) -> uint64_t {
                      bool sought = !(isSigned && bitOf(in[0], bits - 1));
                      for (unsigned i = bits; i-- > 0;)
                        if (bitOf(in[0], i) == sought)
                          return isShift ? bits - 1 - i : i;
                      return 0xffffffff;
                    }));
  }
  sweep(cases);
}

/// fns, as the manual's loop.
uint64_t findNth(uint32_t mask, uint32_t base, int32_t offset) {
  if (offset == 0)
    return base < 32 && bitOf(mask, base) ? base : 0xffffffff;
  int64_t count = std::abs(int64_t(offset)) - 1;
  for (int64_t position = base; position >= 0 && position < 32;
       position += offset > 0 ? 1 : -1)
    if (bitOf(mask, position) && count-- == 0)
      return position;
  return 0xffffffff;
}

TEST(Bits, Fields) {
  std::vector<Case> cases;
  for (unsigned bits : {32, 64}) {
    std::string name = std::to_string(bits);
    for (bool isSigned : {false, true})
      cases.push_back(exactly(
          (isSigned ? "bfe.s" : "bfe.u") + name, 3, [=](const uint64_t *in) {
            uint64_t position = in[1] & 255, length = in[2] & 255;
            uint64_t last = std::min<uint64_t>(position + length - 1, bits - 1);
            bool sign = isSigned && length && bitOf(in[0], last);
            return eachBit(bits, [=](uint64_t i) {
              return i < length && position + i < bits
                         ? bitOf(in[0], position + i)
                         : sign;
            });
          }));
    cases.push_back(exactly("bfi.b" + name, 4, [=](const uint64_t *in) {
      uint64_t position = in[2] & 255, length = in[3] & 255;
      return eachBit(bits, [=](uint64_t i) {
        return i >= position && i < position + length
                   ? bitOf(in[0], i - position)
                   : bitOf(in[1], i);
      });
    }));
  }
  for (bool isClamped : {false, true}) {
    std::string mode = isClamped ? "clamp" : "wrap";
    auto limit = [=](uint64_t value) {
      return isClamped ? std::min<uint64_t>(value, 32) : value & 31;
    };
    cases.push_back(
        exactly("bmsk." + mode + ".b32", 2, [=](const uint64_t *in) {
          return eachBit(32, [=](uint64_t i) {
            return i >= limit(in[0]) && i < limit(in[0]) + limit(in[1]);
          });
        }));
    for (bool isSigned : {false, true})
      cases.push_back(exactly("szext." + mode + (isSigned ? ".s32" : ".u32"), 2,
                              [=](const uint64_t *in) {
                                uint64_t count = limit(in[1]);
                                bool sign = isSigned && count &&
                                            bitOf(in[0], count - 1);
                                return eachBit(32, [=](uint64_t i) {
                                  return i < count ? bitOf(in[0], i) : sign;
                                });
                              }));
  }
  cases.push_back(exactly("fns.b32", 3, [](const uint64_t *in) {
    return findNth(uint32_t(in[0]), uint32_t(in[1]), int32_t(uint32_t(in[2])));
  }));
  sweep(cases);
}

TEST(Bits, Permutations) {
  auto byteOf = [](const uint64_t *in, unsigned index) {
    return (in[1] << 32 | in[0]) >> 8 * index & 255;
  };
  std::vector<Case> cases;
  cases.push_back(exactly("prmt.b32", 3, [=](const uint64_t *in) {
    uint64_t result = 0;
    for (unsigned i = 0; i < 4; ++i) {
      unsigned selector = in[2] >> 4 * i & 15;
      uint64_t byte = byteOf(in, selector & 7);
      if (selector & 8)
        byte = byte & 128 ? 255 : 0;
      result |= byte << 8 * i;
    }
    return result;
  }));
  // The manual's table: bytes 3 to 0 of the result for c = 0, 1, 2, 3.
  struct Mode {
    const char *name;
    const char *rows[4];
  };
  const Mode modes[] = {{"f4e", {"3210", "4321", "5432", "6543"}},
                        {"b4e", {"5670", "6701", "7012", "0123"}},
                        {"rc8", {"0000", "1111", "2222", "3333"}},
                        {"ecl", {"3210", "3211", "3222", "3333"}},
                        {"ecr", {"0000", "1110", "2210", "3210"}},
                        {"rc16", {"1010", "3232", "1010", "3232"}}};
  for (const Mode &mode : modes)
    cases.push_back(exactly(std::string("prmt.b32.") + mode.name, 3,
                            [=](const uint64_t *in) {
                              const char *row = mode.rows[in[2] & 3];
                              uint64_t result = 0;
                              for (unsigned i = 0; i < 4; ++i)
                                result = result << 8 | byteOf(in, row[i] - '0');
                              return result;
                            }));
  sweep(cases);
}

} // namespace
