//===- Annotate.cpp - The mesh and the first shardings --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/Factors.h"
#include "dialects/Dist/Transforms/PadLayers.h"
#include "dialects/Dist/Transforms/Passes.h"
#include "dialects/Dist/Transforms/ShardOptions.h"
#include "dialects/Dist/Transforms/ShardValue.h"
#include "dialects/Dist/Transforms/TensorParallel.h"
#include "dialects/LLM/Analysis/SizeAnalysis.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

namespace weft::dist {
#define GEN_PASS_DEF_ANNOTATEPASS
#include "dialects/Dist/Transforms/Passes.h.inc"

namespace {

/// The mesh axes with a meaning of their own.
constexpr llvm::StringLiteral kTensorParallel = "tp", kDataParallel = "dp";

class Annotator {
public:
  Annotator(ModuleOp module, const Mesh &mesh, ArrayRef<ShardPattern> patterns)
      : module(module), mesh(mesh), patterns(patterns),
        sizes(std::in_place, module) {}

  LogicalResult run() {
    for (auto function : module.getOps<func::FuncOp>()) {
      if (isInLocalForm(function))
        return function.emitError("is partitioned already");
      if (function.isPublic() && !function.isDeclaration())
        function.walk([&](Operation *op) {
          if (auto load = dyn_cast<LoadWeightOp>(op))
            loads.push_back(load);
          if (std::optional<DenseLayer> layer = DenseLayer::of(op))
            layers.push_back(*layer);
        });
    }
    if (failed(applyPatterns()))
      return failure();
    auto states = module.getOps<StateOp>();
    for (auto [axis, count] :
         llvm::zip_equal(mesh.getAxes(), mesh.getSizes())) {
      if (count == 1)
        continue;
      if (axis == kDataParallel) {
        if (!states.empty())
          return (*states.begin()).emitError()
                 << "axis " << axis << " splits a batch, but a model with "
                 << "state steps all sequences together; start one process for "
                 << "each batch, or use axis " << kTensorParallel;
        if (failed(splitBatch(axis)))
          return failure();
      } else if (llvm::none_of(patterns, [axis](const ShardPattern &pattern) {
                   return pattern.axis == axis;
                 })) {
        if (axis != kTensorParallel)
          return module.emitError()
                 << "axis " << axis << " of the mesh splits nothing; give a "
                 << "shard pattern that names it, as in 'PATTERN="
                 << axis.getValue() << ":0'";
        if (failed(splitLayers(axis)))
          return failure();
      }
    }
    for (DenseLayer layer : layers)
      if (auto linear = dyn_cast<LinearOp>(layer.getOperation());
          linear && rows.contains(linear))
        splitBias(linear);
    return success();
  }

private:
  //===--------------------------------------------------------------------===//
  // Padding
  //===--------------------------------------------------------------------===//

  /// Makes the columns of layers that an axis will split a multiple of its
  /// devices, as shards are equal.
  void padLayers(StringAttr axis,
                 llvm::function_ref<bool(LoadWeightOp)> isWanted) {
    int64_t devices = mesh.getSize(axis);
    bool warned = false;
    for (DenseLayer layer : layers) {
      LoadWeightOp load = findWeight(layer.getWeight());
      if (!load || !isWanted(load))
        continue;
      std::optional<ColumnSplit> split = followColumns(layer, *sizes, mesh);
      int64_t columns = layer.getNumColumns();
      if (!split || columns % split->granule != 0)
        continue;
      int64_t blocks = columns / split->granule,
              padded = llvm::divideCeil(blocks, devices) * devices;
      if (padded == blocks ||
          failed(padColumns(layer, blocks, padded, *sizes, mesh)))
        continue;
      sizes.emplace(module);
      if (!warned) {
        InFlightDiagnostic diagnostic = layer.getOperation()->emitWarning()
                                        << blocks;
        if (split->granule != 1)
          diagnostic << " blocks of " << split->granule;
        diagnostic << " columns are padded to " << padded << ", so that the "
                   << devices << " devices of axis " << axis
                   << " have equal shards";
      }
      warned = true;
    }
  }

  //===--------------------------------------------------------------------===//
  // Patterns
  //===--------------------------------------------------------------------===//

  LogicalResult applyPatterns() {
    for (const ShardPattern &pattern : patterns)
      if (pattern.dimension == 0)
        padLayers(pattern.axis, [&](LoadWeightOp load) {
          return pattern.glob.match(load.getWeight());
        });
    // The pattern that split a weight over an axis.
    llvm::DenseMap<std::pair<Operation *, Attribute>, const ShardPattern *> by;
    for (const ShardPattern &pattern : patterns) {
      bool matched = false;
      for (LoadWeightOp load : loads) {
        if (!pattern.glob.match(load.getWeight()))
          continue;
        matched = true;
        const ShardPattern *&other = by[{load, pattern.axis}];
        if (other && other->dimension != pattern.dimension)
          return load.emitError()
                 << "weight @" << load.getWeight()
                 << " is split by two shard patterns that contradict: '"
                 << other->text << "' and '" << pattern.text << "'";
        bool isNew = !other;
        other = &pattern;
        if (isNew && failed(applyPattern(pattern, load)))
          return failure();
      }
      if (!matched)
        return module.emitError()
               << "no weight of the model fits the shard pattern '"
               << pattern.text << "'";
    }
    return success();
  }

