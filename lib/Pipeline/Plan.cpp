//===- Plan.cpp - What a program will do, for people ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Pipeline/Plan.h"

#include "dialects/Exec/IR/Exec.h"
#include "dialects/LLM/Analysis/SizeAnalysis.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Format.h"

using namespace mlir;
using namespace weft;

/// Floating-point operations of one launch, over s0, s1, ...
static SizeExpr getFlops(func::FuncOp kernel) {
  SizeAnalysis sizes(kernel);
  SizeExpr flops;
  kernel.walk([&](ModelOpInterface op) {
    flops = flops + op.getCost(sizes.getSizes(op->getOperands()),
                               sizes.getSizes(op->getResult(0)))
                        .flops;
  });
  return flops;
}

/// A kernel's expression with the sizes of one launch.
static SizeExpr bindSizes(const SizeExpr &expr, const Sizes &sizes) {
  return expr.substitute([&](std::string_view name) {
    unsigned index;
    StringRef digits(name);
    if (!digits.consume_front("s") || digits.getAsInteger(10, index) ||
        index >= sizes.size())
      return std::optional<SizeExpr>();
    return std::optional<SizeExpr>(sizes[index]);
  });
}

/// "1.25 GiB" where the size is a constant, else the expression.
static std::string showBytes(const SizeExpr &bytes) {
  std::optional<int64_t> value = bytes.asConstant();
  if (!value)
    return bytes.str() + " bytes";
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (*value >= 1 << 20)
    stream << llvm::format("%.2f MiB", double(*value) / (1 << 20));
  else
    stream << *value << " bytes";
  return text;
}

namespace {

/// Totals of one variant.
struct Totals {
  unsigned launches = 0;
  SizeExpr flops, weights, temporaries;
};

class PlanPrinter {
public:
  PlanPrinter(ModuleOp module, llvm::raw_ostream &out)
      : module(module), symbols(module), facts(module), out(out) {}

  void print() {
    for (auto size : module.getOps<SizeOp>())
      out << "size " << size.getSymName() << ": " << size.getMinimum() << " to "
          << size.getMaximum() << "\n";
    for (auto program : module.getOps<exec::ProgramOp>())
      for (auto variant : program.getVariants().getOps<exec::VariantOp>())
        print(program, variant);
  }

private:
  void print(exec::ProgramOp program, exec::VariantOp variant);
  /// `what` says if it is not always launched.
  void printLaunch(Operation *command, StringRef kernel, SizesAttr sizes,
                   StringRef what, Totals &totals);
  void printSamples(const SizeExpr &flops);

  ModuleOp module;
  SymbolTable symbols;
  SizeSymbols facts;
  llvm::raw_ostream &out;
  llvm::StringMap<SizeExpr> flopsOfKernel;
};

} // namespace

void PlanPrinter::printLaunch(Operation *command, StringRef kernel,
                              SizesAttr sizes, StringRef what, Totals &totals) {
  auto [entry, isNew] = flopsOfKernel.try_emplace(kernel);
  if (isNew)
    entry->second = getFlops(symbols.lookup<func::FuncOp>(kernel));
  SizeExpr flops = bindSizes(entry->second, sizes.getExprs());
  totals.flops = totals.flops + flops;
  out << "  " << totals.launches++ << "  " << what << kernel << "  "
      << flops.str() << " flop";
  if (std::string node = exec::getNodeName(command->getLoc()); !node.empty())
    out << "  " << node;
  out << "\n";
}

/// The work when all symbols have one value, as far as their ranges allow.
void PlanPrinter::printSamples(const SizeExpr &flops) {
  for (int64_t sample : {1, 16, 128}) {
    auto value = [&](std::string_view name) -> std::optional<int64_t> {
      // The first rank has as much to do as any.
      if (StringRef(name).starts_with("coord("))
        return 0;
      SizeFacts range = facts.of(StringRef(name));
      return std::clamp<int64_t>(sample, range.minimum, range.maximum);
    };
    if (StatusOr<int64_t> total = flops.evaluate(value))
      out << "  with sizes of " << sample << ": "
          << llvm::format("%.3g", double(*total) / 1e9) << " GFLOP\n";
  }
}

void PlanPrinter::print(exec::ProgramOp program, exec::VariantOp variant) {
  out << "program " << program.getSymName() << "\n";
  auto printTensors = [&](StringRef noun, ArrayAttr tensors) {
    for (auto tensor : tensors.getAsRange<exec::TensorAttr>()) {
      out << "  " << noun << " " << tensor.getName().getValue() << ": "
          << tensor.getElementType() << " [";
      llvm::interleaveComma(tensor.getSizes().getExprs(), out,
                            [&](const SizeExpr &size) { out << size.str(); });
      out << "]\n";
    }
  };
  printTensors("input", program.getInputs());
  printTensors("output", program.getOutputs());
  Totals totals;
  for (Operation &op : variant.getBody().getOps()) {
    if (auto launch = dyn_cast<exec::LaunchOp>(op))
      printLaunch(launch, launch.getKernel(), launch.getSizes(), "", totals);
    else if (auto gemm = dyn_cast<exec::GemmOp>(op))
      printLaunch(gemm, *gemm.getKernel(), *gemm.getKernelSizes(), "gemm or ",
                  totals);
    else if (auto weight = dyn_cast<exec::WeightOp>(op))
      totals.weights = totals.weights + exec::getSize(weight.getBytes());
    else if (auto temporary = dyn_cast<exec::TemporaryOp>(op))
      totals.temporaries =
          totals.temporaries + exec::getSize(temporary.getBytes());
  }
  out << "  " << totals.launches << " launches of " << flopsOfKernel.size()
      << " kernels\n  weights: " << showBytes(totals.weights)
      << "\n  temporaries before packing: " << showBytes(totals.temporaries)
      << "\n  work: " << totals.flops.str() << " flop\n";
  printSamples(totals.flops);
}

std::string weft::printPlan(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  PlanPrinter(module, stream).print();
  return text;
}
