//===- PrecisionPasses.td - What numbers are held in -------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_TRANSFORMS_PRECISIONPASSES_TD
#define DIALECTS_LLM_TRANSFORMS_PRECISIONPASSES_TD

include "mlir/Pass/PassBase.td"

def QuantizeActivationsPass : Pass<"llm-quantize-activations", "::mlir::ModuleOp"> {
  let summary = "Round the inputs of products with quantized weights to 8 bits";
  let description = [{
    Products of a weight in blocks are then integer products. Those of other
    weights stay as they are.

    Before:
    ```mlir
    func.func @layer(%x: tensor<?x64xf32>, %w: tensor<30x64x!llm.block<q4_0>>) -> tensor<?x30xf32> {
      %0 = llm.linear %x, %w : tensor<?x64xf32>, tensor<30x64x!llm.block<q4_0>> -> tensor<?x30xf32>
      return %0 : tensor<?x30xf32>
    }
    ```
    After:
    ```mlir
    func.func @layer(%x: tensor<?x64xf32>, %w: tensor<30x64x!llm.block<q4_0>>) -> tensor<?x30xf32> {
      %0 = llm.linear %x, %w activations q8 : tensor<?x64xf32>, tensor<30x64x!llm.block<q4_0>> -> tensor<?x30xf32>
      return %0 : tensor<?x30xf32>
    }
    ```
  }];
  let options = [
    Option<"type", "type", "std::string", /*default=*/"\"int8\"",
           "What inputs are rounded to: int8, or f32 to leave them">];
}

def LowerPrecisionPass : Pass<"llm-lower-precision", "::mlir::ModuleOp"> {
  let summary = "Hold the weights of `llm.linear` and `llm.embedding` in 16 bits";
  let description = [{
    The weight is rounded to the nearest number of the type, ties to even, by an
    initializer; kernels widen it where they read it, and compute in f32. Biases,
    norms and activations stay f32.

    Before:
    ```mlir
    llm.weight @w : tensor<30x8xf32> in "model.onnx" at 0
    llm.weight @b : tensor<30xf32> in "model.onnx" at 960
    func.func @layer(%x: tensor<?x8xf32>) -> tensor<?x30xf32> {
      %w = llm.load_weight @w : tensor<30x8xf32>
      %b = llm.load_weight @b : tensor<30xf32>
      %0 = llm.linear %x, %w bias %b : tensor<?x8xf32>, tensor<30x8xf32>, tensor<30xf32> -> tensor<?x30xf32>
      return %0 : tensor<?x30xf32>
    }
    ```
    After, with `type=bf16`:
    ```mlir
    llm.weight @w : tensor<30x8xf32> in "model.onnx" at 0
    llm.weight @w.bf16 : tensor<30x8xbf16> from @cast(@w)
    llm.weight @b : tensor<30xf32> in "model.onnx" at 960
    func.func @layer(%x: tensor<?x8xf32>) -> tensor<?x30xf32> {
      %w = llm.load_weight @w.bf16 : tensor<30x8xbf16>
      %b = llm.load_weight @b : tensor<30xf32>
      %0 = llm.linear %x, %w bias %b : tensor<?x8xf32>, tensor<30x8xbf16>, tensor<30xf32> -> tensor<?x30xf32>
      return %0 : tensor<?x30xf32>
    }
    func.func private @cast(%w: tensor<30x8xf32>) -> tensor<30x8xbf16> {
      %0 = llm.cast %w : tensor<30x8xf32> -> tensor<30x8xbf16>
      return %0 : tensor<30x8xbf16>
    }
    ```
    `type=keep` takes the type in which the model's file holds the weight, also
    where the model widens it before use; `type=f32` widens. A number that is
    beyond the type's greatest ends packaging with an error: it would become an
    infinity.

    Stay as they are: weights of ops that compute in another type than f32, of
    ops in kernels, and a table that is sliced instead of looked up.
  }];
  let options = [Option<"type", "type", "std::string", /*default=*/"\"keep\"",
                        "keep, f32, bf16 or f16">];
  let dependentDialects = ["::weft::LLMDialect"];
}

#endif // DIALECTS_LLM_TRANSFORMS_PRECISIONPASSES_TD
