//===- Evaluator.cpp - The meaning of llm programs ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"

#include "lib/Reference/EvaluateCollective.h"

using namespace mlir;
using namespace weft;

namespace {

using Tensor = WeightStore::Tensor;

/// One evaluation of one function, on one rank or several.
class Frame {
public:
  Frame(Evaluator &evaluator, SizeAnalysis &sizes, ArrayRef<SizeBinding> ranks,
        bool roundToTypes, Evaluator::Observer observer)
      : evaluator(evaluator), sizes(sizes), ranks(ranks),
        roundToTypes(roundToTypes), observer(observer) {}

  /// Makes `shards` the value of an argument or a result.
  LogicalResult define(Value value, Shards shards);
  /// Evaluates a block whose arguments are defined; returns the operands of its
  /// terminator.
  FailureOr<SmallVector<Shards>> run(Block &block);

private:
  FailureOr<Shards> evaluate(Operation *op);
  FailureOr<Shards> evaluateModelOp(ModelOpInterface op);
  /// On one rank.
  FailureOr<Tensor> evaluateModelOp(ModelOpInterface op,
                                    ArrayRef<Tensor> operands,
                                    const SizeBinding &rank);
  FailureOr<Shards> evaluateKernel(KernelOp kernel);
  FailureOr<Shards> loadWeight(Operation *user, StringRef name);
  LogicalResult checkShapes(Value value, ArrayRef<Tensor> shards);
  /// The value of an operand, which is forgotten at its last use.
  Shards use(Value value);
  void round(HostTensor &tensor) const {
    if (roundToTypes)
      tensor.roundToElementType();
  }

  Evaluator &evaluator;
  SizeAnalysis &sizes;
  /// The sizes and the coordinates that each rank knows.
  ArrayRef<SizeBinding> ranks;
  bool roundToTypes;
  Evaluator::Observer observer;
  struct Entry {
    Shards shards;
    unsigned remainingUses;
  };
  DenseMap<Value, Entry> values;
};

} // namespace

static bool hasShape(const HostTensor &tensor, const Sizes &expected,
                     const SizeBinding &binding) {
  if (expected.size() != tensor.getShape().size())
    return false;
  for (auto [size, found] : llvm::zip_equal(expected, tensor.getShape())) {
    // A size of which nothing is known has no value.
    StatusOr<int64_t> value = size.evaluate(binding.asValues());
    if (value.isOk() && *value != found)
      return false;
  }
  return true;
}

LogicalResult Frame::checkShapes(Value value, ArrayRef<Tensor> shards) {
  Sizes expected = sizes.getSizes(value);
  for (auto [rank, tensor] : llvm::enumerate(shards)) {
    if (hasShape(*tensor, expected, ranks[rank]))
      continue;
    InFlightDiagnostic error = emitError(value.getLoc())
                               << "a value of type " << value.getType()
                               << " evaluates to shape [" << tensor->getShape()
                               << "]";
    if (ranks.size() > 1)
      error << " on rank " << rank;
    error << " but its sizes are [";
    llvm::interleaveComma(expected, error,
                          [&](const SizeExpr &size) { error << size.str(); });
    return error << "]";
  }
  return success();
}

LogicalResult Frame::define(Value value, Shards shards) {
  if (failed(checkShapes(value, shards)))
    return failure();
  if (observer)
    observer(value, shards);
  if (auto uses = std::distance(value.use_begin(), value.use_end()))
    values[value] = {std::move(shards), static_cast<unsigned>(uses)};
  return success();
}

Shards Frame::use(Value value) {
  auto it = values.find(value);
  assert(it != values.end() && "SSA dominance");
  if (--it->second.remainingUses != 0)
    return it->second.shards;
  Shards last = std::move(it->second.shards);
  values.erase(it);
  return last;
}

FailureOr<SmallVector<Shards>> Frame::run(Block &block) {
  for (Operation &op : block.without_terminator()) {
    if (auto store = dyn_cast<StoreStateOp>(op)) {
      evaluator.storeState(store.getState(), use(store.getValue()));
      continue;
    }
    if (op.getNumResults() != 1)
      return op.emitOpError("has no reference evaluation: it is not an op of "
                            "the llm dialect");
    FailureOr<Shards> shards = evaluate(&op);
    if (failed(shards) || failed(define(op.getResult(0), std::move(*shards))))
      return failure();
  }
  SmallVector<Shards> results;
  for (Value operand : block.getTerminator()->getOperands())
    results.push_back(use(operand));
  return results;
}

