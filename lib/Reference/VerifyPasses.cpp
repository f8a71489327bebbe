//===- VerifyPasses.cpp - Numbers checked pass by pass --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/VerifyPasses.h"

#include "lib/Reference/DrawInputs.h"
#include "lib/Reference/FindDifference.h"
#include "lib/Reference/LoweredPrecision.h"

#include "mlir/IR/OperationSupport.h"
#include "mlir/Pass/PassInstrumentation.h"

using namespace mlir;
using namespace weft;

namespace {

/// What a function gave before the pass.
struct Expectation {
  SmallVector<HostTensor> inputs;
  SmallVector<HostTensor> results;
};

/// Collects what an evaluation has to say, for the one error about the pass.
class CapturedDiagnostics {
public:
  explicit CapturedDiagnostics(MLIRContext *context)
      : handler(context, [this](Diagnostic &diagnostic) {
          if (text.empty())
            text = diagnostic.str();
        }) {}
  std::string text;

private:
  ScopedDiagnosticHandler handler;
};

/// State of one run of a pass manager.
class Verification {
public:
  explicit Verification(VerifyOptions options)
      : options(std::move(options)), weights(this->options.weightDirectory),
        evaluator(weights) {}

  void begin(ModuleOp module);
  void check(StringRef pass, ModuleOp module);
  bool hasFailed() const { return isFailed; }

private:
  void checkFunction(StringRef pass, func::FuncOp function);
  void expect(func::FuncOp function);
  std::optional<Expectation> draw(func::FuncOp function, SizeAnalysis &sizes,
                                  const SizeBinding &binding);
  void compareResults(StringRef pass, func::FuncOp function,
                      SmallVector<HostTensor> found);
  void reportMovement(StringRef pass, func::FuncOp function,
                      ArrayRef<HostTensor> found);
  /// The op on which the results `differing` first went wrong.
  std::optional<DifferingValue> findCulprit(func::FuncOp function,
                                            ArrayRef<unsigned> differing,
                                            double tolerance);
  double toleranceOf(StringRef pass, func::FuncOp function) const;
  void keep(ModuleOp module);

  VerifyOptions options;
  WeightStore weights;
  Evaluator evaluator;
  /// The module before the pass; weights are not in it, so a copy is small.
  OwningOpRef<ModuleOp> before;
  std::optional<OperationFingerPrint> fingerprint;
  std::map<std::string, Expectation> expectations;
  bool isFailed = false;
};

} // namespace

static bool consistsOfModelOps(func::FuncOp function) {
  if (function.isDeclaration() || !function.getBody().hasOneBlock())
    return false;
  return !function
              .walk([&](Operation *op) {
                return op == function ||
                               isa<ModelOpInterface, KernelOp, YieldOp,
                                   StoreStateOp, func::ReturnOp>(op)
                           ? WalkResult::advance()
                           : WalkResult::interrupt();
              })
              .wasInterrupted();
}

static void collectNames(Location location, SmallVectorImpl<StringRef> &names) {
  if (auto name = dyn_cast<NameLoc>(location))
    names.push_back(name.getName());
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location source : fused.getLocations())
      collectNames(source, names);
}

/// "llm.gelu (node \"encoder/Gelu\" (Gelu, opset 20))"; of several that were
/// fused, the first and the last.
static std::string describe(Value value) {
  std::string text = value.getDefiningOp()->getName().getStringRef().str();
  SmallVector<StringRef> names;
  collectNames(value.getLoc(), names);
  if (names.empty())
    return text;
  text += " (" + names.front().str();
  if (names.back() != names.front())
    text += " to " + names.back().str();
  return text + ")";
}

/// "op llm.gelu on rank 1 gives 3.5 at [0] where 3.25 was expected".
static std::string describe(const DifferingValue &culprit) {
  std::string text = "op " + describe(culprit.value);
  if (culprit.rank)
    text += " on rank " + std::to_string(*culprit.rank);
  return text + " gives " + culprit.difference.str();
}

static std::string describeResult(func::FuncOp function, unsigned number) {
  if (auto name = function.getResultAttrOfType<StringAttr>(number, "llm.name"))
    return "result `" + name.str() + "`";
  return "result " + std::to_string(number);
}

