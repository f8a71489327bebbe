//===- LLMToExec.cpp - From kernels to programs ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Conversion/LLMToExec/LLMToExec.h"

#include "dialects/Dist/IR/Sharding.h"
#include "dialects/LLM/Analysis/SizeAnalysis.h"
#include "dialects/LLM/IR/LanguageModel.h"
#include "lib/Conversion/LLMToExec/ConvertCollectives.h"
#include "lib/Conversion/LLMToExec/GemmCommand.h"
#include "lib/Conversion/LLMToExec/OutlineKernels.h"
#include "lib/Conversion/LLMToExec/SizeParameters.h"
#include "lib/Conversion/LLMToExec/StateBuffers.h"

using namespace mlir;
namespace weft {

#define GEN_PASS_DEF_CONVERTLLMTOEXEC
#include "lib/Conversion/LLMToExec/Passes.h.inc"

namespace {

/// Converts one entry function.
class EntryConverter {
public:
  EntryConverter(func::FuncOp entry, SizeAnalysis &sizes,
                 KernelOutliner &outliner, bool gemms)
      : entry(entry), sizes(sizes), outliner(outliner), gemms(gemms),
        builder(entry.getContext()) {}

  LogicalResult convert();

private:
  FailureOr<exec::TensorAttr> describe(Value value, const Sizes &sizes,
                                       Attribute name, const Twine &fallback);
  LogicalResult createProgram(func::ReturnOp results);
  LogicalResult convertOp(Operation &op);
  LogicalResult convertKernel(KernelOp kernel);
  void createOutputs(func::ReturnOp results);
  void createOutput(unsigned index, Value value, exec::TensorAttr tensor);

  /// Bytes of a tensor; fails on one whose size or type is unknown.
  FailureOr<SizesAttr> getBytes(Value value);
  /// The sizes of a result, which its shards make up together.
  Sizes getWholeSizes(unsigned result, Value value);
  LogicalResult checkDeclared(Location location, ArrayRef<SizeExpr> exprs);

  func::FuncOp entry;
  SizeAnalysis &sizes;
  KernelOutliner &outliner;
  const bool gemms;
  OpBuilder builder;
  /// Tensors and the buffers that hold them.
  DenseMap<Value, Value> buffers;
  llvm::StringMap<Value> weights;
  StateBuffers states;
};

} // namespace

LogicalResult EntryConverter::checkDeclared(Location location,
                                            ArrayRef<SizeExpr> exprs) {
  for (const SizeExpr &expr : exprs) {
    std::set<std::string> names;
    expr.collectSymbols(names);
    for (const std::string &name : names)
      if (!sizes.getSymbols().isDeclared(name))
        return emitError(location)
               << "a tensor has size " << expr.str() << ", but no llm.size @"
               << name
               << " says which values that takes; declare it, or give the "
                  "argument it comes from `llm.sizes`";
  }
  return success();
}

FailureOr<SizesAttr> EntryConverter::getBytes(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  Type elementType = type.getElementType();
  if (isa<BlockType>(elementType))
    if (std::optional<int64_t> bytes = getStorageBytes(type))
      return exec::getSizeAttr(builder.getContext(), *bytes);
  unsigned elementBytes = exec::getElementBytes(elementType);
  if (!elementBytes)
    return emitError(value.getLoc())
           << "elements of type " << elementType << " have no form in a buffer";
  if (failed(checkDeclared(value.getLoc(), sizes.getSizes(value))))
    return failure();
  return exec::getSizeAttr(builder.getContext(),
                           sizes.getNumElements(value) * elementBytes);
}

FailureOr<exec::TensorAttr> EntryConverter::describe(Value value,
                                                     const Sizes &wholeSizes,
                                                     Attribute name,
                                                     const Twine &fallback) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type)
    return emitError(entry.getLoc())
           << fallback << " is of type " << value.getType()
           << ", but programs take and give tensors only";
  if (failed(getBytes(value)))
    return failure();
  auto text = dyn_cast_or_null<StringAttr>(name);
  if (!text)
    text = builder.getStringAttr(fallback);
  return exec::TensorAttr::get(
      builder.getContext(), text, type.getElementType(),
      SizesAttr::get(builder.getContext(), ArrayRef<SizeExpr>(wholeSizes)));
}

Sizes EntryConverter::getWholeSizes(unsigned result, Value value) {
  if (entry.getResultAttr(result, dist::shardingAttrName))
    if (auto whole = entry.getResultAttrOfType<SizesAttr>(result, "llm.sizes"))
      return whole.getExprs();
  return sizes.getSizes(value);
}

