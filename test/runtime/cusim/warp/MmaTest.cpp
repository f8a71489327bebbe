//===- MmaTest.cpp - mma.sync of every shape and type ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/warp/MatrixModel.h"

#include <chrono>
#include <gtest/gtest.h>

using namespace weft::cusim;
using ptx::MatrixShape;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Type;

namespace {

unsigned groupId(unsigned lane) { return lane >> 2; }
unsigned threadInGroup(unsigned lane) { return lane % 4; }

/// The formulas of "Matrix Fragments for mma.m...", one section of the manual
/// each, as it writes them: %groupID is g, %threadID_in_group is t.
struct Fragments {
  Layout a, b, c;
};

Layout layout(std::function<RowColumn(unsigned g, unsigned t, unsigned i)> f) {
  return [f](unsigned lane, unsigned i) {
    return f(groupId(lane), threadInGroup(lane), i);
  };
}

Layout accumulators16() {
  return layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
    return {i < 2 ? g : g + 8, t * 2 + (i & 1)};
  });
}
Layout accumulators8() {
  return layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
    return {g, t * 2 + i};
  });
}
/// A of one register a row; B of one register: `e` elements each.
Layout rowsOf(unsigned e) {
  return layout([e](unsigned g, unsigned t, unsigned i) -> RowColumn {
    return {i < e ? g : g + 8, t * e + i % e};
  });
}
Layout columnsOf(unsigned e) {
  return layout([e](unsigned g, unsigned t, unsigned i) -> RowColumn {
    return {t * e + i, g};
  });
}

const Fragments M8 = {rowsOf(1), columnsOf(1), accumulators8()};

/// m16n8k16 of f16 and bf16.
const Fragments HalfK16 = {
    layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
      return {i < 2 || (i >= 4 && i < 6) ? g : g + 8,
              i < 4 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8};
    }),
    layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
      return {i < 2 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8, g};
    }),
    accumulators16()};
/// m16n8k8 of tf32 and f64.
const Fragments WordK8 = {
    layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
      return {i == 0 || i == 2 ? g : g + 8, i < 2 ? t : t + 4};
    }),
    layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
      return {i == 0 ? t : t + 4, g};
    }),
    accumulators16()};
/// m16n8k16 of f64.
const Fragments DoubleK16 = {
    layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
      return {i % 2 == 0 ? g : g + 8, (i % 2 == 0 ? i * 2 : i * 2 - 2) + t};
    }),
    layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
      return {i * 4 + t, g};
    }),
    accumulators16()};
/// m16n8k32 of 8 bits.
const Fragments ByteK32 = {
    layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
      return {i < 4 || (i >= 8 && i < 12) ? g : g + 8,
              i < 8 ? t * 4 + (i & 3) : t * 4 + (i & 3) + 16};
    }),
    layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
      return {i < 4 ? t * 4 + (i & 3) : t * 4 + (i & 3) + 16, g};
    }),
    accumulators16()};
/// m16n8k64 of 4 bits.
const Fragments NibbleK64 = {
    layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
      return {i < 8 || (i >= 16 && i < 24) ? g : g + 8,
              i < 16 ? t * 8 + (i & 7) : t * 8 + (i & 7) + 32};
    }),
    layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
      return {i < 8 ? t * 8 + (i & 7) : t * 8 + (i & 7) + 32, g};
    }),
    accumulators16()};
/// m16n8k256 of single bits.
const Fragments BitK256 = {
    layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
      return {i < 32 || (i >= 64 && i < 96) ? g : g + 8,
              i < 64 ? t * 32 + (i & 31) : t * 32 + (i & 31) + 128};
    }),
    layout([](unsigned g, unsigned t, unsigned i) -> RowColumn {
      return {i < 32 ? t * 32 + (i & 31) : t * 32 + (i & 31) + 128, g};
    }),
    accumulators16()};

Fragments singles(unsigned m, unsigned elements) {
  return {rowsOf(elements), columnsOf(elements),
          m == 8 ? accumulators8() : accumulators16()};
}

struct Case {
  MatrixShape shape;
  ProductTypes types;
  Fragments fragments;
};