void Verification::keep(ModuleOp module) {
  before = module.clone();
  fingerprint = OperationFingerPrint(module);
}

void Verification::begin(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPublic() && consistsOfModelOps(function))
      expect(function);
  keep(module);
}

std::optional<Expectation> Verification::draw(func::FuncOp function,
                                              SizeAnalysis &sizes,
                                              const SizeBinding &binding) {
  auto inputs = drawInputs(function, sizes, binding, options.seed);
  if (failed(inputs))
    return std::nullopt;
  evaluator.clearStates();
  auto results = evaluator.evaluate(function, *inputs);
  if (failed(results))
    return std::nullopt;
  return Expectation{std::move(*inputs), std::move(*results)};
}

void Verification::expect(func::FuncOp function) {
  std::optional<Expectation> expectation;
  SizeBinding binding;
  std::string reason;
  {
    CapturedDiagnostics captured(function.getContext());
    SizeAnalysis sizes(function);
    binding = drawSizes(function, sizes);
    expectation = draw(function, sizes, binding);
    reason = captured.text;
  }
  if (expectation) {
    expectations[function.getSymName().str()] = std::move(*expectation);
    return;
  }
  isFailed = true;
  function.emitError() << "cannot verify passes: `" << function.getSymName()
                       << "` has no value on the inputs drawn"
                       << (binding.str().empty() ? ""
                                                 : " (" + binding.str() + ")")
                       << ": " << reason;
}

void Verification::check(StringRef pass, ModuleOp module) {
  if (isFailed || OperationFingerPrint(module) == fingerprint)
    return;
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function.isPublic())
      continue;
    if (!consistsOfModelOps(function))
      expectations.erase(function.getSymName().str());
    else if (!expectations.contains(function.getSymName().str()))
      expect(function);
    else
      checkFunction(pass, function);
    if (isFailed)
      return;
  }
  keep(module);
}

void Verification::checkFunction(StringRef pass, func::FuncOp function) {
  Expectation &expectation = expectations[function.getSymName().str()];
  FailureOr<SmallVector<HostTensor>> results;
  std::string reason;
  {
    CapturedDiagnostics captured(function.getContext());
    evaluator.clearStates();
    results = evaluator.evaluate(function, expectation.inputs);
    reason = captured.text;
  }
  if (succeeded(results))
    return compareResults(pass, function, std::move(*results));
  isFailed = true;
  auto all = llvm::to_vector(llvm::seq<unsigned>(function.getNumResults()));
  std::optional<DifferingValue> culprit =
      findCulprit(function, all, toleranceOf(pass, function));
  InFlightDiagnostic error =
      emitError(culprit ? culprit->value.getLoc() : function.getLoc())
      << "pass `" << pass << "` left `" << function.getSymName()
      << "` without a value: " << reason;
  if (culprit)
    error << "; before that, " << describe(*culprit);
}

std::optional<DifferingValue>
Verification::findCulprit(func::FuncOp function, ArrayRef<unsigned> differing,
                          double tolerance) {
  auto earlier = before->lookupSymbol<func::FuncOp>(function.getSymName());
  if (!earlier)
    return std::nullopt;
  CapturedDiagnostics silence(function.getContext());
  return findDifference(evaluator, earlier, function,
                        expectations[function.getSymName().str()].inputs,
                        differing, tolerance);
}

double Verification::toleranceOf(StringRef pass, func::FuncOp function) const {
  if (!lowersPrecision(pass))
    return options.tolerance;
  return std::max(options.tolerance,
                  loweredTolerance(function->getParentOfType<ModuleOp>()));
}