LogicalResult EntryConverter::createProgram(func::ReturnOp results) {
  SmallVector<Attribute> inputs, outputs;
  for (BlockArgument argument : entry.getArguments()) {
    unsigned index = argument.getArgNumber();
    auto input =
        describe(argument, sizes.getSizes(argument),
                 entry.getArgAttr(index, "llm.name"), "input" + Twine(index));
    if (failed(input))
      return failure();
    inputs.push_back(*input);
  }
  for (auto [index, result] : llvm::enumerate(results.getOperands())) {
    auto output = describe(result, getWholeSizes(index, result),
                           entry.getResultAttr(index, "llm.name"),
                           "output" + Twine(index));
    if (failed(output))
      return failure();
    outputs.push_back(*output);
  }
  // Behind the kernels' functions, which go in front of the entry.
  builder.setInsertionPointAfter(entry);
  auto program = exec::ProgramOp::create(
      builder, entry.getLoc(), entry.getSymName(), builder.getArrayAttr(inputs),
      builder.getArrayAttr(outputs));
  if (Attribute model = entry->getAttr(languageModelAttrName))
    program->setAttr(languageModelAttrName, model);
  builder.createBlock(&program.getVariants());
  auto variant = exec::VariantOp::create(builder, entry.getLoc(), SizesAttr());
  builder.createBlock(&variant.getBody());
  return success();
}

/// "q4_1" for GGUF's own bytes, "q4_1x16" with 16 rows interleaved.
static std::string getLayout(BlockType type) {
  std::string layout(type.getInfo().name);
  if (type.isInterleaved())
    layout += "x" + std::to_string(type.getRows());
  return layout;
}

/// Says on an `exec.weight` in which form a kernel wants it.
static void setLayout(Value buffer, BlockArgument argument) {
  auto weight = buffer.getDefiningOp<exec::WeightOp>();
  if (!weight)
    return;
  if (auto block = dyn_cast<BlockType>(getElementTypeOrSelf(argument)))
    return weight.setLayout(getLayout(block));
  for (Operation *user : argument.getUsers())
    if (auto linear = dyn_cast<LinearOp>(user))
      if (linear.getPanel() && linear.getWeight() == argument)
        weight.setLayout("panel" + std::to_string(*linear.getPanel()));
}

LogicalResult EntryConverter::convertKernel(KernelOp kernel) {
  auto bytes = getBytes(kernel.getResult());
  if (failed(bytes))
    return failure();
  Value pool = StateBuffers::findPool(kernel);
  if (pool && failed(states.write(kernel, pool, kernel.getResult())))
    return failure();
  // The kernel's body goes away with it.
  std::optional<GemmCommand> gemm;
  if (gemms)
    gemm = GemmCommand::of(kernel, sizes);
  OutlinedKernel outlined = outliner.outline(kernel);
  if (failed(checkDeclared(kernel.getLoc(), outlined.sizes)))
    return failure();
  Value result =
      pool ? buffers.at(pool)
           : exec::TemporaryOp::create(builder, kernel.getLoc(), *bytes);
  SmallVector<Value> operands;
  for (auto [input, argument] :
       llvm::zip_equal(kernel.getInputs(), outlined.function.getArguments())) {
    operands.push_back(buffers.at(input));
    setLayout(operands.back(), argument);
  }
  operands.push_back(result);
  auto launchSizes =
      SizesAttr::get(builder.getContext(), ArrayRef<SizeExpr>(outlined.sizes));
  StringRef name = outlined.function.getSymName();
  if (gemm)
    gemm->create(builder, kernel.getLoc(), name, operands, launchSizes);
  else
    exec::LaunchOp::create(builder, kernel.getLoc(), name, operands,
                           launchSizes);
  buffers[kernel.getResult()] = result;
  return success();
}

LogicalResult EntryConverter::convertOp(Operation &op) {
  Location location = op.getLoc();
  if (failed(states.checkOperands(&op)))
    return failure();
  if (auto kernel = dyn_cast<KernelOp>(op))
    return convertKernel(kernel);
  if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    // Row-major on both sides: the bytes are the same.
    buffers[reshape.getResult()] = buffers.at(reshape.getInput());
    states.alias(reshape.getInput(), reshape.getResult());
    return success();
  }
  if (auto load = dyn_cast<LoadStateOp>(op)) {
    FailureOr<Value> buffer = states.load(load, builder);
    if (succeeded(buffer))
      buffers[load.getResult()] = *buffer;
    return buffer;
  }
  if (auto store = dyn_cast<StoreStateOp>(op))
    return states.store(store, buffers.at(store.getValue()), builder);
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    buffers[constant.getResult()] =
        exec::ConstantOp::create(builder, location, constant.getValue());
    return success();
  }
  if (auto load = dyn_cast<LoadWeightOp>(op)) {
    auto bytes = getBytes(load.getResult());
    if (failed(bytes))
      return failure();
    Value &buffer = weights[load.getWeight()];
    if (!buffer)
      buffer =
          exec::WeightOp::create(builder, location, load.getWeight(), *bytes);
    buffers[load.getResult()] = buffer;
    return success();
  }
  if (dist::isCollective(&op)) {
    auto bytes = getBytes(op.getResult(0));
    if (failed(bytes))
      return failure();
    Value result = exec::TemporaryOp::create(builder, location, *bytes);
    Value input = op.getOperand(0);
    convertCollective(builder, op, sizes.getSizes(input), buffers.at(input),
                      result);
    buffers[op.getResult(0)] = result;
    return success();
  }
  return op.emitOpError("is in no llm.kernel: form kernels of all ops first "
                        "(--llm-form-kernels)");
}