std::vector<Case> allCases() {
  std::vector<Case> cases;
  for (Type c : {Type::F16, Type::F32}) {
    cases.push_back({{16, 8, 8}, {Type::F16, Type::F16, c, c}, singles(16, 2)});
    cases.push_back({{16, 8, 16}, {Type::F16, Type::F16, c, c}, HalfK16});
    for (Type a : {Type::E4M3, Type::E5M2})
      for (Type b : {Type::E4M3, Type::E5M2}) {
        cases.push_back({{16, 8, 16}, {a, b, c, c}, singles(16, 4)});
        cases.push_back({{16, 8, 32}, {a, b, c, c}, ByteK32});
      }
  }
  ProductTypes brain{Type::BF16, Type::BF16, Type::F32, Type::F32};
  cases.push_back({{16, 8, 8}, brain, singles(16, 2)});
  cases.push_back({{16, 8, 16}, brain, HalfK16});
  ProductTypes tensor{Type::TF32, Type::TF32, Type::F32, Type::F32};
  cases.push_back({{16, 8, 4}, tensor, singles(16, 1)});
  cases.push_back({{16, 8, 8}, tensor, WordK8});
  ProductTypes twice{Type::F64, Type::F64, Type::F64, Type::F64};
  cases.push_back({{8, 8, 4}, twice, M8});
  cases.push_back({{16, 8, 4}, twice, singles(16, 1)});
  cases.push_back({{16, 8, 8}, twice, WordK8});
  cases.push_back({{16, 8, 16}, twice, DoubleK16});
  for (bool isSaturating : {false, true}) {
    for (Type a : {Type::S8, Type::U8})
      for (Type b : {Type::S8, Type::U8}) {
        ProductTypes types{a, b, Type::S32, Type::S32, isSaturating};
        cases.push_back({{8, 8, 16}, types, singles(8, 4)});
        cases.push_back({{16, 8, 16}, types, singles(16, 4)});
        cases.push_back({{16, 8, 32}, types, ByteK32});
      }
    for (Type a : {Type::S4, Type::U4})
      for (Type b : {Type::S4, Type::U4}) {
        ProductTypes types{a, b, Type::S32, Type::S32, isSaturating};
        cases.push_back({{8, 8, 32}, types, singles(8, 8)});
        cases.push_back({{16, 8, 32}, types, singles(16, 8)});
        cases.push_back({{16, 8, 64}, types, NibbleK64});
      }
  }
  for (bool isXor : {false, true}) {
    ProductTypes types{Type::B1, Type::B1, Type::S32, Type::S32, false, isXor};
    cases.push_back({{8, 8, 128}, types, singles(8, 32)});
    cases.push_back({{16, 8, 128}, types, singles(16, 32)});
    cases.push_back({{16, 8, 256}, types, BitK256});
  }
  return cases;
}

ptx::Instruction mmaOf(const MatrixShape &shape, const ProductTypes &types) {
  std::vector<Modifier> modifiers = {Modifier::Sync, Modifier::Aligned,
                                     Modifier::Row, Modifier::Col};
  if (types.isSaturating)
    modifiers.push_back(Modifier::Satfinite);
  if (types.a == Type::B1) {
    modifiers.push_back(types.isXor ? Modifier::Xor : Modifier::And);
    modifiers.push_back(Modifier::Popc);
  }
  auto count = [](unsigned elements, Type type) {
    unsigned width = ptx::bitsOf(type);
    return static_cast<int>(elements * width / WarpSize /
                            (width == 64 ? 64 : 32));
  };
  return makeInstruction(
      Opcode::Mma, modifiers, {types.d, types.a, types.b, types.c},
      {count(shape.m * shape.n, types.d), count(shape.m * shape.k, types.a),
       count(shape.n * shape.k, types.b), count(shape.m * shape.n, types.c)},
      shape);
}

std::string nameOf(const MatrixShape &shape, const ProductTypes &types) {
  return "m" + std::to_string(shape.m) + "n" + std::to_string(shape.n) + "k" +
         std::to_string(shape.k) + "." + std::string(textOf(types.d)) + "." +
         std::string(textOf(types.a)) + "." + std::string(textOf(types.b));
}

class MmaTest : public ::testing::Test, public WarpMachine {};

TEST_F(MmaTest, MultipliesEveryShapeAndType) {
  for (const Case &test : allCases())
    for (Filling filling : {Filling::Small, Filling::Finite, Filling::Any})
      for (uint32_t lanes : {~0u, 0x00ff00ffu}) {
        auto [m, n, k] = test.shape;
        const ProductTypes &types = test.types;
        BitMatrix a = randomMatrix(types.a, m, k, filling, random);
        BitMatrix b = randomMatrix(types.b, k, n, filling, random);
        BitMatrix c = randomMatrix(types.c, m, n, filling, random);
        Words operands;
        appendFragment(operands, a, types.a, test.fragments.a);
        appendFragment(operands, b, types.b, test.fragments.b);
        appendFragment(operands, c, types.c, test.fragments.c);
        Words results = run(mmaOf(test.shape, types), operands, lanes);
        BitMatrix expected = multiplyModel(types, a, b, c);
        BitMatrix d = readFragment(results, 0, m, n, types.d, test.fragments.c);
        if (lanes != ~0u) {
          // Only the rows of these lanes were written.
          for (unsigned row = 0; row < m; ++row)
            for (unsigned column = 0; column < n; ++column)
              if (!(lanes >> (row % 8 * 4 + column / 2) & 1))
                d.at(row, column) = expected.at(row, column);
        }
        expectSame(types.d, d, expected, nameOf(test.shape, types));
      }
}