  LogicalResult applyPattern(const ShardPattern &pattern, LoadWeightOp load) {
    int64_t rank = load.getType().getRank();
    if (pattern.dimension < 0 || pattern.dimension >= rank)
      return load.emitError()
             << "shard pattern '" << pattern.text << "' names dimension "
             << pattern.dimension << " but weight @" << load.getWeight()
             << " has " << rank << " dimensions";
    for (Value form : findForms(load)) {
      int64_t granule = 1;
      for (DenseLayer layer : layers) {
        if (layer.getWeight() != form)
          continue;
        if (pattern.dimension == layer.getRowDimension())
          rows.insert(layer.getOperation());
        else if (pattern.dimension != layer.getColumnDimension())
          continue; // Experts.
        else if (std::optional<ColumnSplit> split =
                     followColumns(layer, *sizes, mesh)) {
          granule = split->granule;
          for (ColumnSplit::End end : split->ends)
            rows.insert(end.layer.getOperation());
        }
      }
      if (mesh.getSize(pattern.axis) != 1 &&
          failed(splitWeight(form, pattern.dimension, pattern.axis, granule,
                             "shard pattern " + pattern.text, mesh)))
        return failure();
    }
    return success();
  }

  /// A weight as its users read it: with zeros around it, or as it is.
  static SmallVector<Value> findForms(Value weight) {
    SmallVector<Value> forms;
    bool isRead = weight.use_empty();
    for (Operation *user : weight.getUsers())
      if (auto pad = dyn_cast<PadOp>(user))
        forms.append(findForms(pad));
      else
        isRead = true;
    if (isRead)
      forms.push_back(weight);
    return forms;
  }

  //===--------------------------------------------------------------------===//
  // Built-in choices
  //===--------------------------------------------------------------------===//

  LogicalResult splitLayers(StringAttr axis) {
    padLayers(axis, [](LoadWeightOp) { return true; });
    bool found = false;
    for (DenseLayer layer : layers) {
      // A layer that ends a cut has its rows split.
      if (!isWeight(layer.getWeight()) || rows.contains(layer.getOperation()))
        continue;
      std::optional<ColumnSplit> split = followColumns(layer, *sizes, mesh);
      if (!split)
        continue;
      if (repeatsCut(layer, *split, axis)) {
        for (ColumnSplit::End end : split->ends)
          rows.insert(end.layer.getOperation());
        continue;
      }
      if (!canCut(layer, *split))
        continue;
      found = true;
      if (failed(splitWeight(layer.getWeight(), layer.getColumnDimension(),
                             axis, split->granule, "columns of a layer", mesh)))
        return failure();
      for (ColumnSplit::End end : split->ends)
        if (rows.insert(end.layer.getOperation()).second &&
            !getSharding(end.layer.getWeight()) &&
            failed(splitWeight(end.layer.getWeight(),
                               end.layer.getRowDimension(), axis, end.granule,
                               "rows of a layer", mesh)))
          return failure();
    }
    for (DenseLayer layer : layers)
      if (succeeded(splitVocabulary(layer, axis)))
        found = true;
    if (!found)
      module.emitWarning()
          << "axis " << axis << " splits nothing: no linear layer has an "
          << "output that only other linear layers sum; all of its devices "
          << "will compute the same";
    return success();
  }

  LogicalResult splitVocabulary(DenseLayer layer, StringAttr axis) {
    auto split = DimensionShardingAttr::get(axis.getContext(), {axis},
                                            /*granule=*/1, /*isOpen=*/false);
    if (!isVocabularyLayer(layer) || rows.contains(layer.getOperation()) ||
        getSharding(layer.getWeight()) ||
        !splitsEvenly(layer.getNumColumns(), split, mesh))
      return failure();
    // An embedding that shares the weight looks rows up in all of it.
    if (!layer.getWeight().hasOneUse()) {
      OpBuilder builder(layer.getOperation());
      Operation *load = layer.getWeight().getDefiningOp();
      layer.getWeightMutable().assign(builder.clone(*load)->getResult(0));
    }
    return splitWeight(layer.getWeight(), layer.getColumnDimension(), axis, 1,
                       "columns of the last layer", mesh);
  }

