//===- PagedPartsCheck.h - Attention in parts, merged -----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_COMMON_PAGEDPARTSCHECK_H
#define TEST_LIB_CODEGEN_COMMON_PAGEDPARTSCHECK_H

#include "test/lib/Codegen/Common/PagedCase.h"

#include "gtest/gtest.h"

namespace weft {

/// Elements of what saw nothing mean nothing.
inline void clearUnseen(HostTensor &parts, const HostTensor &expected,
                        int64_t size) {
  for (size_t i = 0; i < expected.floats().size(); i += size)
    if (std::isinf(expected.floats()[i + size - 1]))
      std::fill_n(parts.floats().begin() + i, size - 1, 0.0);
}

/// Holds parts, and what is merged of them, against the reference evaluator.
inline void checkParts(const PagedCase &shape, llvm::StringRef arch,
                       llvm::ArrayRef<std::vector<PagedSequence>> steps,
                       Tolerance tolerance) {
  PagedCase whole = shape;
  whole.span = 0;
  KernelRunner runner(shape.attention() + "\n" + shape.merge() + "\n" +
                          whole.attention(),
                      arch);
  for (const std::vector<PagedSequence> &step : steps) {
    SCOPED_TRACE(shape.attention());
    PagedTables tables(step, shape);
    runner.select("parts");
    ASSERT_EQ(runner.kernel().family(), "paged_attention");
    std::vector<HostTensor> arguments =
        tables.makeArguments(runner, /*range=*/2);
    HostTensor parts = runner.run(tables.sizes, arguments);
    HostTensor again = runner.run(tables.sizes, arguments, /*reverse=*/true);
    HostTensor expected = runner.evaluate(tables.sizes, arguments);
    HostTensor seen = parts;
    clearUnseen(seen, expected, shape.width + 1);
    clearUnseen(again, expected, shape.width + 1);
    expectClose(seen, expected, tolerance, "parts");
    EXPECT_EQ(llvm::ArrayRef(seen.floats()), llvm::ArrayRef(again.floats()));
    runner.select("attention");
    HostTensor reference = runner.evaluate(tables.sizes, arguments);
    // Merged with what lies in the parts that nothing saw.
    runner.select("merge");
    std::vector<HostTensor> merged = runner.makeArguments(tables.sizes);
    llvm::copy(parts.floats(), merged[0].floats().begin());
    tables.fill(llvm::MutableArrayRef(merged).drop_front(1).take_front(1));
    llvm::copy(tables.starts, merged[2].integers().begin());
    HostTensor result = runner.run(tables.sizes, merged);
    expectClose(result, reference, tolerance, "merged");
    llvm::copy(seen.floats(), merged[0].floats().begin());
    expectClose(result, runner.evaluate(tables.sizes, merged), {1e-6, 1e-6},
                "merge");
  }
}

} // namespace weft

#endif // TEST_LIB_CODEGEN_COMMON_PAGEDPARTSCHECK_H
