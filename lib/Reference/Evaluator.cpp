//===- Evaluator.cpp - The meaning of llm programs ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"

using namespace mlir;
using namespace weft;

namespace {

using Tensor = WeightStore::Tensor;

/// One evaluation of one function.
class Frame {
public:
  Frame(Evaluator &evaluator, SizeAnalysis &sizes, const SizeBinding &binding,
        bool roundToTypes, Evaluator::Observer observer)
      : evaluator(evaluator), sizes(sizes), binding(binding),
        roundToTypes(roundToTypes), observer(observer) {}

  /// Makes `tensor` the value of an argument or a result.
  LogicalResult define(Value value, Tensor tensor);
  /// Evaluates a block whose arguments are defined; returns the operands of its
  /// terminator.
  FailureOr<SmallVector<Tensor>> run(Block &block);

private:
  FailureOr<Tensor> evaluate(Operation *op);
  FailureOr<Tensor> evaluateModelOp(ModelOpInterface op);
  FailureOr<Tensor> evaluateKernel(KernelOp kernel);
  FailureOr<Tensor> loadWeight(Operation *user, StringRef name);
  LogicalResult checkShape(Value value, const HostTensor &tensor);
  /// The value of an operand, which is forgotten at its last use.
  Tensor use(Value value);

  Evaluator &evaluator;
  SizeAnalysis &sizes;
  const SizeBinding &binding;
  bool roundToTypes;
  Evaluator::Observer observer;
  struct Entry {
    Tensor tensor;
    unsigned remainingUses;
  };
  DenseMap<Value, Entry> values;
};

} // namespace

LogicalResult Frame::checkShape(Value value, const HostTensor &tensor) {
  Sizes expected = sizes.getSizes(value);
  bool matches = expected.size() == tensor.getShape().size();
  for (size_t i = 0; matches && i != expected.size(); ++i) {
    // A size of which nothing is known has no value.
    StatusOr<int64_t> size = expected[i].evaluate(binding.asValues());
    matches = !size.isOk() || *size == tensor.getShape()[i];
  }
  if (matches)
    return success();
  InFlightDiagnostic error = emitError(value.getLoc())
                             << "a value of type " << value.getType()
                             << " evaluates to shape [" << tensor.getShape()
                             << "] but its sizes are [";
  llvm::interleaveComma(expected, error,
                        [&](const SizeExpr &size) { error << size.str(); });
  return error << "]";
}

LogicalResult Frame::define(Value value, Tensor tensor) {
  if (failed(checkShape(value, *tensor)))
    return failure();
  if (observer)
    observer(value, *tensor);
  if (auto uses = std::distance(value.use_begin(), value.use_end()))
    values[value] = {std::move(tensor), static_cast<unsigned>(uses)};
  return success();
}

Tensor Frame::use(Value value) {
  auto it = values.find(value);
  assert(it != values.end() && "SSA dominance");
  if (--it->second.remainingUses != 0)
    return it->second.tensor;
  Tensor last = std::move(it->second.tensor);
  values.erase(it);
  return last;
}

FailureOr<SmallVector<Tensor>> Frame::run(Block &block) {
  for (Operation &op : block.without_terminator()) {
    if (op.getNumResults() != 1)
      return op.emitOpError("has no reference evaluation: it is not an op of "
                            "the llm dialect");
    FailureOr<Tensor> tensor = evaluate(&op);
    if (failed(tensor) || failed(define(op.getResult(0), std::move(*tensor))))
      return failure();
  }
  SmallVector<Tensor> results;
  for (Value operand : block.getTerminator()->getOperands())
    results.push_back(use(operand));
  return results;
}

FailureOr<Tensor> Frame::evaluate(Operation *op) {
  if (auto load = dyn_cast<LoadWeightOp>(op))
    return loadWeight(op, load.getWeight());
  if (auto kernel = dyn_cast<KernelOp>(op))
    return evaluateKernel(kernel);
  if (auto modelOp = dyn_cast<ModelOpInterface>(op))
    return evaluateModelOp(modelOp);
  return op->emitOpError("has no reference evaluation: it is not an op of the "
                         "llm dialect");
}

