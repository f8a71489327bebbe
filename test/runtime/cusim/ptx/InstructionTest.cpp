//===- InstructionTest.cpp - Words and operands of instructions ---------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/ptx/PtxText.h"

#include <gtest/gtest.h>

using namespace weft::cusim::ptx;
using Kind = Operand::Kind;

TEST(Instruction, keepsWordsInTheirOrder) {
  Instruction cvt = instructionOf("cvt.rn.ftz.f16.f32 %h1, %f1;");
  EXPECT_EQ(cvt.opcode, Opcode::Cvt);
  EXPECT_EQ(cvt.modifiers, (std::vector{Modifier::Rn, Modifier::Ftz}));
  EXPECT_EQ(cvt.types, (std::vector{Type::F16, Type::F32}));
  EXPECT_TRUE(cvt.has(Modifier::Ftz));
  EXPECT_FALSE(cvt.has(Modifier::Sat));
  EXPECT_EQ(cvt.type(1), Type::F32);
  EXPECT_EQ(cvt.type(2), Type::None);
  EXPECT_EQ(cvt.location.line, 13u);
  EXPECT_EQ(cvt.location.column, 1u);
}

TEST(Instruction, keepsItsText) {
  EXPECT_EQ(instructionOf("@!%p1  add.s32\t%r1,\n %r2, 3 ;").text,
            "@!%p1 add.s32 %r1, %r2, 3");
}

TEST(Instruction, theLongestOpcodeCounts) {
  EXPECT_EQ(instructionOf("cp.async.wait_all;").opcode, Opcode::CpAsyncWaitAll);
  EXPECT_EQ(instructionOf("cp.async.bulk.commit_group;").opcode,
            Opcode::CpAsyncBulkCommitGroup);
  EXPECT_EQ(instructionOf("bar.sync 0;").opcode, Opcode::BarSync);
  EXPECT_EQ(instructionOf("bar.cta.sync 0;").opcode, Opcode::BarSync);
  EXPECT_EQ(instructionOf("barrier.cta.sync.aligned 0;").opcode,
            Opcode::BarrierSync);
  EXPECT_EQ(instructionOf("barrier.cluster.wait.acquire;").opcode,
            Opcode::BarrierClusterWait);
  EXPECT_EQ(instructionOf("bar.warp.sync -1;").opcode, Opcode::BarWarpSync);
  EXPECT_EQ(instructionOf("fence.proxy.async;").opcode, Opcode::FenceProxy);
  EXPECT_EQ(instructionOf("fence.acq_rel.gpu;").opcode, Opcode::Fence);
}

TEST(Instruction, knowsSpaceAndVectorLength) {
  Instruction load =
      instructionOf("ld.global.v4.f32 {%f1, _, %f3, %f4}, [%d1+-8];");
  EXPECT_EQ(load.space(), Space::Global);
  EXPECT_EQ(load.vectorLength(), 4u);
  ASSERT_EQ(load.operands.size(), 2u);
  EXPECT_EQ(load.operands[0].elements.size(), 4u);
  EXPECT_EQ(load.operands[0].elements[1].kind, Kind::Sink);
  EXPECT_EQ(instructionOf("ld.u8 %r1, [%d1];").space(), Space::Generic);
  EXPECT_EQ(instructionOf("st.shared::cta.b8 [%d1], %h1;").space(),
            Space::Shared);
  EXPECT_EQ(instructionOf("ld.param::entry.u64 %d1, [pointer];").space(),
            Space::Param);
}

TEST(Instruction, readsAddresses) {
  auto address = [](const char *text) {
    return instructionOf("ld.b32 %r1, " + std::string(text) + ";").operands[1];
  };
  Operand operand = address("[%d1+-8]");
  EXPECT_EQ(operand.kind, Kind::Address);
  EXPECT_EQ(int64_t(operand.bits), -8);
  EXPECT_EQ(operand.elements[0].kind, Kind::Register);
  EXPECT_EQ(int64_t(address("[%r2 - 4]").bits), -4);
  operand = address("[buffer+4*(2+1)]");
  EXPECT_EQ(operand.bits, 12u);
  EXPECT_EQ(operand.elements[0].kind, Kind::Variable);
  EXPECT_EQ(operand.elements[0].bits, 0u);
  operand = address("[0x1000]");
  EXPECT_EQ(operand.bits, 0x1000u);
  EXPECT_TRUE(operand.elements.empty());
}

TEST(Instruction, readsTensorAddresses) {
  Instruction copy = instructionOf(
      "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx"
      "::bytes.L2::cache_hint [buffer], [%d1, {%r1, 2, %r3}], [%d2], %d3;");
  EXPECT_EQ(copy.opcode, Opcode::CpAsyncBulkTensor);
  ASSERT_EQ(copy.operands.size(), 4u);
  const Operand &tensor = copy.operands[1];
  EXPECT_EQ(tensor.kind, Kind::TensorAddress);
  ASSERT_EQ(tensor.elements.size(), 4u);
  EXPECT_EQ(tensor.elements[0].kind, Kind::Address);
  EXPECT_EQ(tensor.elements[2].bits, 2u);
  EXPECT_EQ(copy.space(), Space::SharedCluster);
}

TEST(Instruction, readsSpecialRegisters) {
  Operand tid = instructionOf("mov.u32 %r1, %tid.y;").operands[1];
  EXPECT_EQ(tid.kind, Kind::Special);
  EXPECT_EQ(tid.special, Special::Tid);
  EXPECT_EQ(tid.component, 1);
  EXPECT_EQ(instructionOf("mov.u64 %d1, %clock64;").operands[1].special,
            Special::Clock64);
  EXPECT_EQ(
      instructionOf("mov.pred %p1, %is_explicit_cluster;").operands[1].special,
      Special::IsExplicitCluster);
}

