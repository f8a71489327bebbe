//===- IntegerTest.cpp - Integer arithmetic against its model -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Sweep.h"

#include <gtest/gtest.h>

using namespace weft::cusim::test;

namespace {

using Signed = __int128;

/// An integer type of PTX.
struct Integer {
  std::string name;
  unsigned bits;
  bool isSigned;

  uint64_t mask() const {
    return bits == 64 ? ~uint64_t(0) : (uint64_t(1) << bits) - 1;
  }
  /// The value of a pattern.
  Signed value(uint64_t pattern) const {
    pattern &= mask();
    if (isSigned && pattern >> (bits - 1))
      return Signed(pattern) - (Signed(1) << bits);
    return pattern;
  }
  uint64_t pattern(Signed value) const { return uint64_t(value) & mask(); }
  Signed lowest() const { return isSigned ? -(Signed(1) << (bits - 1)) : 0; }
  Signed highest() const {
    return (Signed(1) << (isSigned ? bits - 1 : bits)) - 1;
  }
  uint64_t clamp(Signed value) const {
    return pattern(value < lowest()    ? lowest()
                   : value > highest() ? highest()
                                       : value);
  }
};

const Integer integers[] = {{"u16", 16, false}, {"s16", 16, true},
                            {"u32", 32, false}, {"s32", 32, true},
                            {"u64", 64, false}, {"s64", 64, true}};

using Function = std::function<Signed(Signed, Signed, Signed)>;

/// A function of the operands' values; the result wraps.
Case wrapping(const std::string &opcode, const Integer &type, unsigned operands,
              Function function) {
  return exactly(
      opcode + "." + type.name, operands, [=](const uint64_t *inputs) {
        Signed values[3] = {};
        for (unsigned i = 0; i < operands; ++i)
          values[i] = type.value(inputs[i]);
        return type.pattern(function(values[0], values[1], values[2]));
      });
}

Signed minimum(Signed a, Signed b, Signed) { return a < b ? a : b; }
Signed maximum(Signed a, Signed b, Signed) { return a > b ? a : b; }
Signed absolute(Signed a, Signed, Signed) { return a < 0 ? -a : a; }

/// Bits of the product from `shift` on; 128 bits hold all but u64's overflow,
/// which wraps.
uint64_t productFrom(const Integer &type, uint64_t a, uint64_t b,
                     unsigned shift) {
  if (type.isSigned)
    return uint64_t((type.value(a) * type.value(b)) >> shift);
  unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return uint64_t(product >> shift);
}

TEST(Integer, SumsProductsAndOrder) {
  std::vector<Case> cases;
  for (const Integer &type : integers) {
    cases.push_back(wrapping("add", type, 2,
                             [](Signed a, Signed b, Signed) { return a + b; }));
    cases.push_back(wrapping("sub", type, 2,
                             [](Signed a, Signed b, Signed) { return a - b; }));
    cases.push_back(wrapping("min", type, 2, minimum));
    cases.push_back(wrapping("max", type, 2, maximum));
    cases.push_back(wrapping("sad", type, 3, [](Signed a, Signed b, Signed c) {
      return c + (a < b ? b - a : a - b);
    }));
    if (type.isSigned) {
      cases.push_back(wrapping("abs", type, 1, absolute));
      cases.push_back(wrapping("neg", type, 1,
                               [](Signed a, Signed, Signed) { return -a; }));
    }
    for (bool isMad : {false, true}) {
      std::string name = isMad ? "mad" : "mul";
      unsigned operands = isMad ? 3 : 2;
      auto addend = [isMad](const uint64_t *in) { return isMad ? in[2] : 0; };
      cases.push_back(
          exactly(name + ".lo." + type.name, operands, [=](const uint64_t *in) {
            return type.pattern(productFrom(type, in[0], in[1], 0) +
                                addend(in));
          }));
      cases.push_back(
          exactly(name + ".hi." + type.name, operands, [=](const uint64_t *in) {
            return type.pattern(productFrom(type, in[0], in[1], type.bits) +
                                addend(in));
          }));
      if (type.bits < 64)
        cases.push_back(exactly(
            name + ".wide." + type.name, operands, [=](const uint64_t *in) {
              uint64_t sum = productFrom(type, in[0], in[1], 0) + addend(in);
              return type.bits == 16 ? uint32_t(sum) : sum;
            }));
    }
  }
  sweep(cases);
}

TEST(Integer, DivisionNeverTraps) {
  std::vector<Case> cases;
  for (const Integer &type : integers) {
    cases.push_back(wrapping("div", type, 2, [](Signed a, Signed b, Signed) {
      return b ? a / b : -1;
    }));
    cases.push_back(wrapping("rem", type, 2, [](Signed a, Signed b, Signed) {
      return b ? a % b : -1;
    }));
  }
  sweep(cases);
}

TEST(Integer, Saturation) {
  const Integer &s32 = integers[3];
  auto saturating = [&](std::string text, unsigned operands, auto function) {
    return exactly(std::move(text), operands, [=](const uint64_t *in) {
      return s32.clamp(function(s32.value(in[0]), s32.value(in[1]),
                                operands > 2 ? s32.value(in[2]) : 0));
    });
  };
  auto low24 = [](Signed value) {
    return Signed(int32_t(uint32_t(value) << 8) >> 8);
  };
  sweep({
      saturating("add.sat.s32", 2,
                 [](Signed a, Signed b, Signed) { return a + b; }),
      saturating("sub.sat.s32", 2,
                 [](Signed a, Signed b, Signed) { return a - b; }),
      saturating(
          "mad.hi.sat.s32", 3,
          [](Signed a, Signed b, Signed c) { return (a * b >> 32) + c; }),
      saturating("mad24.hi.sat.s32", 3,
                 [=](Signed a, Signed b, Signed c) {
                   return Signed(int32_t(low24(a) * low24(b) >> 16)) + c;
                 }),
      saturating("min.relu.s32", 2,
                 [](Signed a, Signed b, Signed) {
                   return maximum(minimum(a, b, 0), 0, 0);
                 }),
      saturating("max.relu.s32", 2,
                 [](Signed a, Signed b, Signed) {
                   return maximum(maximum(a, b, 0), 0, 0);
                 }),
  });
}

TEST(Integer, ProductsOf24Bits) {
  std::vector<Case> cases;
  for (const char *name : {"u32", "s32"})
    for (bool isMad : {false, true})
      for (bool isHigh : {false, true}) {
        Integer type = {name, 24, name[0] == 's'};
        std::string text = std::string(isMad ? "mad24." : "mul24.") +
                           (isHigh ? "hi." : "lo.") + name;
        cases.push_back(
            exactly(text, isMad ? 3 : 2, [=](const uint64_t *in) -> uint64_t {
              Signed product = type.value(in[0]) * type.value(in[1]);
              uint32_t part = uint32_t(isHigh ? product >> 16 : product);
              return uint32_t(part + (isMad ? uint32_t(in[2]) : 0));
            }));
      }
  sweep(cases);
}

TEST(Integer, PackedHalves) {
  std::vector<Case> cases;
  auto packed = [&](std::string opcode, bool isSigned, auto function) {
    Integer type = {"", 16, isSigned};
    cases.push_back(exactly(
        opcode + (isSigned ? ".s16x2" : ".u16x2"), 2, [=](const uint64_t *in) {
          uint64_t result = 0;
          for (unsigned shift : {0, 16})
            result |= type.pattern(function(type.value(in[0] >> shift),
                                            type.value(in[1] >> shift)))
                      << shift;
          return result;
        }));
  };
  for (bool isSigned : {false, true}) {
    packed("add", isSigned, [](Signed a, Signed b) { return a + b; });
    packed("sub", isSigned, [](Signed a, Signed b) { return a - b; });
    packed("min", isSigned, [](Signed a, Signed b) { return a < b ? a : b; });
    packed("max", isSigned, [](Signed a, Signed b) { return a > b ? a : b; });
  }
  packed("min.relu", true,
         [](Signed a, Signed b) { return maximum(a < b ? a : b, 0, 0); });
  packed("max.relu", true,
         [](Signed a, Signed b) { return maximum(a > b ? a : b, 0, 0); });
  sweep(cases);
}

TEST(Integer, DotProducts) {
  std::vector<Case> cases;
  for (bool aSigned : {false, true})
    for (bool bSigned : {false, true}) {
      std::string types =
          std::string(aSigned ? ".s32" : ".u32") + (bSigned ? ".s32" : ".u32");
      Integer a8 = {"", 8, aSigned}, a16 = {"", 16, aSigned};
      Integer b8 = {"", 8, bSigned};
      cases.push_back(exactly("dp4a" + types, 3, [=](const uint64_t *in) {
        Signed sum = in[2];
        for (unsigned i = 0; i < 4; ++i)
          sum += a8.value(in[0] >> 8 * i) * b8.value(in[1] >> 8 * i);
        return uint64_t(uint32_t(sum));
      }));
      for (bool isHigh : {false, true})
        cases.push_back(
            exactly(std::string("dp2a.") + (isHigh ? "hi" : "lo") + types, 3,
                    [=](const uint64_t *in) {
                      Signed sum = in[2];
                      for (unsigned i = 0; i < 2; ++i)
                        sum += a16.value(in[0] >> 16 * i) *
                               b8.value(in[1] >> (8 * i + (isHigh ? 16 : 0)));
                      return uint64_t(uint32_t(sum));
                    }));
    }
  sweep(cases);
}

TEST(Integer, AbsoluteDifferences) {
  std::vector<Case> cases;
  const char *endings[] = {"", ".sat", ".add"};
  for (unsigned count : {2, 4})
    for (unsigned kinds = 0; kinds < 8; ++kinds)
      for (const char *ending : endings) {
        unsigned bits = 32 / count;
        Integer result = {"", bits, (kinds & 1) != 0};
        Integer a = {"", bits, (kinds & 2) != 0}, b = {"", bits, kinds >= 4};
        auto name = [](const Integer &type) {
          return std::string(type.isSigned ? ".s32" : ".u32");
        };
        cases.push_back(
            exactly("vabsdiff" + std::to_string(count) + name(result) +
                        name(a) + name(b) + ending,
                    3, [=](const uint64_t *in) -> uint64_t {
                      std::string_view tail = ending;
                      bool adds = tail == ".add", saturates = tail == ".sat";
                      uint64_t word = adds ? in[2] : 0;
                      for (unsigned shift = 0; shift < 32; shift += bits) {
                        Signed difference =
                            a.value(in[0] >> shift) - b.value(in[1] >> shift);
                        difference = difference < 0 ? -difference : difference;
                        if (adds)
                          word += difference;
                        else
                          word |= (saturates ? result.clamp(difference)
                                             : result.pattern(difference))
                                  << shift;
                      }
                      return uint32_t(word);
                    }));
      }
  sweep(cases);
}

/// Instructions that read or set the carry flag.
TEST(Integer, Carry) {
  std::vector<Case> cases;
  auto add = [&](std::string text, unsigned bits, bool reads, bool sets,
                 unsigned operands, auto terms) {
    Case test;
    test.subject = {text, operands, 1, {}, true};
    Integer type = {"", bits, false};
    test.model = [=](const uint64_t *in, uint64_t *out) {
      // {minuend or sum of terms, subtrahend}
      auto [plus, minus] = terms(in, type);
      uint64_t carry = in[operands];
      bool isSubtraction = text.starts_with("sub");
      if (reads)
        (isSubtraction ? minus : plus) += carry;
      Signed result = plus - minus;
      out[0] = type.pattern(result);
      out[1] = sets ? (result < 0 || result > type.highest()) : carry;
    };
    cases.push_back(test);
  };
  using Terms = std::pair<Signed, Signed>;
  auto sum = [](const uint64_t *in, const Integer &) {
    return Terms(Signed(in[0]) + in[1], 0);
  };
  auto difference = [](const uint64_t *in, const Integer &) {
    return Terms(in[0], in[1]);
  };
  for (bool isSigned : {false, true})
    for (unsigned bits : {32, 64}) {
      std::string name = (isSigned ? "s" : "u") + std::to_string(bits);
      add("add.cc." + name, bits, false, true, 2, sum);
      add("addc." + name, bits, true, false, 2, sum);
      add("addc.cc." + name, bits, true, true, 2, sum);
      add("sub.cc." + name, bits, false, true, 2, difference);
      add("subc." + name, bits, true, false, 2, difference);
      add("subc.cc." + name, bits, true, true, 2, difference);
      for (bool isHigh : {false, true}) {
        auto product = [=](const uint64_t *in, const Integer &type) {
          Integer factor = {"", bits, isSigned};
          uint64_t part = productFrom(factor, in[0], in[1], isHigh ? bits : 0);
          return Terms(Signed(type.pattern(part)) + in[2], 0);
        };
        std::string half = isHigh ? "hi." : "lo.";
        add("mad." + half + "cc." + name, bits, false, true, 3, product);
        add("madc." + half + name, bits, true, false, 3, product);
        add("madc." + half + "cc." + name, bits, true, true, 3, product);
      }
    }
  sweep(cases);
}

} // namespace
