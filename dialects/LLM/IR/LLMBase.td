//===- LLMBase.td - The llm dialect and its attributes -----*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_LLM_IR_LLMBASE_TD
#define DIALECTS_LLM_IR_LLMBASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/LLM/IR/LLMInterfaces.td"

def LLM_Dialect : Dialect {
  let name = "llm";
  let cppNamespace = "::weft";
  let summary = "Transformer layers as whole-tensor ops";
  let description = [{
    Ops here say what a layer computes, never where or how: sharding is another
    dialect's business and kernels are chosen later.

    Tensor types stay plain: a dimension that is not known is `?`. What a `?`
    means is said once, by symbolic sizes: `llm.size` declares a symbol, entry
    arguments carry `llm.sizes = #llm.sizes<[batch, sequence, 384]>`, and every
    op derives the sizes of its result from those of its operands.

    Weights are symbols (`llm.weight`) that refer to bytes of the model's file;
    they are never in the IR.
  }];
  let hasCanonicalizer = 1;
  let hasConstantMaterializer = 1;
  let useDefaultTypePrinterParser = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  // By hand, because `#llm.sizes<[...]>` and the bare `[...]` of an op share
  // the attribute's parser.
  let extraClassDeclaration = [{
    ::mlir::Attribute parseAttribute(::mlir::DialectAsmParser &parser,
                                     ::mlir::Type type) const override;
    void printAttribute(::mlir::Attribute attribute,
                        ::mlir::DialectAsmPrinter &printer) const override;
  }];
}

class LLM_Attr<string name, string attrMnemonic> : AttrDef<LLM_Dialect, name> {
  let mnemonic = attrMnemonic;
}

def LLM_SizesAttr : LLM_Attr<"Sizes", "sizes"> {
  let summary = "A list of symbolic sizes, one for each dimension";
  let description = [{
    `#llm.sizes<[batch, 2 * sequence, ceildiv(sequence, 16), 384]>`

    Expressions are kept in the normal form of `runtime/base/SizeExpr.h`, so that
    equal sizes are equal attributes.
  }];
  // Canonical texts; `getExprs` gives the expressions.
  let parameters = (ins ArrayRefParameter<"::mlir::StringAttr">:$texts);
  let hasCustomAssemblyFormat = 1;
  let skipDefaultBuilders = 1;
  let builders = [AttrBuilder<(ins "::llvm::ArrayRef<::weft::SizeExpr>":$exprs), [{
    ::llvm::SmallVector<::mlir::StringAttr> texts;
    for (const ::weft::SizeExpr &expr : exprs)
      texts.push_back(::mlir::StringAttr::get($_ctxt, expr.str()));
    return $_get($_ctxt, texts);
  }]>];
  let extraClassDeclaration = [{
    ::weft::Sizes getExprs() const;
  }];
}

def LLM_BlockType : TypeDef<LLM_Dialect, "Block"> {
  let mnemonic = "block";
  let summary = "Elements quantized in blocks, as GGUF files hold them";
  let description = [{
    The element type of a weight `[..., N, K]` whose bytes are those of a GGUF
    file: blocks of `format` along the last dimension, row after row. The shape
    counts elements, not bytes. Formats, their decoding and their sources:
    `runtime/base/BlockFormat.h`.

    `!llm.block<q4_1, 16>` holds the same matrix with 16 rows interleaved, as
    kernels read it: `ceil(N / 16)` panels of 16 rows each, the last one filled
    with rows of zero bytes.

    Example:
    ```mlir
    llm.weight @up : tensor<1536x576x!llm.block<q4_1>> in "model.gguf" at 4096
    ```
  }];
  let parameters = (ins "::weft::BlockFormat":$format, "int64_t":$rows);
  let builders = [TypeBuilder<(ins "::weft::BlockFormat":$format), [{
    return $_get($_ctxt, format, int64_t(1));
  }]>];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    const ::weft::BlockFormatInfo &getInfo() const {
      return ::weft::infoOf(getFormat());
    }
    bool isInterleaved() const { return getRows() > 1; }
  }];
}

class LLM_Enum<string name, string summary, list<I32EnumAttrCase> cases> :
    I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::weft";
}

// Every op of a model: one result, and all that passes need to know of it.
class LLM_Op<string mnemonic, list<Trait> traits = []> :
    Op<LLM_Dialect, mnemonic, traits>;
class LLM_ModelOp<string mnemonic, list<Trait> traits = []> :
    LLM_Op<mnemonic, [Pure, DeclareOpInterfaceMethods<LLM_ModelOpInterface>]
                     # traits>;

// What the reference evaluator holds exactly: floats that know NaN and zero,
// integers of at most 64 bits.
defvar LLM_Floats = [F64, F32, F16, BF16, F8E4M3FN, F8E5M2];
defvar LLM_Ints = [I1, AnyI<4>, AnyI8, AnyI16, AnyI32, AnyI64];
def LLM_FloatTensor : RankedTensorOf<LLM_Floats>;
def LLM_IntTensor : RankedTensorOf<LLM_Ints>;
def LLM_Tensor : RankedTensorOf<!listconcat(LLM_Floats, LLM_Ints)>;
// What may hold a weight that ops widen where they read it.
def LLM_WeightTensor : RankedTensorOf<!listconcat(LLM_Floats, [LLM_BlockType])>;
def LLM_StoredTensor : RankedTensorOf<!listconcat(LLM_Floats, LLM_Ints, [LLM_BlockType])>;
def LLM_StaticTensor : StaticShapeTensorOf<!listconcat(LLM_Floats, LLM_Ints)>;
def LLM_StaticStoredTensor : StaticShapeTensorOf<!listconcat(LLM_Floats, LLM_Ints, [LLM_BlockType])>;

#endif // DIALECTS_LLM_IR_LLMBASE_TD
