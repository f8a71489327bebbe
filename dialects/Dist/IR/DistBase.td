//===- DistBase.td - The dist dialect and its attributes -*- tablegen -*---===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DIST_IR_DISTBASE_TD
#define DIALECTS_DIST_IR_DISTBASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/LLM/IR/LLMBase.td"

def Dist_Dialect : Dialect {
  let name = "dist";
  let cppNamespace = "::weft::dist";
  let summary = "Where tensors live on a mesh of devices, and what moves";
  let description = [{
    `dist.mesh` declares the devices as a grid with named axes. A sharding says
    how a tensor is laid out over it: the axes that split each dimension, and the
    axes over which the devices hold partial sums.

    Partitioning goes through two forms. In the *global* form, `llm` ops work on
    whole tensors; the attribute `dist.sharding` of ops, arguments and results
    says how a value is split, and `dist.reshard` is where that changes. In the
    *local* form, which a function says with the attribute `dist.local`, every
    type is that of one rank's shard, sizes may use the rank's coordinates
    (`coord("tp")`), and `dist.all_reduce` and its like move data. One program
    serves all ranks.

    **Shards.** An axis of n devices splits a dimension of N elements into blocks
    of `b = ceildiv(ceildiv(N, g), n) * g` elements, where g is the granule that
    stays whole (a head, a quantization block): position p holds `[min(p*b, N),
    min((p+1)*b, N))`, which may be shorter or empty. Several axes nest, major to
    minor: each splits what the one before left.

    **Boundaries of a function.** Inputs are whole on every rank. A result with a
    `dist.sharding` is returned in shards.
  }];
  let dependentDialects = ["::weft::LLMDialect"];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let extraClassDeclaration = "void registerOps();";
}

def Dist_ReductionKind : I32EnumAttr<"ReductionKind", "how partial values combine", [
    I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"max", 1>, I32EnumAttrCase<"min", 2>]> {
  let cppNamespace = "::weft::dist";
  let genSpecializedAttr = 0;
}
def Dist_ReductionKindAttr : EnumAttr<Dist_Dialect, Dist_ReductionKind, "reduction"> {
  let assemblyFormat = "$value";
}

class Dist_Attr<string name, string attrMnemonic> : AttrDef<Dist_Dialect, name> {
  let mnemonic = attrMnemonic;
  let hasCustomAssemblyFormat = 1;
}

def Dist_DimensionShardingAttr : Dist_Attr<"DimensionSharding", "dimension"> {
  let summary = "The axes that split one dimension";
  let description = [{
    `#dist.dimension<{"dp", "tp"} granule 32>`: axes, major to minor, and how many
    neighbouring elements stay together (1 when it is not said). `{?}` and
    `{"dp", ?}` leave it to propagation to add axes.
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::StringAttr">:$axes,
                        "int64_t":$granule, "bool":$isOpen);
  let extraClassDeclaration = [{
    bool isWhole() const { return getAxes().empty(); }
    /// Without the attribute's name and brackets: `{"tp"} granule 32`.
    static ::mlir::FailureOr<DimensionShardingAttr> parseBare(::mlir::AsmParser &parser);
    void printBare(::llvm::raw_ostream &os) const;
  }];
}

def Dist_ShardingAttr : Dist_Attr<"Sharding", "sharding"> {
  let summary = "How a tensor is laid out over the mesh";
  let description = [{
    `#dist.sharding<[{"dp"}, {}, {"tp"} granule 32 ]>` splits the first dimension
    over axis `dp` and the last over `tp`, in whole granules of 32 elements.
    `#dist.sharding<[{}, {} ] sum {"tp"}>`: every device along `tp` holds a tensor
    of full size, and the value is their sum. A device has the same data as its
    neighbours along all axes that are not named.
  }];
  let parameters = (ins ArrayRefParameter<"::weft::dist::DimensionShardingAttr">:$dimensions,
                        ArrayRefParameter<"::mlir::StringAttr">:$partialAxes,
                        "::weft::dist::ReductionKind":$reduction);
  let skipDefaultBuilders = 1;
  let builders = [
    AttrBuilder<(ins "::llvm::ArrayRef<::weft::dist::DimensionShardingAttr>":$dimensions,
                     CArg<"::llvm::ArrayRef<::mlir::StringAttr>", "{}">:$partialAxes,
                     CArg<"::weft::dist::ReductionKind", "::weft::dist::ReductionKind::sum">:$reduction), [{
      // Equal shardings are equal attributes.
      return $_get($_ctxt, dimensions, partialAxes,
                   partialAxes.empty() ? ::weft::dist::ReductionKind::sum : reduction);
    }]>];
  let extraClassDeclaration = [{
    /// The same data on every device.
    static ShardingAttr getReplicated(::mlir::MLIRContext *context, int64_t rank);
    int64_t getRank() const { return getDimensions().size(); }
    bool isPartial() const { return !getPartialAxes().empty(); }
    bool isReplicated() const;
    /// Whether an axis splits a dimension or is partial.
    bool usesAxis(::mlir::StringAttr axis) const;
    /// The same without open dimensions.
    ShardingAttr getClosed() const;
  }];
}

class Dist_Op<string mnemonic, list<Trait> traits = []> :
    Op<Dist_Dialect, mnemonic, traits>;
def Dist_Axes : TypedArrayAttrBase<StrAttr, "array of mesh axes">;

#endif // DIALECTS_DIST_IR_DISTBASE_TD
