//===- SharedObjectTest.cpp - What a shared object of kernels is ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CPU/CPUKernels.h"
#include "test/lib/Codegen/Common/KernelRunner.h"

#include "llvm/Object/ELFObjectFile.h"
#include <gtest/gtest.h>

using namespace weft;

static const char *text = R"(
    func.func @first(%x: tensor<?x?xf16> {llm.sizes = #llm.sizes<[s0, s1]>}) -> tensor<?x?xf16> {
      %a = llm.round %x : tensor<?x?xf16>
      %b = llm.exp %a : tensor<?x?xf16>
      return %b : tensor<?x?xf16>
    }
    func.func @second(%x: tensor<?x40xf32> {llm.sizes = #llm.sizes<[s0, 40]>}, %w: tensor<3x40x16xf32> {llm.sizes = #llm.sizes<[3, 40, 16]>}) -> tensor<?x48xf32> {
      %l = llm.linear %x, %w panel 16 : tensor<?x40xf32>, tensor<3x40x16xf32> -> tensor<?x48xf32>
      return %l : tensor<?x48xf32>
    }
    func.func @narrow(%x: tensor<?x40xf32> {llm.sizes = #llm.sizes<[s0, 40]>}, %w: tensor<3x40x16xbf16> {llm.sizes = #llm.sizes<[3, 40, 16]>}, %i: tensor<?xi64> {llm.sizes = #llm.sizes<[s0]>}, %t: tensor<9x48xf16> {llm.sizes = #llm.sizes<[9, 48]>}) -> tensor<?x48xbf16> {
      %l = llm.linear %x, %w panel 16 : tensor<?x40xf32>, tensor<3x40x16xbf16> -> tensor<?x48xf32>
      %e = llm.embedding %i, %t : tensor<?xi64>, tensor<9x48xf16> -> tensor<?x48xf32>
      %s = llm.add %l, %e : tensor<?x48xf32>, tensor<?x48xf32> -> tensor<?x48xf32>
      %y = llm.cast %s : tensor<?x48xf32> -> tensor<?x48xbf16>
      return %y : tensor<?x48xbf16>
    }
    func.func @zeros(%x: tensor<?xf32> {llm.sizes = #llm.sizes<[s0]>}) -> tensor<?xf32> {
      %c = llm.constant dense<0.0> : tensor<f32>
      %y = llm.expand %c to [s0] : tensor<f32> -> tensor<?xf32>
      return %y : tensor<?xf32>
    }
    func.func @floors(%x: tensor<?xf64> {llm.sizes = #llm.sizes<[s0]>}) -> tensor<?xi64> {
      %y = llm.floor %x : tensor<?xf64>
      %z = llm.cast %y : tensor<?xf64> -> tensor<?xi64>
      return %z : tensor<?xi64>
    }
)";

TEST(SharedObject, ImportsNothingAndExportsItsKernels) {
  for (const char *arch : {"x86-64", "x86-64-v3", "x86-64-v4"}) {
    KernelRunner runner(text, arch);
    auto file =
        llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(
            CPUKernels::of(runner).sharedObject(), "kernels"));
    ASSERT_TRUE(bool(file));
    auto &elf = llvm::cast<llvm::object::ELFObjectFileBase>(**file);
    std::set<std::string> exported;
    for (const llvm::object::ELFSymbolRef &symbol :
         elf.getDynamicSymbolIterators()) {
      llvm::StringRef name = llvm::cantFail(symbol.getName());
      if (name.empty())
        continue;
      EXPECT_FALSE(llvm::cantFail(symbol.getFlags()) &
                   llvm::object::SymbolRef::SF_Undefined)
          << name.str() << " on " << arch;
      exported.insert(name.str());
    }
    EXPECT_EQ(exported, (std::set<std::string>{
                            "first", "second", "narrow", "zeros", "floors",
                            "weft_kernel_table", "weft_kernel_table_bytes"}));
  }
}

TEST(SharedObject, HoldsItsTable) {
  KernelRunner runner(text, "x86-64");
  EXPECT_EQ(runner.kernel().name(), "first");
  EXPECT_EQ(runner.kernel().size_count(), 2u);
  EXPECT_EQ(runner.kernel().buffers(0).least_bytes(), "2*s0*s1");
  runner.select("second");
  EXPECT_EQ(runner.kernel().flops(), "3840*s0");
  EXPECT_NE(CPUKernels::of(runner).sharedObject().find(
                runner.kernel().SerializeAsString()),
            std::string::npos);
}

TEST(SharedObject, IsTheSameEveryTime) {
  KernelRunner first(text, "x86-64-v3"), second(text, "x86-64-v3");
  EXPECT_EQ(CPUKernels::of(first).sharedObject(),
            CPUKernels::of(second).sharedObject());
}

TEST(SharedObject, NoItemsTouchNothing) {
  KernelRunner runner(text, "x86-64");
  for (const std::string &name : runner.names()) {
    runner.select(name);
    int64_t sizes[] = {0, 0};
    void *buffers[5] = {};
    WeftArgs args{buffers, sizes, nullptr};
    CPUKernels::of(runner).function(runner.kernel())(&args, 0, 0, nullptr);
  }
}
