//===- RandomTest.h - Random tests of partitioning --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_DIALECTS_DIST_TRANSFORMS_RANDOMTEST_H
#define TEST_DIALECTS_DIST_TRANSFORMS_RANDOMTEST_H

#include "dialects/Dist/IR/Sharding.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace weft {

/// The standard library's distributions differ between libraries; its engine
/// does not.
class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}
  /// 0 to `count` - 1.
  int64_t below(int64_t count) { return int64_t(engine() % uint64_t(count)); }
  int64_t between(int64_t low, int64_t high) {
    return low + below(high - low + 1);
  }
  bool chance(int64_t oneIn) { return below(oneIn) == 0; }
  template <typename Container> auto &pick(Container &&container) {
    return container[below(std::size(container))];
  }

private:
  std::mt19937_64 engine;
};

/// How many programs, pairs and the like a test takes. More than `usual` in the
/// nightly tier, which sets WEFT_TEST_COUNT.
inline int64_t countOfTests(int64_t usual) {
  const char *count = std::getenv("WEFT_TEST_COUNT");
  return count ? std::max<int64_t>(usual, std::atoll(count)) : usual;
}
/// WEFT_TEST_SEED repeats one.
inline uint64_t firstSeed() {
  const char *seed = std::getenv("WEFT_TEST_SEED");
  return seed ? std::strtoull(seed, nullptr, 10) : 1;
}

/// A context that keeps the last diagnostic.
class PartitionTest : public testing::Test {
protected:
  PartitionTest()
      : handler(&context, [this](mlir::Diagnostic &diagnostic) {
          message = diagnostic.str();
        }) {
    context.disableMultithreading();
    context
        .loadDialect<LLMDialect, dist::DistDialect, mlir::func::FuncDialect>();
  }

  mlir::MLIRContext context;
  std::string message;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace weft

#endif // TEST_DIALECTS_DIST_TRANSFORMS_RANDOMTEST_H
