//===- BlockType.cpp - Elements in blocks, and bytes of tensors -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/LLM/IR/LLM.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace weft {

// !llm.block<q4_1> or !llm.block<q4_1, 16>
Type BlockType::parse(AsmParser &parser) {
  StringRef name;
  SMLoc location;
  int64_t rows = 1;
  if (parser.parseLess() || parser.getCurrentLocation(&location) ||
      parser.parseKeyword(&name) ||
      (succeeded(parser.parseOptionalComma()) && parser.parseInteger(rows)) ||
      parser.parseGreater())
    return {};
  std::optional<BlockFormat> format = blockFormatNamed(name);
  if (!format) {
    InFlightDiagnostic error = parser.emitError(location);
    error << "unknown block format `" << name << "`, expected one of ";
    llvm::interleaveComma(blockFormats(), error,
                          [&](const BlockFormatInfo &info) {
                            error << llvm::StringRef(info.name);
                          });
    return {};
  }
  return parser.getChecked<BlockType>(location, parser.getContext(), *format,
                                      rows);
}

void BlockType::print(AsmPrinter &printer) const {
  printer << '<' << StringRef(getInfo().name);
  if (isInterleaved())
    printer << ", " << getRows();
  printer << '>';
}

LogicalResult
BlockType::verify(llvm::function_ref<InFlightDiagnostic()> emitError,
                  BlockFormat format, int64_t rows) {
  if (rows < 1 || rows > 64)
    return emitError() << "a block type interleaves " << rows
                       << " rows but needs 1 to 64";
  return success();
}

std::optional<int64_t> getStorageBytes(RankedTensorType type) {
  SmallVector<int64_t> shape(type.getShape());
  int64_t bytes = 1;
  if (auto block = dyn_cast<BlockType>(type.getElementType())) {
    const BlockFormatInfo &info = block.getInfo();
    if (shape.empty() || shape.back() % info.elements != 0)
      return std::nullopt;
    shape.back() /= info.elements;
    bytes = info.bytes;
    if (block.isInterleaved()) {
      if (shape.size() < 2)
        return std::nullopt;
      int64_t &rows = shape[shape.size() - 2];
      rows = int64_t(llvm::divideCeil(uint64_t(rows), block.getRows())) *
             block.getRows();
    }
  } else {
    bytes = (type.getElementTypeBitWidth() + 7) / 8;
  }
  if (llvm::is_contained(shape, 0))
    return 0;
  for (int64_t size : shape)
    if (size < 0 || llvm::MulOverflow(bytes, size, bytes))
      return std::nullopt;
  return bytes;
}

} // namespace weft