TEST_F(MmaTest, RoundsDoublesAsAsked) {
  // 1 + 2^-60 is between 1 and the next double; -1 - 2^-60 likewise.
  constexpr double Tiny = 0x1p-60, Next = 0x1p-52;
  struct {
    Modifier rounding;
    double positive, negative;
  } expected[] = {{Modifier::Rn, 1, -1},
                  {Modifier::Rz, 1, -1},
                  {Modifier::Rm, 1, -1 - Next},
                  {Modifier::Rp, 1 + Next, -1}};
  for (auto [rounding, positive, negative] : expected)
    for (double sign : {1.0, -1.0}) {
      BitMatrix a(8, 4), b(4, 8), c(8, 8);
      a.at(2, 0) = std::bit_cast<uint64_t>(sign * Tiny);
      b.at(0, 3) = std::bit_cast<uint64_t>(1.0);
      c.at(2, 3) = std::bit_cast<uint64_t>(sign);
      Words operands;
      appendFragment(operands, a, Type::F64, M8.a);
      appendFragment(operands, b, Type::F64, M8.b);
      appendFragment(operands, c, Type::F64, M8.c);
      auto instruction =
          mmaOf({8, 8, 4}, {Type::F64, Type::F64, Type::F64, Type::F64});
      instruction.modifiers.push_back(rounding);
      BitMatrix d =
          readFragment(run(instruction, operands), 0, 8, 8, Type::F64, M8.c);
      EXPECT_EQ(std::bit_cast<double>(d.at(2, 3)),
                sign > 0 ? positive : negative);
    }
}

TEST_F(MmaTest, KeepsTheSignOfZero) {
  // -0 + (-1 * 0) stays -0; padding the depth with zeros would make it +0.
  ProductTypes types{Type::TF32, Type::TF32, Type::F32, Type::F32};
  Words operands(7);
  for (unsigned word : {0u, 1u})
    operands[word].fill(std::bit_cast<uint32_t>(-1.0f));
  for (unsigned word = 3; word < 7; ++word)
    operands[word].fill(0x80000000);
  for (auto &word : run(mmaOf({16, 8, 4}, types), operands))
    for (uint32_t bits : word)
      EXPECT_EQ(bits, 0x80000000u);
}

TEST_F(MmaTest, RefusesWhatDoesNotExist) {
  ProductTypes half{Type::F16, Type::F16, Type::F32, Type::F32};
  EXPECT_EQ(errorOf(mmaOf({16, 8, 32}, half)),
            "mma: .m16n8k32 is not supported for .f16");
  EXPECT_EQ(errorOf(mmaOf({16, 8, 16},
                          {Type::F16, Type::BF16, Type::F32, Type::F32})),
            "mma: does not multiply .f16 and .bf16 into .f32 from .f32");
  auto columns = mmaOf({16, 8, 16}, half);
  columns.modifiers = {Modifier::Sync, Modifier::Aligned, Modifier::Col,
                       Modifier::Col};
  EXPECT_EQ(errorOf(columns), "mma: takes .row.col only");
  auto saturating = mmaOf({16, 8, 16}, half);
  saturating.modifiers.push_back(Modifier::Satfinite);
  EXPECT_EQ(errorOf(saturating), "mma: .satfinite goes with integers only");
  auto popcount = mmaOf({16, 8, 16}, half);
  popcount.modifiers.push_back(Modifier::Popc);
  EXPECT_EQ(errorOf(popcount),
            "mma: .xor.popc or .and.popc go with .b1, and with it only");
  auto registers = mmaOf({16, 8, 16}, half);
  registers.operands[1].elements.pop_back();
  EXPECT_EQ(errorOf(registers), "mma: operand 2 has 3 registers, expected 4");
}

TEST_F(MmaTest, IsFast) {
  ProductTypes half{Type::F16, Type::F16, Type::F32, Type::F32};
  auto form = collectiveForm(mmaOf({16, 8, 16}, half));
  ASSERT_TRUE(form.isOk());
  Words operands(10), results(4);
  for (auto &word : operands)
    word.fill(0x3c003c00);
  Collective call{&strand,          ~0u, 0, form->immediate, operands[0].data(),
                  results[0].data()};
  double best = 1e9;
  for (int batch = 0; batch < 50; ++batch) {
    auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 1000; ++i)
      form->function(call);
    std::chrono::duration<double, std::micro> time =
        std::chrono::steady_clock::now() - begin;
    best = std::min(best, time.count() / 1000);
  }
  RecordProperty("microseconds", std::to_string(best));
  std::printf("mma.m16n8k16.f32.f16: %.3f us, %.1f GFLOP/s\n", best,
              16 * 8 * 16 * 2 / best / 1e3);
#if defined(NDEBUG) && !__has_feature(address_sanitizer)
  // 5 GFLOP/s.
  EXPECT_LT(best, 0.8);
#endif
}

} // namespace
