//===- CanonicalNaNsTest.cpp - NaNs made canonical where they show --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/CanonicalNaNs.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace llvm;

namespace {

/// A sum in a loop that begins with `initial`, stored behind it.
class Loop {
public:
  explicit Loop(const std::string &initial) {
    std::string text = R"(
      define void @f(ptr %p, float %a, i1 %again) {
      entry:
        %loaded = load float, ptr %p
        br label %loop
      loop:
        %sum = phi float [ )" +
                       initial + R"(, %entry ], [ %next, %loop ]
        %f = call float @llvm.fma.f32(float %a, float %a, float %sum)
        %isnan = fcmp uno float %f, %f
        %next = select i1 %isnan, float 0x7FFFFFFFE0000000, float %f
        br i1 %again, label %loop, label %exit
      exit:
        store float %next, ptr %p
        ret void
      }
      declare float @llvm.fma.f32(float, float, float))";
    SMDiagnostic error;
    module = parseAssemblyString(text, error, context);
    if (!module)
      error.print("test", errs());
    function = module->getFunction("f");
    weft::cusim::deferCanonicalNaNs(*function);
  }

  template <typename Kind> Kind *find(bool (*isWanted)(Kind *)) const {
    for (Instruction &instruction : instructions(*function))
      if (auto *found = dyn_cast<Kind>(&instruction))
        if (isWanted(found))
          return found;
    return nullptr;
  }
  CallInst *fma() const {
    return find<CallInst>([](CallInst *) { return true; });
  }
  StoreInst *store() const {
    return find<StoreInst>([](StoreInst *) { return true; });
  }

  LLVMContext context;
  std::unique_ptr<Module> module;
  Function *function = nullptr;
};

TEST(CanonicalNaNs, WaitUntilTheStore) {
  Loop loop("0.0");
  ASSERT_FALSE(verifyFunction(*loop.function, &errs()));
  // The loop carries what fma gives; the selection is behind it.
  auto *sum = dyn_cast<PHINode>(loop.fma()->getArgOperand(2));
  ASSERT_TRUE(sum);
  EXPECT_EQ(sum->getIncomingValue(1), loop.fma());
  auto *stored = dyn_cast<SelectInst>(loop.store()->getValueOperand());
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->getParent(), loop.store()->getParent());
  EXPECT_EQ(stored->getFalseValue(), loop.fma());
}

/// A loaded NaN keeps its bits as long as nothing computes with it.
TEST(CanonicalNaNs, DoNotTouchWhatWasLoaded) {
  for (const char *initial : {"%loaded", "0xFFF8000000000000"}) {
    Loop loop(initial);
    ASSERT_FALSE(verifyFunction(*loop.function, &errs()));
    auto *sum = dyn_cast<PHINode>(loop.fma()->getArgOperand(2));
    ASSERT_TRUE(sum);
    EXPECT_TRUE(isa<SelectInst>(sum->getIncomingValue(1))) << initial;
  }
}

} // namespace