TEST(Instruction, joinsTwoResults) {
  Instruction setp = instructionOf("setp.lt.and.s32 %p1|%p2, %r1, -5, !%p3;");
  ASSERT_EQ(setp.operands.size(), 5u);
  EXPECT_EQ(int64_t(setp.operands[3].bits), -5);
  EXPECT_TRUE(setp.operands[4].negated);
  EXPECT_EQ(instructionOf("elect.sync _|%p1, -1;").operands[0].kind,
            Kind::Sink);
  EXPECT_EQ(
      instructionOf("shfl.sync.idx.b32 %r1, %r2, 1, 31, -1;").operands.size(),
      5u);
}

TEST(Instruction, readsMatrices) {
  Instruction mma = instructionOf(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f1,%f2,%f3,%f4},"
      "{%r1,%r2,%r3,%r4}, {%r5,%r6}, {%f1,%f2,%f3,%f4};");
  EXPECT_EQ(mma.shape, (MatrixShape{16, 8, 16}));
  EXPECT_EQ(mma.types.size(), 4u);
  std::string results;
  for (int i = 0; i < 4; ++i)
    results += (i ? ",%f" : "%f") + std::to_string(i);
  Instruction wgmma =
      instructionOf("wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {" +
                    results + "}, %d1, %d2, %p1, 1, -1, 0, 1;");
  EXPECT_EQ(wgmma.shape, (MatrixShape{64, 8, 16}));
  EXPECT_EQ(wgmma.operands.size(), 8u);
}

/// One of each kind that the tables describe.
TEST(Instruction, acceptsWhatThePtxManualShows) {
  for (const char *text : {
           "add.cc.u32 %r1, %r2, %r3;",
           "mad.wide.s16 %r1, %h1, %h2, %r3;",
           "add.sat.s32 %r1, %r2, 4;",
           "fma.rn.relu.bf16x2 %r1, %r2, %r3, %r4;",
           "min.xorsign.abs.f32 %f1, %f2, %f3;",
           "max.s16x2.relu %r1, %r2, %r3;",
           "set.eq.ftz.u32.f32 %r1, %f1, 0f00000000;",
           "slct.f32.s32 %f1, %f2, %f3, %r1;",
           "lop3.or.b32 %r1|%p1, %r2, %r3, %r4, 0x80, !%p2;",
           "prmt.b32.f4e %r1, %r2, %r3, %r4;",
           "bfind.shiftamt.u64 %r1, %d1;",
           "vabsdiff4.u32.u32.u32.add %r1, %r2, %r3, %r4;",
           "mov.b64 {%r1, %r2}, %d1;",
           "mov.b32 %r1, {%h1, 5};",
           "mov.b128 %q1, {%d1, %d2};",
           "mov.u64 %d1, buffer+16;",
           "mov.b32 %r1, 0f3F800000;",
           "cvt.sat.s8.s32 %r1, %r2;",
           "cvt.rn.satfinite.relu.e4m3x2.f32 %h1, %f1, %f2;",
           "cvt.rna.tf32.f32 %r1, %f1;",
           "cvt.rni.ftz.f32.f32 %f1, %f2;",
           "ld.relaxed.gpu.global.L1::no_allocate.b64 %d1, [%d2];",
           "ld.global.nc.L2::128B.v2.b64 {%d1, %d3}, [%d2];",
           "ld.global.volatile.u8 %h1, [%d2];",
           "st.global.L2::cache_hint.b32 [%d1], 5, %d2;",
           "atom.add.acquire.gpu.s32 %r1, [%d1], 2;",
           "atom.global.cas.b128 %q1, [%d1], %q2, %q3;",
           "red.relaxed.sys.global.add.noftz.bf16x2 [%d1], %r1;",
           "red.global.add.v4.f32 [%d1], {%f1, %f2, %f3, %f4};",
           "createpolicy.fractional.L2::evict_last.b64 %d1, 0f3F800000;",
           "cvta.to.shared.u64 %d1, %d2;",
           "cvta.shared.u64 %d1, buffer;",
           "bar.red.popc.u32 %r1, 1, %r2, !%p1;",
           "bar.red.and.pred %p1, 1, %p2;",
           "vote.sync.ballot.b32 %r1, %p1, -1;",
           "match.all.sync.b64 %r1|%p1, %d1, %r2;",
           "redux.sync.xor.b32 %r1, %r2, -1;",
           "setmaxnreg.inc.sync.aligned.u32 232;",
           "griddepcontrol.launch_dependents;",
           "ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 "
           "{%r1,%r2,%r3,%r4}, [%r5];",
           "stmatrix.sync.aligned.m8n8.x1.shared.b16 [%r5], {%r1};",
           "cp.async.cg.shared.global.L2::128B [%r1], [%d1], 16, %r2;",
           "cp.async.bulk.global.shared::cta.bulk_group [%d1], [%r1], %r2;",
           "mbarrier.arrive.shared::cluster.b64 _, [%r1];",
           "mbarrier.arrive.expect_tx.release.cta.shared::cta.b64 %d1, [%r1], "
           "%r2;",
           "mbarrier.try_wait.parity.shared::cta.b64 %p1, [%r1], %r2, 1000;",
           "fence.mbarrier_init.release.cluster;",
           "fence.proxy.tensormap::generic.acquire.gpu [%d1], 128;",
           "tensormap.replace.tile.box_dim.global.b1024.b32 [%d1], 3, %r1;",
       })
    EXPECT_TRUE(parse(kernelText(text))) << parse(kernelText(text)).message();
}
