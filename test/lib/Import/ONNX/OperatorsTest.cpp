//===- OperatorsTest.cpp - docs/ONNX.md lists every operator --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/Operators.h"

#include <fstream>
#include <gmock/gmock.h>
#include <map>

using namespace weft::onnx;

namespace {

TEST(Operators, AreDocumented) {
  std::map<std::string, std::string> documented;
  std::ifstream page(WEFT_SOURCE_DIR "/docs/ONNX.md");
  bool isTable = false;
  for (std::string line; std::getline(page, line);) {
    if (isTable && line.rfind("| ", 0) == 0) {
      auto [name, rest] = llvm::StringRef(line).drop_front(2).split(" | ");
      documented[name.str()] = rest.split(" | ").first.str();
    }
    isTable |= line.rfind("| --- | --- | --- | --- |", 0) == 0;
  }
  std::map<std::string, std::string> imported;
  for (llvm::ArrayRef<Operator> group :
       {getElementwiseOperators(), getLayoutOperators(), getIndexingOperators(),
        getReductionOperators(), getContractionOperators(),
        getNormalizationOperators(), getConstantOperators()})
    for (const Operator &op : group)
      imported[op.name.str()] =
          std::to_string(op.since) + "-" + std::to_string(op.until);
  EXPECT_EQ(documented, imported);
}

} // namespace
