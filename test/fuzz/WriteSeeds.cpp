//===- WriteSeeds.cpp - Sound files to start fuzzing from -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Import/GGUF/GGUFBuilder.h"
#include "test/runtime/support/TestArtifact.h"

using namespace weft::test;

/// Writes a folder of seeds for each harness into argv[1].
int main(int, char **argv) {
  std::string folder = argv[1];
  writeText(folder + "/manifest/encoder",
            encoderManifest().SerializeAsString());
  writeText(folder + "/safetensors/weights", encoderWeights());
  writeText(folder + "/size-expr/sum",
            "-3*batch*sequence + ceildiv(x.y, 16)*min(a, b) - 7");
  writeText(folder + "/size-expr/nested",
            "max(floordiv(a*b + 5, b), mod(c, 8)*coord(\"tp\"))");
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, "
                       "3), }";
  writeText(folder + "/npy/matrix", std::string("\x93NUMPY\x01\x00", 8) +
                                        char(header.size()) + '\0' + header +
                                        std::string(24, '\1'));
  using Builder = weft::gguf::GGUFBuilder;
  writeText(folder + "/gguf/model",
            Builder()
                .integer("layers", 2)
                .array("key", weft::gguf::ValueType::String, 2,
                       Builder::bytesOf("a") + Builder::bytesOf("bc"))
                .tensor("norm", {3}, 0, std::string(12, '\1'))
                .tensor("weight", {64, 2}, 3, std::string(80, '\2'))
                .build());
}
