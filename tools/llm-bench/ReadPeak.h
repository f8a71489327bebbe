//===- ReadPeak.h - How fast weights can be read at most --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TOOLS_LLM_BENCH_READPEAK_H
#define TOOLS_LLM_BENCH_READPEAK_H

#include "runtime/base/MappedFile.h"
#include "runtime/device/HostMemory.h"

#include <memory>
#include <string>
#include <vector>

namespace weft::tool {

/// Reads the bytes of an artifact's weights and does nothing with them: what a
/// step that reads each weight once cannot beat. The memory is of the kind that
/// the model uses: mapped files, or copies in huge pages.
class ReadPeak {
public:
  static StatusOr<ReadPeak> open(const std::string &artifact,
                                 bool copiesWeights);

  uint64_t bytes() const;
  /// GB/s of one pass over all bytes, on `threads` threads together, each with
  /// its own part of every file.
  double measure(unsigned threads) const;

private:
  std::vector<MappedFile> files;
  std::vector<std::unique_ptr<Buffer>> copies; // instead of the files
  std::vector<std::span<const uint8_t>> regions;
};

} // namespace weft::tool

#endif // TOOLS_LLM_BENCH_READPEAK_H