  /// Whether weights that an earlier layer shares are split as this one needs
  /// them.
  static bool repeatsCut(DenseLayer layer, const ColumnSplit &split,
                         StringAttr axis) {
    auto isSplit = [&](DenseLayer layer, int64_t dimension) {
      ShardingAttr sharding = getSharding(layer.getWeight());
      return sharding &&
             llvm::is_contained(sharding.getDimensions()[dimension].getAxes(),
                                axis);
    };
    return isSplit(layer, layer.getColumnDimension()) &&
           llvm::all_of(split.ends, [&](ColumnSplit::End end) {
             return isSplit(end.layer, end.layer.getRowDimension());
           });
  }

  /// A weight that is used in several places may be split in one way only.
  bool canCut(DenseLayer layer, const ColumnSplit &split) const {
    llvm::DenseMap<Value, int64_t> granules;
    return !getSharding(layer.getWeight()) &&
           llvm::all_of(split.ends, [&](ColumnSplit::End end) {
             Value weight = end.layer.getWeight();
             return weight != layer.getWeight() &&
                    (rows.contains(end.layer.getOperation()) ||
                     !getSharding(weight)) &&
                    granules.try_emplace(weight, end.granule).first->second ==
                        end.granule;
           });
  }

  /// The first dimension 0 of an input that is a symbol; where there is none,
  /// the first that is not 1.
  std::optional<SizeExpr> findBatch(func::FuncOp function) {
    std::optional<SizeExpr> constant;
    for (BlockArgument argument : function.getArguments()) {
      const Sizes &argumentSizes = sizes->getSizes(argument);
      if (argumentSizes.empty() || argumentSizes[0] == SizeExpr(1))
        continue;
      if (!argumentSizes[0].isConstant())
        return argumentSizes[0];
      if (!constant)
        constant = argumentSizes[0];
    }
    return constant;
  }

  LogicalResult splitBatch(StringAttr axis) {
    for (auto function : module.getOps<func::FuncOp>()) {
      if (!function.isPublic() || function.isDeclaration())
        continue;
      std::optional<SizeExpr> batch = findBatch(function);
      for (BlockArgument argument : function.getArguments()) {
        Sizes argumentSizes = sizes->getSizes(argument);
        if (batch && !argumentSizes.empty() && argumentSizes[0] == *batch)
          addAxis(argument, 0, axis, 1, "batch " + batch->str());
      }
      if (!batch)
        return function.emitError()
               << "axis " << axis << " splits the batch, but no input of @"
               << function.getName() << " has one: dimension 0 of all is 1";
    }
    return success();
  }

  /// linear(x, w, b) -> add(linear(x, w), b): the bias is added once, behind
  /// the reduction of the partial sums.
  void splitBias(LinearOp linear) {
    Value bias = linear.getBias();
    if (!bias)
      return;
    OpBuilder builder(linear);
    auto product =
        LinearOp::create(builder, linear.getLoc(), linear.getType(),
                         linear.getInput(), linear.getWeight(), Value(),
                         IntegerAttr(), linear.getActivationsAttr());
    auto sum = AddOp::create(builder, linear.getLoc(), linear.getType(),
                             product, bias);
    linear.replaceAllUsesWith(sum.getResult());
    linear.erase();
  }

  ModuleOp module;
  const Mesh &mesh;
  ArrayRef<ShardPattern> patterns;
  /// Made anew when layers are padded.
  std::optional<SizeAnalysis> sizes;
  SmallVector<LoadWeightOp> loads;
  SmallVector<DenseLayer> layers;
  /// Layers whose rows are split.
  llvm::DenseSet<Operation *> rows;
};

struct AnnotatePass : impl::AnnotatePassBase<AnnotatePass> {
  using AnnotatePassBase::AnnotatePassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto emitError = [&] { return module.emitError(); };
    if (!mesh.empty() && failed(addMesh(emitError)))
      return signalPassFailure();
    std::optional<Mesh> grid = Mesh::find(module);
    if (!grid) {
      module.emitError("has no dist.mesh and no option 'mesh' gives one, as in "
                       "mesh=dp=2,tp=4");
      return signalPassFailure();
    }
    FailureOr<SmallVector<ShardPattern>> patterns =
        parseShardPatterns(shard, *grid, &getContext(), emitError);
    if (failed(patterns) || failed(Annotator(module, *grid, *patterns).run()))
      signalPassFailure();
  }

  LogicalResult addMesh(EmitError emitError) {
    ModuleOp module = getOperation();
    if (Mesh::find(module))
      return emitError() << "has a dist.mesh already; give no option 'mesh'";
    FailureOr<MeshText> text = parseMesh(mesh, emitError);
    if (failed(text))
      return failure();
    OpBuilder builder = OpBuilder::atBlockBegin(module.getBody());
    MeshOp op =
        MeshOp::create(builder, module.getLoc(), "mesh",
                       builder.getStrArrayAttr(text->axes), text->sizes);
    return op.verify();
  }
};

} // namespace
} // namespace weft::dist