FailureOr<Shards> Frame::evaluate(Operation *op) {
  if (auto load = dyn_cast<LoadWeightOp>(op))
    return loadWeight(op, load.getWeight());
  if (auto load = dyn_cast<LoadStateOp>(op)) {
    auto state =
        SymbolTable::lookupNearestSymbolFrom<StateOp>(op, load.getStateAttr());
    if (!state)
      return op->emitOpError()
             << "names no llm.state: `" << load.getState() << "`";
    return evaluator.loadState(state, ranks.size());
  }
  if (auto kernel = dyn_cast<KernelOp>(op))
    return evaluateKernel(kernel);
  if (combinesRanks(op)) {
    FailureOr<Shards> shards =
        evaluateCollective(op, use(op->getOperand(0)), ranks);
    if (succeeded(shards))
      for (Tensor &tensor : *shards)
        round(*tensor);
    return shards;
  }
  if (auto modelOp = dyn_cast<ModelOpInterface>(op))
    return evaluateModelOp(modelOp);
  return op->emitOpError("has no reference evaluation: it is not an op of the "
                         "llm dialect");
}

FailureOr<Shards> Frame::loadWeight(Operation *user, StringRef name) {
  auto weight = SymbolTable::lookupNearestSymbolFrom<WeightOp>(
      user, StringAttr::get(user->getContext(), name));
  if (!weight)
    return user->emitOpError() << "names no llm.weight: `" << name << "`";
  Shards shards;
  for (const SizeBinding &rank : ranks) {
    FailureOr<Tensor> tensor = evaluator.load(weight, rank);
    if (failed(tensor))
      return failure();
    shards.push_back(std::move(*tensor));
  }
  return shards;
}

FailureOr<Shards> Frame::evaluateModelOp(ModelOpInterface op) {
  SmallVector<Shards> operands;
  for (Value operand : op->getOperands())
    operands.push_back(use(operand));
  Shards results;
  for (auto [rank, binding] : llvm::enumerate(ranks)) {
    SmallVector<Tensor> tensors;
    for (Shards &shards : operands)
      tensors.push_back(std::move(shards[rank]));
    FailureOr<Tensor> result = evaluateModelOp(op, tensors, binding);
    if (failed(result))
      return failure();
    results.push_back(std::move(*result));
  }
  return results;
}

FailureOr<Tensor> Frame::evaluateModelOp(ModelOpInterface op,
                                         ArrayRef<Tensor> operands,
                                         const SizeBinding &rank) {
  // Tensors are lent to the op for the call, weights among them: they are
  // moved, and only a second use of the same tensor copies it.
  SmallVector<HostTensor> lent;
  for (const Tensor &tensor : operands) {
    auto first = llvm::find(operands, tensor) - operands.begin();
    lent.push_back(first == static_cast<ptrdiff_t>(lent.size())
                       ? std::move(*tensor)
                       : lent[first]);
  }
  FailureOr<HostTensor> result =
      op.evaluate(lent, Evaluation{op->getLoc(), rank.asValues(), {}});
  for (size_t i = 0; i != operands.size(); ++i)
    if (llvm::find(operands, operands[i]) == operands.begin() + i)
      *operands[i] = std::move(lent[i]);
  if (failed(result))
    return failure();
  round(*result);
  return std::make_shared<HostTensor>(std::move(*result));
}

FailureOr<Shards> Frame::evaluateKernel(KernelOp kernel) {
  Block &body = kernel.getBody().front();
  for (auto [argument, input] :
       llvm::zip_equal(body.getArguments(), kernel.getInputs()))
    if (failed(define(argument, use(input))))
      return failure();
  FailureOr<SmallVector<Shards>> results = run(body);
  if (failed(results))
    return failure();
  return results->front();
}

