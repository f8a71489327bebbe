//===- KernelRunner.cpp - Compiles and runs a kernel in a test ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/Common/KernelRunner.h"

#include "dialects/LLM/IR/LLM.h"
#include "lib/Codegen/Common/RegisterModels.h"

#include "mlir/Parser/Parser.h"

using namespace mlir;

namespace weft {

void die(const Twine &message) {
  llvm::errs() << message << "\n";
  std::abort();
}

static DialectRegistry makeRegistry() {
  DialectRegistry registry;
  registry.insert<LLMDialect, func::FuncDialect>();
  registerCodegen(registry);
  return registry;
}

static Sizes sizesOf(func::FuncOp entry, unsigned argument) {
  auto attribute = entry.getArgAttrOfType<SizesAttr>(argument, "llm.sizes");
  if (!attribute)
    die("an argument has no llm.sizes");
  return Sizes(attribute.getExprs());
}

KernelRunner::KernelRunner(const std::string &text, StringRef arch)
    : context(makeRegistry()) {
  module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    die("cannot parse " + text);
  std::vector<KernelSource> sources;
  for (auto function : module->getOps<func::FuncOp>()) {
    KernelSource source{function.getName().str(),
                        &function.getBody().front(),
                        {},
                        0,
                        function.getLoc()};
    std::set<std::string> symbols;
    for (unsigned i = 0; i < function.getNumArguments(); ++i) {
      source.argumentSizes.push_back(sizesOf(function, i));
      for (const SizeExpr &size : source.argumentSizes.back())
        size.collectSymbols(symbols);
    }
    source.sizeCount = symbols.size();
    sources.push_back(source);
  }
  entry = *module->getOps<func::FuncOp>().begin();
  compiled = RunnableKernels::compile(sources, arch);
}

void KernelRunner::select(StringRef name) {
  entry = module->lookupSymbol<func::FuncOp>(name);
  if (!entry)
    die("no function " + name);
}

std::vector<std::string> KernelRunner::names() {
  std::vector<std::string> names;
  for (auto function : module->getOps<func::FuncOp>())
    names.push_back(function.getName().str());
  return names;
}

const artifact::Kernel &KernelRunner::kernel() const {
  for (const artifact::Kernel &kernel : compiled->table().kernels())
    if (kernel.name() == func::FuncOp(entry).getName())
      return kernel;
  die("no kernel");
}

static SizeExpr::Values valuesOf(ArrayRef<int64_t> sizes) {
  return [=](std::string_view name) -> std::optional<int64_t> {
    unsigned number;
    StringRef text(name.data(), name.size());
    if (!text.consume_front("s") || text.getAsInteger(10, number) ||
        number >= sizes.size())
      return std::nullopt;
    return sizes[number];
  };
}

int64_t valueOf(const std::string &expression, ArrayRef<int64_t> sizes) {
  auto parsed = SizeExpr::parse(expression);
  if (!parsed.isOk())
    die("cannot parse " + expression);
  auto value = parsed->evaluate(valuesOf(sizes));
  if (!value.isOk())
    die("cannot evaluate " + expression);
  return *value;
}

std::vector<int64_t>
KernelRunner::countArguments(ArrayRef<int64_t> sizes) const {
  std::vector<int64_t> counts;
  for (const artifact::KernelBuffer &buffer : kernel().buffers())
    if (!buffer.writes())
      counts.push_back(valueOf(buffer.least_bytes(), sizes) / 4);
  return counts;
}

//===----------------------------------------------------------------------===//
// Tensors as bytes
//===----------------------------------------------------------------------===//

static int64_t bytesOf(Type type) {
  return (type.getIntOrFloatBitWidth() + 7) / 8;
}

static void toBytes(const HostTensor &tensor, char *bytes) {
  if (tensor.isBlock()) {
    llvm::copy(tensor.bytes(), bytes);
    return;
  }
  int64_t size = bytesOf(tensor.getElementType());
  auto put = [&](int64_t i, const APInt &bits) {
    uint64_t word = bits.getZExtValue();
    std::memcpy(bytes + i * size, &word, size);
  };
  if (auto type = dyn_cast<FloatType>(tensor.getElementType()))
    for (auto [i, value] : llvm::enumerate(tensor.floats())) {
      APFloat number(value);
      bool loses;
      number.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                     &loses);
      put(i, number.bitcastToAPInt());
    }
  else
    for (auto [i, value] : llvm::enumerate(tensor.integers()))
      put(i, APInt(64, value, /*isSigned=*/true));
}

