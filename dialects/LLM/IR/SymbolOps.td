//===- SymbolOps.td - Weights, sizes and constants ---------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_SYMBOLOPS_TD
#define DIALECTS_LLM_IR_SYMBOLOPS_TD

include "mlir/IR/SymbolInterfaces.td"
include "dialects/LLM/IR/LLMBase.td"

def LLM_WeightOp : LLM_Op<"weight",
    [Symbol, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "A tensor that lies in the model's file";
  let description = [{
    Names bytes of a file; nothing is read until packaging. `type` is how the
    bytes are stored.

    A weight with an `initializer` is computed instead: at packaging the function
    of that name is run on the weights in `sources`, tile by tile over the first
    dimension of its result.

    Example:
    ```mlir
    llm.weight @embeddings : tensor<30522x384xf32> in "model.safetensors" at 4096
    llm.weight @query : tensor<384x384xf32> in "model.safetensors" at 46882816
    llm.weight @query.packed : tensor<24x384x16xf32> from @pack(@query)
    func.func private @pack(%w: tensor<384x384xf32>) -> tensor<24x384x16xf32> {
      %panels = llm.reshape %w to [24, 16, 384] : tensor<384x384xf32> -> tensor<24x16x384xf32>
      %packed = llm.transpose %panels perm [0, 2, 1] : tensor<24x16x384xf32> -> tensor<24x384x16xf32>
      return %packed : tensor<24x384x16xf32>
    }
    ```
  }];
  let arguments = (ins
    SymbolNameAttr:$sym_name,
    TypeAttrOf<LLM_StaticStoredTensor>:$type,
    OptionalAttr<StrAttr>:$file,
    DefaultValuedAttr<I64Attr, "0">:$offset,
    OptionalAttr<FlatSymbolRefAttr>:$initializer,
    OptionalAttr<ArrayAttr>:$sources);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getTensorType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getType());
    }
    /// Nothing outside of the module reads weights, so that those without
    /// users are dead.
    static ::mlir::SymbolTable::Visibility getVisibility() {
      return ::mlir::SymbolTable::Visibility::Private;
    }
  }];
}

def LLM_LoadWeightOp : LLM_ModelOp<"load_weight",
    [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "The value of an `llm.weight`";
  let description = [{
    Example:
    ```mlir
    llm.weight @scale : tensor<384xf32> in "model.safetensors" at 128
    func.func @scale_of_norm() -> tensor<384xf32> {
      %scale = llm.load_weight @scale : tensor<384xf32>
      return %scale : tensor<384xf32>
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$weight);
  let results = (outs LLM_StaticStoredTensor:$result);
  let assemblyFormat = "$weight attr-dict `:` type($result)";
}

def LLM_TokenizerOp : LLM_Op<"tokenizer"> {
  let summary = "The file that holds the model's tokenizer";
  let description = [{
    A GGUF file or a `tokenizer.json`, named relative to the model's folder as
    the files of weights are. Packaging reads it.

    Example:
    ```mlir
    llm.tokenizer in "model.gguf"
    ```
  }];
  let arguments = (ins StrAttr:$file);
  let assemblyFormat = "`in` $file attr-dict";
  let hasVerifier = 1;
}

def LLM_SizeOp : LLM_Op<"size", [Symbol]> {
  let summary = "A symbolic size";
  let description = [{
    Declares a symbol, the range of its values (both ends included) and a number
    that divides all of them.

    Example:
    ```mlir
    llm.size @batch range(1, 64) divisor 1
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$minimum,
                       I64Attr:$maximum, I64Attr:$divisor);
  let assemblyFormat = [{
    $sym_name `range` `(` $minimum `,` $maximum `)` `divisor` $divisor attr-dict
  }];
  let hasVerifier = 1;
}

def LLM_ConstantOp : LLM_ModelOp<"constant",
    [ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "A small constant tensor";
  let description = [{
    Larger ones (4 KiB and more) are weights.

    Example:
    ```mlir
    func.func @half() -> tensor<f32> {
      %half = llm.constant dense<0.5> : tensor<f32>
      return %half : tensor<f32>
    }
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs LLM_StaticTensor:$result);
  let assemblyFormat = "$value attr-dict";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def LLM_SizesToTensorOp : LLM_ModelOp<"sizes_to_tensor"> {
  let summary = "Symbolic sizes as data";
  let description = [{
    `result[i] = sizes[i]`, or the one size for a result of rank 0. For models
    that compute with their shapes.

    Example:
    ```mlir
    llm.size @sequence range(1, 512) divisor 1
    func.func @length() -> tensor<1xi64> {
      %n = llm.sizes_to_tensor [sequence] : tensor<1xi64>
      return %n : tensor<1xi64>
    }
    ```
  }];
  let arguments = (ins LLM_SizesAttr:$sizes);
  let results = (outs LLM_IntTensor:$result);
  let assemblyFormat = "$sizes attr-dict `:` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

#endif // DIALECTS_LLM_IR_SYMBOLOPS_TD
