//===- KernelSource.cpp - What is made into a kernel ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Codegen/Common/KernelSource.h"

#include "dialects/LLM/IR/LLM.h"

using namespace mlir;

namespace weft {

/// Every size of the body is over s0, s1, ...
static LogicalResult checkSizes(const Sizes &sizes, unsigned sizeCount,
                                Location location) {
  std::set<std::string> symbols;
  for (const SizeExpr &size : sizes) {
    if (!size.isValid())
      return emitError(location) << "a size leaves 64 bits";
    size.collectSymbols(symbols);
  }
  for (const std::string &symbol : symbols) {
    unsigned number = 0;
    StringRef text(symbol);
    if (!text.consume_front("s") || text.getAsInteger(10, number) ||
        number >= sizeCount)
      return emitError(location)
             << "a size refers to '" << symbol << "'; expected s0 to s"
             << int64_t(sizeCount) - 1;
  }
  return success();
}

LogicalResult checkKernelSource(const KernelSource &source) {
  Block &body = *source.body;
  assert(source.argumentSizes.size() == body.getNumArguments());
  for (const Sizes &sizes : source.argumentSizes)
    if (failed(checkSizes(sizes, source.sizeCount, source.location)))
      return failure();
  llvm::DenseMap<Value, Sizes> known;
  for (auto [argument, sizes] :
       llvm::zip_equal(body.getArguments(), source.argumentSizes))
    known[argument] = sizes;
  for (Operation &op : body.without_terminator()) {
    auto modelOp = dyn_cast<ModelOpInterface>(op);
    if (!modelOp)
      return op.emitOpError("cannot stand in a kernel's body");
    SmallVector<Sizes> operands;
    for (Value operand : op.getOperands())
      operands.push_back(known.lookup(operand));
    Sizes sizes = modelOp.reifySizes(operands);
    if (failed(checkSizes(sizes, source.sizeCount, op.getLoc())))
      return failure();
    known[op.getResult(0)] = std::move(sizes);
  }
  if (body.getTerminator()->getNumOperands() != 1)
    return body.getTerminator()->emitOpError("ends a kernel with ")
           << body.getTerminator()->getNumOperands()
           << " results; expected one";
  return success();
}

} // namespace weft
