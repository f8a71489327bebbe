//===- RefusalTest.cpp - What the emitter refuses -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace weft;
using namespace weft::cusim::test;

namespace {

struct Refused {
  const char *text;
  unsigned operands;
  /// A part of the message.
  const char *message;
};

/// What the parser's tables let through or not: no modifier is dropped.
TEST(Refusal, NamesTheLineAndTheModifier) {
  const Refused list[] = {
      {"add.sat.u32", 2, ".sat"},
      {"add.ftz.f64", 2, "carries .ftz"},
      {"mul.rn.sat.f64", 2, "carries .sat"},
      {"mul.u32", 2, "none of .lo, .hi and .wide"},
      {"mul.wide.u64", 2, "has type .u64"},
      {"mad.lo.sat.s32", 3, ".sat"},
      {"mul24.u32", 2, "neither .lo nor .hi"},
      {"min.relu.u32", 2, ".relu"},
      {"min.ftz.f64", 2, "carries .ftz"},
      {"min.xorsign.f32", 2, ".xorsign without .abs"},
      {"fma.f32", 3, "says no rounding"},
      {"fma.rn.sat.bf16", 3, "carries .sat"},
      {"fma.rn.relu.f32", 3, "carries .relu"},
      {"add.rz.f16", 2, "carries .rz"},
      {"div.f32", 2, "says no rounding"},
      {"div.approx.rn.f32", 2, "carries .rn"},
      {"sqrt.approx.rn.f32", 1, "both .approx and a rounding"},
      {"div.approx.f64", 2, "has type .f64"},
      {"rcp.approx.f64", 1, "lacks .ftz"},
      {"ex2.f32", 1, "lacks .approx"},
      {"ex2.approx.bf16", 1, "lacks .ftz"},
      {"ex2.approx.ftz.f16", 1, "carries .ftz"},
      {"tanh.approx.ftz.bf16", 1, "carries .ftz"},
      {"sin.approx.f64", 1, "has type .f64"},
      {"testp.f32", 1, "says no property"},
      {"addc.u32", 2, "no instruction has set"},
      {"addc.u16", 2, "has type .u16"},
      {"shl.b8", 2, "has type .b8"},
      {"shf.clamp.b32", 3, "neither .l nor .r"},
      {"shf.l.b32", 3, "neither .clamp nor .wrap"},
      {"bfe.u16", 3, "has type .u16"},
      {"lop3.b32", 4, "table"},
      {"setp.lt.b32", 2, "compares by .lt"},
      {"setp.lo.s32", 2, "compares by .lo"},
      {"setp.equ.u32", 2, "compares by .equ"},
      {"setp.u32", 2, "says no comparison"},
      {"setp.eq.ftz.f64", 2, "carries .ftz"},
      {"set.eq.u16.f16x2", 2, "has type .u16.f16x2"},
      {"slct.f32.u32", 3, "has type .f32.u32"},
      {"cvt.f32.s32", 1, "says no rounding"},
      {"cvt.rn.s32.f32", 1, "says no integer rounding"},
      {"cvt.f16.f32", 1, "says no rounding"},
      {"cvt.rn.f32.f16", 1, "carries .rn"},
      {"cvt.ftz.f64.f16", 1, "carries .ftz"},
      {"cvt.rni.f64.f32", 1, "carries .rni"},
      {"cvt.rm.tf32.f32", 1, "says no rounding of .tf32"},
      {"cvt.rn.e4m3x2.f32", 2, "lacks .rn.satfinite"},
      {"cvt.rn.satfinite.e4m3x2.f64", 2, "has type .e4m3x2.f64"},
      {"cvt.rm.f16x2.f32", 2, "says no rounding that it has"},
      {"cvt.rn.satfinite.f64.f32", 1, "carries ."},
      {"cvt.pack.u16.s32", 2, "lacks .sat"},
  };
  for (const Refused &refused : list) {
    Subject subject;
    subject.text = refused.text;
    subject.operands = refused.operands;
    Status status = tryToEmit(makeInstruction(subject), subject, 1);
    ASSERT_FALSE(status) << refused.text << " was accepted";
    EXPECT_THAT(status.message(),
                testing::StartsWith("line 7, column 3: '" +
                                    std::string(refused.text) + "'"));
    EXPECT_THAT(status.message(), testing::HasSubstr(refused.message));
  }
}

} // namespace
