//===- ConvertCollectives.cpp - Collectives as commands -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Conversion/LLMToExec/ConvertCollectives.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
namespace weft {

void convertCollective(OpBuilder &builder, Operation &op, const Sizes &sizes,
                       Value source, Value destination) {
  using Kind = exec::CollectiveKind;
  using Dimension = std::optional<int64_t>;
  Type type = getElementTypeOrSelf(op.getResult(0).getType());
  auto create = [&](Kind kind, ArrayAttr axes, StringRef reduction,
                    SizesAttr whole, Dimension split, int64_t splitGranule,
                    Dimension concat, int64_t concatGranule) {
    auto optional = [&](Dimension dimension) {
      return dimension ? builder.getI64IntegerAttr(*dimension) : IntegerAttr();
    };
    exec::CollectiveOp::create(
        builder, op.getLoc(),
        exec::CollectiveKindAttr::get(builder.getContext(), kind), source,
        destination, optional(split), builder.getI64IntegerAttr(splitGranule),
        optional(concat), builder.getI64IntegerAttr(concatGranule), axes,
        builder.getStringAttr(reduction), TypeAttr::get(type), whole,
        builder.getI64IntegerAttr(0));
  };
  llvm::TypeSwitch<Operation &>(op)
      .Case([&](dist::AllReduceOp reduce) {
        create(Kind::all_reduce, reduce.getAxes(),
               stringifyReductionKind(reduce.getReduction()),
               SizesAttr::get(builder.getContext(), ArrayRef<SizeExpr>(sizes)),
               {}, 1, {}, 1);
      })
      .Case([&](dist::AllGatherOp gather) {
        create(Kind::all_gather, gather.getAxes(), "", gather.getSizes(), {}, 1,
               gather.getDimension(), gather.getGranule());
      })
      .Case([&](dist::ReduceScatterOp scatter) {
        create(Kind::reduce_scatter, scatter.getAxes(),
               stringifyReductionKind(scatter.getReduction()),
               scatter.getSizes(), scatter.getDimension(), scatter.getGranule(),
               {}, 1);
      })
      .Case([&](dist::AllToAllOp exchange) {
        create(Kind::all_to_all, exchange.getAxes(), "", exchange.getSizes(),
               exchange.getSplitDimension(), exchange.getSplitGranule(),
               exchange.getConcatDimension(), exchange.getConcatGranule());
      });
}

} // namespace weft