FailureOr<Tensor> Frame::loadWeight(Operation *user, StringRef name) {
  auto weight = SymbolTable::lookupNearestSymbolFrom<WeightOp>(
      user, StringAttr::get(user->getContext(), name));
  if (!weight)
    return user->emitOpError() << "names no llm.weight: `" << name << "`";
  return evaluator.load(weight);
}

FailureOr<Tensor> Frame::evaluateModelOp(ModelOpInterface op) {
  // Tensors are lent to the op for the call, weights among them: they are
  // moved, and only a second use of the same tensor copies it.
  SmallVector<Tensor> owners;
  SmallVector<HostTensor> operands;
  for (Value operand : op->getOperands()) {
    Tensor tensor = use(operand);
    auto lent = llvm::find(owners, tensor);
    operands.push_back(lent == owners.end() ? std::move(*tensor)
                                            : operands[lent - owners.begin()]);
    owners.push_back(std::move(tensor));
  }
  Evaluation evaluation{op->getLoc(), binding.asValues(), {}};
  FailureOr<HostTensor> result = op.evaluate(operands, evaluation);
  for (size_t i = 0; i != owners.size(); ++i)
    if (llvm::find(owners, owners[i]) == owners.begin() + i)
      *owners[i] = std::move(operands[i]);
  if (failed(result))
    return failure();
  if (roundToTypes)
    result->roundToElementType();
  return std::make_shared<HostTensor>(std::move(*result));
}

FailureOr<Tensor> Frame::evaluateKernel(KernelOp kernel) {
  Block &body = kernel.getBody().front();
  for (auto [argument, input] :
       llvm::zip_equal(body.getArguments(), kernel.getInputs()))
    if (failed(define(argument, use(input))))
      return failure();
  FailureOr<SmallVector<Tensor>> results = run(body);
  if (failed(results))
    return failure();
  return results->front();
}

FailureOr<Evaluator::Tensors>
Evaluator::run(func::FuncOp function, Tensors inputs, Observer observer) {
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
  Frame frame(*this, sizes, *binding, roundToTypes, observer);
  for (auto [argument, input] :
       llvm::zip_equal(function.getArguments(), inputs))
    if (failed(frame.define(argument, std::move(input))))
      return failure();
  return frame.run(function.front());
}

FailureOr<SmallVector<HostTensor>>
Evaluator::evaluate(func::FuncOp function, ArrayRef<HostTensor> inputs,
                    Observer observer) {
  Tensors copies;
  for (const HostTensor &input : inputs)
    copies.push_back(std::make_shared<HostTensor>(input));
  FailureOr<Tensors> tensors = run(function, std::move(copies), observer);
  if (failed(tensors))
    return failure();
  SmallVector<HostTensor> results;
  for (Tensor &tensor : *tensors)
    results.push_back(tensor.use_count() == 1 ? std::move(*tensor) : *tensor);
  return results;
}

FailureOr<Tensor> Evaluator::load(WeightOp weight) {
  if (weight.getFile())
    return weights.read(weight);
  FailureOr<std::string> key = WeightStore::keyOf(weight);
  if (failed(key))
    return failure();
  return weights.compute(*key, [&]() -> FailureOr<HostTensor> {
    // The key names all of these, so they exist.
    auto initializer = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
        weight, weight.getInitializerAttr());
    Tensors sources;
    for (WeightOp source : sourcesOf(weight)) {
      FailureOr<Tensor> tensor = load(source);
      if (failed(tensor))
        return failure();
      sources.push_back(std::move(*tensor));
    }
    FailureOr<Tensors> results = run(initializer, std::move(sources), {});
    if (failed(results))
      return failure();
    // A copy, for an initializer that returns its source.
    HostTensor result = *results->front();
    // A weight is stored in its type.
    result.roundToElementType();
    return result;
  });
}