static void ofBytes(const char *bytes, HostTensor &tensor) {
  Type element = tensor.getElementType();
  int64_t size = bytesOf(element);
  unsigned width = element.getIntOrFloatBitWidth();
  for (int64_t i = 0; i < tensor.getNumElements(); ++i) {
    uint64_t word = 0;
    std::memcpy(&word, bytes + i * size, size);
    if (auto type = dyn_cast<FloatType>(element)) {
      APFloat number(type.getFloatSemantics(), APInt(width, word));
      bool loses;
      number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                     &loses);
      tensor.floats()[i] = number.convertToDouble();
    } else {
      bool isUnsigned = width == 1 || element.isUnsignedInteger();
      APInt bits(std::max(8u, width), word);
      tensor.integers()[i] =
          isUnsigned ? bits.getZExtValue() : bits.getSExtValue();
    }
  }
}

//===----------------------------------------------------------------------===//
// Running
//===----------------------------------------------------------------------===//

HostTensor KernelRunner::run(ArrayRef<int64_t> sizes,
                             ArrayRef<HostTensor> arguments, bool reverse,
                             uint32_t *errors) {
  std::vector<std::vector<char>> memory;
  std::vector<LaunchBuffer> buffers;
  for (int i = 0; i < kernel().buffers_size(); ++i) {
    // NaNs, if they are floats.
    memory.emplace_back(valueOf(kernel().buffers(i).least_bytes(), sizes),
                        char(0xff));
    buffers.push_back({memory.back().data(), memory.back().size()});
    if (size_t(i) < arguments.size())
      toBytes(arguments[i], memory.back().data());
  }
  Value returned = entry.getBody().front().getTerminator()->getOperand(0);
  if (auto write = returned.getDefiningOp<WriteCacheOp>())
    // In place.
    buffers.back() =
        buffers[cast<BlockArgument>(write.getPool()).getArgNumber()];
  uint32_t error = compiled->run(kernel(), buffers, sizes, reverse);
  if (errors)
    *errors = error;
  else if (error)
    die("a kernel raised its error flag");
  auto type = cast<RankedTensorType>(entry.getResultTypes()[0]);
  int64_t bytes = valueOf(kernel().buffers().rbegin()->least_bytes(), sizes);
  if (isa<BlockType>(type.getElementType())) {
    HostTensor blocks(type.getElementType(), type.getShape());
    blocks.setStoredBytes(
        {reinterpret_cast<uint8_t *>(buffers.back().address), size_t(bytes)});
    return blocks;
  }
  HostTensor result(type.getElementType(),
                    {bytes / bytesOf(type.getElementType())});
  ofBytes(buffers.back().address, result);
  return result;
}

HostTensor KernelRunner::evaluate(ArrayRef<int64_t> sizes,
                                  ArrayRef<HostTensor> arguments) {
  Evaluation evaluation{entry.getLoc(), valuesOf(sizes), {}};
  llvm::DenseMap<Value, HostTensor> tensors;
  for (auto [argument, tensor] :
       llvm::zip_equal(entry.getArguments(), arguments))
    tensors[argument] = tensor;
  for (Operation &op : entry.getBody().front().without_terminator()) {
    std::vector<HostTensor> operands;
    for (Value operand : op.getOperands())
      operands.push_back(tensors[operand]);
    auto result = cast<ModelOpInterface>(op).evaluate(operands, evaluation);
    if (failed(result))
      die("cannot evaluate");
    tensors[op.getResult(0)] = std::move(*result);
  }
  Value returned = entry.getBody().front().getTerminator()->getOperand(0);
  return tensors[returned];
}

std::vector<HostTensor> KernelRunner::makeArguments(ArrayRef<int64_t> sizes) {
  Evaluation evaluation{entry.getLoc(), valuesOf(sizes), {}};
  std::vector<HostTensor> tensors;
  for (auto [i, argument] : llvm::enumerate(entry.getArguments())) {
    auto shape = evaluation.evaluate(sizesOf(entry, i));
    if (failed(shape))
      die("no shape");
    auto type = cast<RankedTensorType>(argument.getType());
    tensors.emplace_back(type.getElementType(), *shape);
  }
  return tensors;
}

std::vector<HostTensor> KernelRunner::ofFloats(ArrayRef<int64_t> sizes,
                                               ArrayRef<Floats> arguments) {
  std::vector<HostTensor> tensors = makeArguments(sizes);
  for (auto [tensor, floats] : llvm::zip_equal(tensors, arguments)) {
    if (tensor.floats().size() != floats.size())
      die("an argument has a wrong size");
    llvm::copy(floats, tensor.floats().begin());
  }
  return tensors;
}

KernelRunner::Floats KernelRunner::run(ArrayRef<int64_t> sizes,
                                       ArrayRef<Floats> arguments,
                                       bool reverse) {
  HostTensor result = run(sizes, ofFloats(sizes, arguments), reverse);
  return Floats(result.floats().begin(), result.floats().end());
}

std::vector<double> KernelRunner::evaluate(ArrayRef<int64_t> sizes,
                                           ArrayRef<Floats> arguments) {
  HostTensor result = evaluate(sizes, ofFloats(sizes, arguments));
  return result.floats().vec();
}

} // namespace weft