void Verification::compareResults(StringRef pass, func::FuncOp function,
                                  SmallVector<HostTensor> found) {
  Expectation &expectation = expectations[function.getSymName().str()];
  ArrayRef<HostTensor> expected = expectation.results;
  isFailed = true;
  if (found.size() != expected.size()) {
    function.emitError() << "pass `" << pass << "` changed `"
                         << function.getSymName() << "`: " << found.size()
                         << " results where " << expected.size()
                         << " were expected";
    return;
  }
  double tolerance = toleranceOf(pass, function);
  SmallVector<unsigned> differing;
  std::optional<Difference> first;
  for (unsigned i = 0; i != found.size(); ++i)
    if (auto difference = compareTensors(found[i], expected[i], tolerance)) {
      differing.push_back(i);
      if (!first)
        first = std::move(difference);
    }
  if (differing.empty() || movedLittle(pass, found, expected)) {
    isFailed = false;
    if (lowersPrecision(pass)) {
      reportMovement(pass, function, found);
      expectation.results = std::move(found);
    }
    return;
  }
  std::optional<DifferingValue> culprit =
      findCulprit(function, differing, tolerance);
  std::string result = describeResult(function, differing.front());
  InFlightDiagnostic error =
      emitError(culprit ? culprit->value.getLoc() : function.getLoc())
      << "pass `" << pass << "` changed the results of `"
      << function.getSymName() << "`: ";
  if (culprit)
    error << describe(*culprit) << ", so that ";
  error << result << " has " << first->str() << " (tolerance "
        << formatNumber(tolerance) << ")";
}

void Verification::reportMovement(StringRef pass, func::FuncOp function,
                                  ArrayRef<HostTensor> found) {
  ArrayRef<HostTensor> expected =
      expectations[function.getSymName().str()].results;
  for (unsigned i = 0; i != found.size(); ++i)
    if (std::string text = describeMovement(found[i], expected[i]);
        !text.empty())
      function.emitRemark()
          << "pass `" << pass << "` moved " << describeResult(function, i)
          << " of `" << function.getSymName() << "` by " << text;
}

//===----------------------------------------------------------------------===//
// Hooks
//===----------------------------------------------------------------------===//

namespace {

class VerifyInstrumentation : public PassInstrumentation {
public:
  explicit VerifyInstrumentation(std::shared_ptr<Verification> verification)
      : verification(std::move(verification)) {}

  void runBeforePass(Pass *pass, Operation *op) override {
    if (ModuleOp module = moduleOf(op); module && !hasBegun) {
      hasBegun = true;
      verification->begin(module);
      skipPassesAfterFailure(op);
    }
  }

  void runAfterPass(Pass *pass, Operation *op) override {
    ModuleOp module = moduleOf(op);
    if (!module || verification->hasFailed())
      return;
    StringRef name = pass->getArgument();
    verification->check(name.empty() ? pass->getName() : name, module);
    skipPassesAfterFailure(op);
  }

private:
  static ModuleOp moduleOf(Operation *op) {
    auto module = dyn_cast<ModuleOp>(op);
    return module ? module : op->getParentOfType<ModuleOp>();
  }

  /// An instrumentation cannot fail a pass; it can keep others from running.
  void skipPassesAfterFailure(Operation *op);

  std::shared_ptr<Verification> verification;
  bool hasBegun = false;
};

/// Ends the pass manager with a failure after a verification that failed.
struct ReportVerificationPass
    : PassWrapper<ReportVerificationPass, OperationPass<>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ReportVerificationPass)

  explicit ReportVerificationPass(std::shared_ptr<Verification> verification)
      : verification(std::move(verification)) {}

  StringRef getName() const override { return "ReportVerification"; }

  void runOnOperation() override {
    if (!verification->hasFailed())
      return;
    getContext().registerActionHandler(nullptr);
    signalPassFailure();
  }

  std::shared_ptr<Verification> verification;
};

} // namespace

void VerifyInstrumentation::skipPassesAfterFailure(Operation *op) {
  MLIRContext *context = op->getContext();
  if (!verification->hasFailed() || context->hasActionHandler())
    return;
  context->registerActionHandler(
      [](function_ref<void()> run, const tracing::Action &action) {
        auto *execution = dyn_cast<PassExecutionAction>(&action);
        if (!execution || isa<ReportVerificationPass>(execution->getPass()))
          run();
      });
}

void weft::installVerification(PassManager &pm, VerifyOptions options) {
  // Functions are evaluated with the weights of the module around them, which
  // no other thread may change.
  pm.getContext()->disableMultithreading();
  auto verification = std::make_shared<Verification>(std::move(options));
  pm.addInstrumentation(std::make_unique<VerifyInstrumentation>(verification));
  pm.addPass(std::make_unique<ReportVerificationPass>(verification));
}
