//===- FormTest.cpp - Forms of instructions as the parser reads them ------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One line of PTX for each kind of instruction, with what it must become.
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/Parser.h"
#include "runtime/cusim/warp/Collective.h"

#include <gtest/gtest.h>

using namespace weft::cusim;

namespace {

struct Line {
  const char *text;
  const char *symbol;
  unsigned operandWords, resultWords;
};

const Line Lines[] = {
    {"shfl.sync.bfly.b32 %r0|%p0, %r1, 1, 31, -1", "cusim_shfl", 3, 2},
    {"shfl.sync.idx.b32 %r0, %r1, %r2, 31, %r3", "cusim_shfl", 3, 1},
    {"vote.sync.ballot.b32 %r0, !%p1, %r3", "cusim_vote", 1, 1},
    {"vote.sync.all.pred %p0, %p1, -1", "cusim_vote", 1, 1},
    {"match.any.sync.b64 %r0, %rd1, -1", "cusim_match_any", 2, 1},
    {"match.all.sync.b32 %r0|%p0, %r1, -1", "cusim_match_all", 1, 2},
    {"redux.sync.min.s32 %r0, %r1, -1", "cusim_redux", 1, 1},
    {"elect.sync _|%p0, -1", "cusim_elect", 0, 2},
    {"bar.warp.sync -1", "cusim_warp_barrier", 0, 0},
    {"ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%r0, %r1, %r2, %r3}, "
     "[%r4]",
     "cusim_ldmatrix", 2, 4},
    {"stmatrix.sync.aligned.m8n8.x2.shared.b16 [%r4], {%r0, %r1}",
     "cusim_stmatrix", 4, 0},
    {"movmatrix.sync.aligned.m8n8.trans.b16 %r0, %r1", "cusim_movmatrix", 1, 1},
    {"mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%f0, %f1, %f2, "
     "%f3}, {%r0, %r1, %r2, %r3}, {%r4, %r5}, {%f0, %f1, %f2, %f3}",
     "cusim_mma_float", 10, 4},
    {"mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%fd0, %fd1}, {%fd2}, "
     "{%fd3}, {%fd0, %fd1}",
     "cusim_mma_double", 8, 4},
    {"mma.sync.aligned.m16n8k256.row.col.s32.b1.b1.s32.and.popc {%r0, %r1, "
     "%r2, %r3}, {%r0, %r1, %r2, %r3}, {%r4, %r5}, {%r0, %r1, %r2, %r3}",
     "cusim_mma_bits", 10, 4},
    {"mma.sync.aligned.m16n8k32.row.col.satfinite.s32.s8.u8.s32 {%r0, %r1, "
     "%r2, %r3}, {%r0, %r1, %r2, %r3}, {%r4, %r5}, {%r0, %r1, %r2, %r3}",
     "cusim_mma_integer", 10, 4},
    {"wmma.load.a.sync.aligned.row.m16n16k16.global.f16 {%r0, %r1, %r2, %r3, "
     "%r4, %r5, %r6, %r7}, [%rd0], %r8",
     "cusim_wmma_load", 3, 8},
    {"wmma.store.d.sync.aligned.col.m16n16k16.shared.f16 [%r8], {%r0, %r1, "
     "%r2, %r3}",
     "cusim_wmma_store", 6, 0},
    {"wmma.mma.sync.aligned.row.col.m16n16k16.f16.f16 {%r0, %r1, %r2, %r3}, "
     "{%r0, %r1, %r2, %r3, %r4, %r5, %r6, %r7}, {%r0, %r1, %r2, %r3, %r4, "
     "%r5, %r6, %r7}, {%r0, %r1, %r2, %r3}",
     "cusim_wmma_float", 20, 4},
    {"cp.async.ca.shared.global [%r0], [%rd0], 4", "cusim_async_copy", 4, 0},
    {"cp.async.cg.shared.global.L2::cache_hint.L2::128B [%r0], [%rd0], 16, "
     "%r1, %rd1",
     "cusim_async_copy", 5, 0},
    {"cp.async.ca.shared.global [%r0], [%rd0], 8, %p0", "cusim_async_copy", 5,
     0},
    {"cp.async.commit_group", "cusim_async_commit", 0, 0},
    {"cp.async.wait_group 2", "cusim_async_wait", 0, 0},
    {"cp.async.wait_all", "cusim_async_wait_all", 0, 0},
    {"cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%r0]",
     "cusim_async_arrive", 2, 0},
    {"mbarrier.init.shared::cta.b64 [%r0], 1", "cusim_mbarrier", 3, 0},
    {"mbarrier.inval.shared::cta.b64 [%r0]", "cusim_mbarrier", 2, 0},
    {"mbarrier.arrive.shared::cta.b64 %rd0, [%r0]", "cusim_mbarrier", 2, 2},
    {"mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r0], %r1",
     "cusim_mbarrier", 3, 0},
    {"mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%r0]",
     "cusim_mbarrier", 2, 0},
    {"mbarrier.try_wait.parity.shared::cta.b64 %p0, [%r0], %r1, 1000",
     "cusim_mbarrier", 3, 1},
    {"mbarrier.test_wait.shared::cta.b64 %p0, [%r0], %rd0", "cusim_mbarrier", 4,
     1},
    {"mbarrier.pending_count.b64 %r0, %rd0", "cusim_mbarrier_pending_count", 2,
     1},
    {"cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes."
     "multicast::cluster [%r0], [%rd0], %r1, [%r2], %rs0",
     "cusim_bulk_copy", 8, 0},
    {"cp.async.bulk.global.shared::cta.bulk_group [%rd0], [%r0], %r1",
     "cusim_bulk_copy", 5, 0},
    {"cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32 [%rd0], "
     "[%r0], %r1",
     "cusim_bulk_copy", 5, 0},
    {"cp.async.bulk.commit_group", "cusim_bulk_commit", 0, 0},
    {"cp.async.bulk.wait_group.read 0", "cusim_bulk_wait", 0, 0},
    {"cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::"
     "bytes.multicast::cluster [%r0], [%rd0, {%r1, %r2}], [%r3], %rs0",
     "cusim_tensor_load", 9, 0},
    {"cp.async.bulk.tensor.3d.global.shared::cta.bulk_group [%rd0, {%r1, %r2, "
     "%r3}], [%r0]",
     "cusim_tensor_store", 7, 0},
    {"cp.reduce.async.bulk.tensor.1d.global.shared::cta.add.bulk_group [%rd0, "
     "{%r1}], [%r0]",
     "cusim_tensor_store", 5, 0},
    {"st.async.shared::cluster.mbarrier::complete_tx::bytes.v2.b64 [%r0], "
     "{%rd0, %rd1}, [%r1]",
     "cusim_store_async", 8, 0},
    {"red.async.relaxed.cluster.shared::cluster.mbarrier::complete_tx::bytes."
     "add.u32 [%r0], %r1, [%r2]",
     "cusim_store_async", 5, 0},
    {"mapa.shared::cluster.u32 %r0, %r1, 1", "cusim_mapa", 3, 1},
    {"mapa.u64 %rd0, %rd1, %r0", "cusim_mapa", 3, 2},
    {"getctarank.shared::cluster.u32 %r0, %r1", "cusim_block_rank", 2, 1},
    {"setmaxnreg.dec.sync.aligned.u32 40", "cusim_no_effect", 0, 0},
    {"griddepcontrol.wait", "cusim_no_effect", 0, 0},
    {"wgmma.fence.sync.aligned", "cusim_no_effect", 0, 0},
    {"wgmma.wait_group.sync.aligned 1", "cusim_wgmma_wait", 0, 0},
    {"wgmma.commit_group.sync.aligned", "cusim_wgmma_commit", 0, 0},
    {"wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%f0, %f1, %f2, "
     "%f3}, %rd0, %rd1, %p0, 1, -1, 0, 1",
     "cusim_wgmma", 9, 4},
    {"wgmma.mma_async.sync.aligned.m64n8k8.f32.tf32.tf32 {%f0, %f1, %f2, "
     "%f3}, {%r0, %r1, %r2, %r3}, %rd1, %p0, 1, 1",
     "cusim_wgmma", 11, 4},
    {"wgmma.mma_async.sync.aligned.m64n8k32.s32.s8.u8.satfinite {%r0, %r1, "
     "%r2, %r3}, %rd0, %rd1, %p0",
     "cusim_wgmma", 9, 4},
};

TEST(FormTest, EveryInstructionHasItsForm) {
  std::string body;
  for (const Line &line : Lines)
    body += std::string(line.text) + ";\n";
  auto module = ptx::parse(".version 8.7\n.target sm_90a\n.address_size 64\n"
                           ".visible .entry kernel() {\n"
                           ".reg .pred %p<2>; .reg .b16 %rs<2>;\n"
                           ".reg .b32 %r<9>; .reg .b64 %rd<3>;\n"
                           ".reg .f32 %f<4>; .reg .f64 %fd<4>;\n" +
                           body + "ret;\n}\n");
  ASSERT_TRUE(module.isOk()) << module.message();
  const ptx::Function &function = module->functions[0];
  ASSERT_EQ(function.instructions.size(), std::size(Lines) + 1);
  for (size_t i = 0; i < std::size(Lines); ++i) {
    const ptx::Instruction &instruction = function.instructions[i];
    SCOPED_TRACE(Lines[i].text);
    EXPECT_TRUE(isCollective(instruction));
    auto form = collectiveForm(instruction, &function);
    ASSERT_TRUE(form.isOk()) << form.message();
    EXPECT_STREQ(form->symbol, Lines[i].symbol);
    EXPECT_EQ(form->operandWords, Lines[i].operandWords);
    EXPECT_EQ(form->resultWords, Lines[i].resultWords);
    EXPECT_EQ(form->operands.size(), instruction.operands.size());
  }
  EXPECT_FALSE(isCollective(function.instructions.back()));
}

} // namespace