FailureOr<SmallVector<Shards>> Evaluator::run(func::FuncOp function,
                                              Tensors inputs,
                                              ArrayRef<SizeBinding> ranks,
                                              Observer observer) {
  if (function.isDeclaration() || !function.getBody().hasOneBlock())
    return function.emitError() << "`" << function.getSymName()
                                << "` cannot be evaluated: its body is not one "
                                   "block";
  if (inputs.size() != function.getNumArguments())
    return function.emitError() << "`" << function.getSymName() << "` takes "
                                << function.getNumArguments() << " inputs but "
                                << inputs.size() << " were given";
  SmallVector<ArrayRef<int64_t>> shapes;
  for (auto [argument, input] :
       llvm::zip_equal(function.getArguments(), inputs)) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type || type.getRank() != input->getRank() ||
        type.getElementType() != input->getElementType())
      return function.emitError()
             << "argument " << argument.getArgNumber() << " of `"
             << function.getSymName() << "` is " << argument.getType()
             << " but the input has " << input->getRank()
             << " dimensions and elements of type " << input->getElementType();
    shapes.push_back(input->getShape());
  }

  SizeAnalysis sizes(function);
  FailureOr<SizeBinding> binding = bindSizes(function, sizes, shapes);
  if (failed(binding))
    return failure();
  SmallVector<SizeBinding> bindings;
  for (const SizeBinding &rank : ranks) {
    bindings.push_back(*binding);
    bindings.back().bind(rank);
  }
  Frame frame(*this, sizes, bindings, roundToTypes, observer);
  for (auto [argument, input] :
       llvm::zip_equal(function.getArguments(), inputs))
    if (failed(frame.define(argument, Shards(ranks.size(), input))))
      return failure();
  inputs.clear();
  return frame.run(function.front());
}

/// The ranks that evaluate a function: all of the mesh in the local form.
static SmallVector<SizeBinding> ranksOf(func::FuncOp function) {
  if (!dist::isInLocalForm(function))
    return {SizeBinding()};
  dist::Mesh mesh = *dist::Mesh::find(function);
  SmallVector<SizeBinding> ranks;
  for (int64_t rank = 0; rank != mesh.getNumRanks(); ++rank)
    ranks.push_back(coordinatesOf(mesh, rank));
  return ranks;
}

/// A result of the local form, put together.
static FailureOr<HostTensor> joinResult(func::FuncOp function, unsigned number,
                                        ArrayRef<Tensor> shards) {
  auto sharding = function.getResultAttrOfType<dist::ShardingAttr>(
      number, dist::shardingAttrName);
  if (!sharding)
    sharding = dist::ShardingAttr::getReplicated(function.getContext(),
                                                 shards.front()->getRank());
  Value value = function.front().getTerminator()->getOperand(number);
  auto emitError = [&] {
    return mlir::emitError(value.getLoc())
           << "result " << number << " of `" << function.getSymName() << "` ";
  };
  return joinShards(shards, sharding, *dist::Mesh::find(function), emitError);
}

FailureOr<SmallVector<HostTensor>>
Evaluator::evaluate(func::FuncOp function, ArrayRef<HostTensor> inputs,
                    Observer observer) {
  Tensors copies;
  for (const HostTensor &input : inputs)
    copies.push_back(std::make_shared<HostTensor>(input));
  FailureOr<SmallVector<Shards>> values =
      run(function, std::move(copies), ranksOf(function), observer);
  if (failed(values))
    return failure();
  SmallVector<HostTensor> results;
  for (auto [number, shards] : llvm::enumerate(*values)) {
    if (!dist::isInLocalForm(function)) {
      Tensor &tensor = shards.front();
      results.push_back(tensor.use_count() == 1 ? std::move(*tensor) : *tensor);
      continue;
    }
    FailureOr<HostTensor> whole = joinResult(function, number, shards);
    if (failed(whole))
      return failure();
    results.push_back(std::move(*whole));
  }
  return results;
}

Shards Evaluator::loadState(StateOp state, size_t numRanks) const {
  if (auto it = states.find(state.getSymName()); it != states.end())
    return it->second;
  RankedTensorType type = state.getTensorType();
  Shards zeros;
  for (size_t rank = 0; rank != numRanks; ++rank)
    zeros.push_back(
        std::make_shared<HostTensor>(type.getElementType(), type.getShape()));
  return zeros;
}

FailureOr<Tensor> Evaluator::load(WeightOp weight, const SizeBinding &rank) {
  if (weight.getFile())
    return weights.read(weight);
  FailureOr<std::string> key = WeightStore::keyOf(weight, rank);
  if (failed(key))
    return failure();
  return weights.compute(*key, [&]() -> FailureOr<HostTensor> {
    // The key names all of these, so they exist.
    auto initializer = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
        weight, weight.getInitializerAttr());
    Tensors sources;
    for (WeightOp source : sourcesOf(weight)) {
      FailureOr<Tensor> tensor = load(source, rank);
      if (failed(tensor))
        return failure();
      sources.push_back(std::move(*tensor));
    }
    FailureOr<SmallVector<Shards>> results =
        run(initializer, std::move(sources), rank, {});
    if (failed(results))
      return failure();
    // A copy, for an initializer that returns its source.
    HostTensor result = *results->front().front();
    // A weight is stored in its type.
    result.roundToElementType();
    return result;
  });
}
