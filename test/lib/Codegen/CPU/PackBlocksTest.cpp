//===- PackBlocksTest.cpp - Interleaved rows hold the same numbers --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/Transforms/PackBlocks.h"
#include "dialects/LLM/IR/HostTensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace weft;

/// The values of `matrix` after the ops that packBlocks makes.
static HostTensor pack(MLIRContext &context, const HostTensor &matrix) {
  Location here = UnknownLoc::get(&context);
  auto type = RankedTensorType::get(matrix.getShape(), matrix.getElementType());
  OwningOpRef<ModuleOp> module = ModuleOp::create(here);
  OpBuilder builder(module->getBodyRegion());
  auto function = func::FuncOp::create(builder, here, "pack",
                                       builder.getFunctionType({type}, {}));
  builder.setInsertionPointToStart(function.addEntryBlock());
  Value packed = packBlocks(builder, here, function.getArgument(0), 16);
  llvm::DenseMap<Value, HostTensor> known{{function.getArgument(0), matrix}};
  Evaluation evaluation{here, {}, {}};
  for (Operation &op : function.getBody().front()) {
    std::vector<HostTensor> operands;
    for (Value operand : op.getOperands())
      operands.push_back(known[operand]);
    known[op.getResult(0)] =
        *cast<ModelOpInterface>(op).evaluate(operands, evaluation);
  }
  return known[packed];
}

TEST(PackBlocks, EveryNumberOfEveryFormatStaysTheSame) {
  MLIRContext context;
  context.loadDialect<LLMDialect, func::FuncDialect>();
  std::mt19937 random(3);
  for (const BlockFormatInfo &info : blockFormats())
    for (int64_t rows : {1, 16, 37}) {
      int64_t depth = 3 * info.elements;
      HostTensor matrix(BlockType::get(&context, info.format), {rows, depth});
      for (uint8_t &byte : matrix.bytes())
        byte = random();
      HostTensor packed = pack(context, matrix);
      EXPECT_EQ(packed.bytes().size(), (rows + 15) / 16 * 16 * 3 * info.bytes);
      std::vector<double> before(depth), after(depth);
      for (int64_t row = 0; row < rows; ++row) {
        matrix.readRow(row, before);
        packed.readRow(row, after);
        for (auto [x, y] : llvm::zip_equal(before, after))
          ASSERT_TRUE(x == y || (std::isnan(x) && std::isnan(y)))
              << info.name << " row " << row << ": " << x << " and " << y;
      }
    }
}