/// 1 on the ranks that write the caller's memory, else 0: of those that hold
/// the same data, the first.
static SizesAttr getOwner(MLIRContext *context, const dist::Mesh &mesh,
                          dist::ShardingAttr sharding) {
  SizeExpr distance;
  for (StringAttr axis : mesh.getAxes())
    if (!sharding || !sharding.usesAxis(axis))
      distance =
          distance + SizeExpr::coordinate(std::string_view(axis.getValue()));
  return exec::getSizeAttr(context, SizeExpr(1) - min(1, distance));
}

void EntryConverter::createOutput(unsigned index, Value value,
                                  exec::TensorAttr tensor) {
  MLIRContext *context = builder.getContext();
  Location location = value.getLoc();
  SizesAttr zero = exec::getSizeAttr(context, 0);
  SizesAttr bytes = *getBytes(value), owner;
  auto sharding = entry.getResultAttrOfType<dist::ShardingAttr>(
      index, dist::shardingAttrName);
  std::optional<dist::Mesh> mesh = dist::Mesh::find(entry);
  if (mesh)
    owner = getOwner(context, *mesh, sharding);
  Sizes whole = tensor.getSizes().getExprs();
  SizeExpr rowBytes = exec::getElementBytes(tensor.getElementType());
  for (const SizeExpr &size :
       ArrayRef<SizeExpr>(whole).drop_front(sharding ? 1 : 0))
    rowBytes = rowBytes * size;
  Value output = exec::OutputOp::create(
      builder, location, index,
      exec::getSizeAttr(context, sharding ? rowBytes * whole[0] : rowBytes),
      owner);
  SizesAttr offset = zero;
  if (sharding)
    // Blocks of rows lie one after the other.
    offset = exec::getSizeAttr(
        context, rowBytes * dist::getShards(whole, sharding, *mesh)[0].offset);
  exec::CopyOp::create(builder, location, buffers.at(value), zero, output,
                       offset, bytes);
}

void EntryConverter::createOutputs(func::ReturnOp results) {
  auto program =
      builder.getBlock()->getParentOp()->getParentOfType<exec::ProgramOp>();
  for (auto [index, value] : llvm::enumerate(results.getOperands()))
    createOutput(index, value,
                 cast<exec::TensorAttr>(program.getOutputs()[index]));
}

LogicalResult EntryConverter::convert() {
  if (!entry.getBody().hasOneBlock())
    return entry.emitOpError("has several blocks; an entry function has one");
  Block &body = entry.getBody().front();
  auto results = cast<func::ReturnOp>(body.getTerminator());
  if (failed(createProgram(results)))
    return failure();
  for (BlockArgument argument : entry.getArguments())
    buffers[argument] =
        exec::InputOp::create(builder, argument.getLoc(),
                              argument.getArgNumber(), *getBytes(argument));
  for (Operation &op : body.without_terminator())
    if (failed(convertOp(op)))
      return failure();
  if (failed(states.checkOperands(results)) || failed(states.checkAllStored()))
    return failure();
  createOutputs(results);
  entry.erase();
  return success();
}

namespace {

struct ConvertLLMToExecPass : impl::ConvertLLMToExecBase<ConvertLLMToExecPass> {
  using ConvertLLMToExecBase::ConvertLLMToExecBase;

  void runOnOperation() override {
    SizeAnalysis sizes(getOperation());
    KernelOutliner outliner(getOperation(), sizes);
    SmallVector<func::FuncOp> entries;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic() && !function.isDeclaration())
        entries.push_back(function);
    for (func::FuncOp entry : entries)
      if (failed(EntryConverter(entry, sizes, outliner, gemms).convert()))
        return signalPassFailure();
    convertStates(getOperation());
    parametrizeInitializers();
  }

  /// A slice of a weight depends on the rank.
  void parametrizeInitializers() {
    SymbolTable symbols(getOperation());
    for (auto weight : getOperation().getOps<WeightOp>()) {
      auto function =
          weight.getInitializer()
              ? symbols.lookup<func::FuncOp>(*weight.getInitializer())
              : func::FuncOp();
      if (!function || function->hasAttr(exec::kernelSizesAttrName))
        continue;
      SizeParameters parameters;
      parameters.add(function.getBody());
      if (parameters.getValues().empty())
        continue;
      parameters.apply(function);
      function->setAttr(
          exec::sizeValuesAttrName,
          SizesAttr::get(&getContext(),
                         ArrayRef<SizeExpr>(parameters.getValues())));
    }
  }
};

} // namespace
} // namespace weft
