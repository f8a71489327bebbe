//===- ControlFlowTest.cpp - Blocks, loops and where lanes part -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/ControlFlow.h"

#include "runtime/cusim/emit/LiveRegisters.h"
#include "runtime/cusim/emit/MaskedWrites.h"
#include "runtime/cusim/emit/ShortRegion.h"
#include "runtime/cusim/emit/Uniformity.h"
#include "runtime/cusim/ptx/Parser.h"

#include <gmock/gmock.h>

#include <set>

namespace weft::cusim {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;

/// A kernel with these instructions, and registers %r0.., %p0...
class Flow {
public:
  explicit Flow(const std::string &body) {
    StatusOr<ptx::Module> parsed = ptx::parse(
        ".version 8.0\n.target sm_80\n.address_size 64\n"
        ".visible .entry k(.param .u64 out, .param .u32 n) {\n"
        ".reg .b32 %r<20>;\n.reg .b64 %rd<20>;\n.reg .pred %p<20>;\n" +
        body + "\n}\n");
    EXPECT_TRUE(parsed) << parsed.message();
    if (!parsed)
      return;
    module = std::move(*parsed);
    StatusOr<ControlFlow> analyzed = ControlFlow::of(module.functions[0]);
    EXPECT_TRUE(analyzed) << analyzed.message();
    if (!analyzed)
      return;
    flow = std::move(*analyzed);
    uniformity = Uniformity::of(module.functions[0], flow);
    isMasked = findMaskedRegisters(module.functions[0], flow);
    checkOrder();
  }

  bool isUniform(const std::string &name) const {
    return uniformity.isUniform[number(name)];
  }
  bool needsMask(const std::string &name) const {
    return isMasked[number(name)];
  }
  std::optional<std::vector<uint32_t>> shortRegion(uint32_t block) const {
    return findShortRegion(module.functions[0], flow, block);
  }
  bool isLive(const std::string &name, uint32_t block) const {
    return LiveRegisters::of(module.functions[0], flow)
        .atBegin[block][number(name)];
  }

  ptx::Module module;
  ControlFlow flow;
  Uniformity uniformity;
  std::vector<bool> isMasked;

private:
  size_t number(const std::string &name) const {
    const std::vector<ptx::Register> &registers = module.functions[0].registers;
    for (size_t i = 0; i < registers.size(); ++i)
      if (registers[i].name == name)
        return i;
    ADD_FAILURE() << "no register " << name;
    return 0;
  }

  /// What the emitter relies on: edges lead forwards, into latches of loops
  /// around them, and post-dominators come later.
  void checkOrder() {
    for (uint32_t i = 0; i < flow.blocks.size(); ++i) {
      const FlowBlock &block = flow.blocks[i];
      EXPECT_FALSE(block.successors.empty());
      for (uint32_t successor : block.successors)
        EXPECT_GT(successor, i);
      EXPECT_GT(block.postDominator, i);
      if (block.head) {
        EXPECT_LT(*block.head, i);
      }
    }
    for (const FlowLoop &loop : flow.loops)
      EXPECT_EQ(flow.blocks[loop.latch].head, loop.head);
  }
};

TEST(ControlFlow, OrdersBlocksAndFindsWhereTheyMeet) {
  Flow diamond("setp.lt.u32 %p0, %r0, 5;\n"
               "@%p0 bra THEN;\n"
               "mov.u32 %r1, 1;\n"
               "bra NEXT;\n"
               "THEN: mov.u32 %r1, 2;\n"
               "NEXT: mov.u32 %r2, %r1;\n"
               "ret;");
  ASSERT_EQ(diamond.flow.blocks.size(), 4u);
  EXPECT_EQ(diamond.flow.blocks[0].postDominator, 3u);
  EXPECT_THAT(diamond.flow.blocks[3].successors,
              ElementsAre(diamond.flow.exit()));
  EXPECT_TRUE(diamond.flow.loops.empty());
}

TEST(ControlFlow, LeavesOutWhatOnlyReturnsAndWhatIsNotReached) {
  Flow early("setp.lt.u32 %p0, %r0, 5;\n"
             "@%p0 bra DONE;\n"
             "mov.u32 %r1, 1;\n"
             "bra DONE;\n"
             "mov.u32 %r1, 3;\n"
             "DONE: ret;");
  ASSERT_EQ(early.flow.blocks.size(), 2u);
  EXPECT_THAT(early.flow.blocks[0].successors,
              ElementsAre(early.flow.exit(), 1u));
}

TEST(ControlFlow, KeepsLoopsTogetherBeforeWhatFollowsThem) {
  // The way out stands in the middle of the text.
  Flow loop("HEAD: setp.lt.u32 %p0, %r0, 5;\n"
            "@%p0 bra BODY;\n"
            "mov.u32 %r3, 9;\n"
            "bra OUT;\n"
            "BODY: add.u32 %r0, %r0, 1;\n"
            "setp.eq.u32 %p1, %r0, 3;\n"
            "@%p1 bra HEAD;\n"
            "add.u32 %r0, %r0, 2;\n"
            "bra HEAD;\n"
            "OUT: mov.u32 %r4, %r3;\n"
            "ret;");
  ASSERT_EQ(loop.flow.loops.size(), 1u);
  const FlowLoop &found = loop.flow.loops[0];
  EXPECT_EQ(found.latch - found.head, 3u);
  // Both ways back meet at the latch.
  EXPECT_EQ(loop.flow.blocks[found.latch].head, found.head);
}

TEST(ControlFlow, OrdersIrreducibleGraphs) {
  Flow irreducible("setp.lt.u32 %p0, %r0, 5;\n"
                   "@%p0 bra B;\n"
                   "A: add.u32 %r0, %r0, 1;\n"
                   "B: add.u32 %r0, %r0, 2;\n"
                   "setp.lt.u32 %p1, %r0, 50;\n"
                   "@%p1 bra A;\n"
                   "mov.u32 %r1, %r0;\n"
                   "ret;");
  EXPECT_EQ(irreducible.flow.loops.size(), 1u);
}

TEST(ControlFlow, OrdersAnyNumberOfBlocks) {
  std::string body;
  for (int i = 0; i < 4000; ++i)
    body += "L" + std::to_string(i) + ": @%p0 bra L" +
            std::to_string((i * 7919) % 4000) + ";\n";
  // No stack overflow; too many loops in loops may be refused.
  StatusOr<ptx::Module> parsed =
      ptx::parse(".version 8.0\n.target sm_80\n.address_size 64\n"
                 ".visible .entry k() {\n.reg .pred %p<2>;\n" +
                 body + "ret;\n}\n");
  ASSERT_TRUE(parsed) << parsed.message();
  StatusOr<ControlFlow> flow = ControlFlow::of(parsed->functions[0]);
  if (!flow) {
    EXPECT_THAT(flow.message(), HasSubstr("nested more than"));
  }
}

TEST(Uniformity, FollowsThreadNumbersAndMemory) {
  Flow flow("mov.u32 %r0, %tid.x;\n"
            "mov.u32 %r1, %ctaid.x;\n"
            "add.u32 %r2, %r1, 5;\n"
            "add.u32 %r3, %r2, %r0;\n"
            "ld.param.u64 %rd0, [out];\n"
            "ld.global.u32 %r4, [%rd0];\n"
            "mul.wide.u32 %rd1, %r0, 4;\n"
            "add.u64 %rd2, %rd0, %rd1;\n"
            "ld.global.u32 %r5, [%rd2];\n"
            "atom.global.add.u32 %r6, [%rd0], 1;\n"
            "ld.u32 %r7, [%rd0];\n"
            "setp.lt.u32 %p0, %r2, 5;\n"
            "setp.lt.u32 %p1, %r3, 5;\n"
            "vote.sync.ballot.b32 %r8, %p1, -1;\n"
            "vote.sync.ballot.b32 %r9, %p1, %r0;\n"
            "ret;");
  for (const char *name : {"%r1", "%r2", "%rd0", "%r4", "%p0", "%r8"})
    EXPECT_TRUE(flow.isUniform(name)) << name;
  for (const char *name :
       {"%r0", "%r3", "%rd2", "%r5", "%r6", "%r7", "%p1", "%r9"})
    EXPECT_FALSE(flow.isUniform(name)) << name;
}

TEST(Uniformity, MarksWhatIsWrittenWhereLanesAreApart) {
  Flow flow("mov.u32 %r0, %tid.x;\n"
            "setp.lt.u32 %p0, %r0, 5;\n"
            "mov.u32 %r1, 1;\n"
            "mov.u32 %r4, 1;\n"
            "@%p0 bra NEXT;\n"
            "mov.u32 %r1, 2;\n"
            "NEXT: mov.u32 %r2, 3;\n"
            "@%p0 mov.u32 %r4, 2;\n"
            "st.shared.u32 [%r2], %r1;\n"
            "ret;");
  EXPECT_FALSE(flow.isUniform("%r1"));
  EXPECT_FALSE(flow.isUniform("%r4"));
  EXPECT_TRUE(flow.isUniform("%r2"));
  EXPECT_TRUE(flow.uniformity.isDivergent[1]);
  EXPECT_FALSE(flow.uniformity.isDivergent[2]);
}

TEST(Uniformity, DoesNotWaitForLanesThatReturn) {
  Flow flow("mov.u32 %r0, %tid.x;\n"
            "setp.lt.u32 %p0, %r0, 5;\n"
            "@%p0 bra DONE;\n"
            "mov.u32 %r1, 2;\n"
            "DONE: ret;");
  EXPECT_TRUE(flow.isUniform("%r1"));
  EXPECT_TRUE(flow.uniformity.hasEarlyReturn);
}

TEST(Uniformity, MarksLoopsThatLanesLeaveAtDifferentTurns) {
  Flow flow("mov.u32 %r0, %tid.x;\n"
            "mov.u32 %r1, 0;\n"
            "HEAD: add.u32 %r1, %r1, 1;\n"
            "setp.lt.u32 %p0, %r1, %r0;\n"
            "@%p0 bra HEAD;\n"
            "mov.u32 %r2, 3;\n"
            "st.shared.u32 [%r2], %r1;\n"
            "ret;");
  EXPECT_FALSE(flow.isUniform("%r1"));
  EXPECT_TRUE(flow.isUniform("%r2"));
}

TEST(MaskedWrites, SparesWhatIsReadInTheSameTurn) {
  Flow flow("mov.u32 %r0, %tid.x;\n"
            "mov.u32 %r1, 0;\n"
            "HEAD: add.u32 %r1, %r1, 1;\n"
            "add.u32 %r2, %r1, %r0;\n" // read in the loop only
            "add.u32 %r3, %r2, 1;\n"   // read behind it
            "setp.lt.u32 %p0, %r2, 60;\n"
            "@%p0 bra HEAD;\n"
            "st.shared.u32 [%r3], %r1;\n"
            "ret;");
  EXPECT_FALSE(flow.needsMask("%r0"));
  EXPECT_FALSE(flow.needsMask("%r2"));
  EXPECT_FALSE(flow.needsMask("%p0"));
  EXPECT_TRUE(flow.needsMask("%r1"));
  EXPECT_TRUE(flow.needsMask("%r3"));
}

TEST(ShortRegion, HoldsNestedConditionsUntilTheyMeet) {
  Flow nested("@%p0 bra NEXT;\n"
              "add.u32 %r1, %r1, 1;\n"
              "@%p1 bra ELSE;\n"
              "add.u32 %r1, %r1, 2;\n"
              "bra NEXT;\n"
              "ELSE: add.u32 %r1, %r1, 3;\n"
              "NEXT: mov.u32 %r2, %r1;\n"
              "ret;");
  EXPECT_THAT(nested.shortRegion(0).value(), ElementsAre(1, 2, 3));
  EXPECT_THAT(nested.shortRegion(1).value(), ElementsAre(2, 3));
}

TEST(ShortRegion, LeavesOutLoopsReturnsAndWhatMeetsOthers) {
  auto inside = [](const std::string &code) {
    return Flow("@%p0 bra NEXT;\n" + code +
                "NEXT: mov.u32 %r2, %r1;\n"
                "st.shared.u32 [%r2], %r2;\n"
                "ret;")
        .shortRegion(0);
  };
  EXPECT_TRUE(inside("ld.shared.u32 %r1, [%r2];\n"));
  EXPECT_FALSE(inside("L: add.u32 %r1, %r1, 1;\n@%p1 bra L;\n"));
  EXPECT_FALSE(inside("add.u32 %r1, %r1, 1;\n@%p1 ret;\n"));
  EXPECT_FALSE(inside("bar.sync 0;\n"));
  EXPECT_FALSE(inside("shfl.sync.bfly.b32 %r1, %r2, 1, 31, -1;\n"));
  std::string many;
  for (int i = 0; i < 100; ++i)
    many += "add.u32 %r1, %r1, %r2;\n";
  EXPECT_FALSE(inside(many));
}

TEST(LiveRegisters, AreReadBeforeTheyAreWritten) {
  Flow loop("mov.u32 %r1, 4;\n"
            "mov.u32 %r2, 5;\n"
            "L: mov.u32 %r3, %r1;\n"
            "@%p0 mov.u32 %r4, %r3;\n"
            "add.u32 %r1, %r3, %r4;\n"
            "@%p1 bra L;\n"
            "st.shared.u32 [%r2], %r1;\n"
            "ret;");
  // The loop is block 1, its latch 2, what follows 3.
  for (const char *name : {"%r1", "%r2", "%r4", "%p0", "%p1"})
    EXPECT_TRUE(loop.isLive(name, 1)) << name;
  EXPECT_FALSE(loop.isLive("%r3", 1));
  EXPECT_TRUE(loop.isLive("%r1", 2));
  EXPECT_TRUE(loop.isLive("%r1", 3));
  EXPECT_FALSE(loop.isLive("%r4", 3));
  // A guard keeps what was there.
  EXPECT_TRUE(loop.isLive("%r4", 0));
}

} // namespace
} // namespace weft::cusim
