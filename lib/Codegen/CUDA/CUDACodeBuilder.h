//===- CUDACodeBuilder.h - Instructions of one CUDA kernel ------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LIB_CODEGEN_CUDA_CUDACODEBUILDER_H
#define LIB_CODEGEN_CUDA_CUDACODEBUILDER_H

#include "lib/Codegen/CUDA/CodegenCUDA.h"
#include "lib/Codegen/Common/ElementEmitter.h"

namespace weft::cuda {

/// One thread's code of a kernel with the parameters that CodegenCUDA.h names.
class CUDACodeBuilder : public CodeBuilder {
public:
  static constexpr int64_t warpLanes = 32;

  /// Starts the kernel's function at the end of `module`. Buffers but the last
  /// are only read, unless `writesInPlace`.
  CUDACodeBuilder(mlir::ModuleOp module, const KernelSource &source,
                  const CUDATarget &target, bool writesInPlace);

  const CUDATarget &target;

  /// Says how many threads a block has, before they are asked for.
  void setBlockThreads(unsigned threads);
  unsigned blockThreads() const { return threads; }
  /// Lets the assembler take the registers that a kernel wants, be it that one
  /// block is all that fits; otherwise it may rather spill.
  void preferRegisters();
  /// The thread's number in its block, and the block's in the grid: i64.
  Value threadId();
  Value blockId(unsigned dimension = 0);
  /// The same as i32.
  Value threadId32();
  Value blockId32(unsigned dimension = 0);

  void barrier();
  /// 2^x of an f32, with a relative error of 2^-22: 0 at -infinity.
  Value exp2(Value x);
  /// Of values that all lanes have, the one with the lane's number (i64), or
  /// the first where the lane is none of `count`.
  Value ofLane(Value lane, int64_t count,
               llvm::function_ref<Value(int64_t)> value);
  /// The value of the lane whose number differs in the bits of `mask`, of any
  /// scalar of 8 to 64 bits.
  Value shuffleXor(Value value, int64_t mask);
  /// `bytes` of the block's memory, zeros or not, aligned to `alignment`: a
  /// pointer to address space 3.
  Value allocateShared(int64_t bytes, int64_t alignment = 16);
  /// That which the launch says (Grid::sharedBytes).
  Value dynamicShared();
  mlir::Type sharedPointer();

  /// Rows are computed by `size` threads each from now on: a warp, or a block.
  void setTeam(Team team) { rowTeam = team; }
  std::optional<Team> team() override { return rowTeam; }
  Value combineInTeam(Value value,
                      llvm::function_ref<Value(Value, Value)> combine) override;

private:
  Value specialRegister(llvm::StringRef name);
  Value combineInWarp(Value value,
                      llvm::function_ref<Value(Value, Value)> combine);

  unsigned threads = 0;
  unsigned sharedCount = 0;
  std::optional<Team> rowTeam;
  std::map<std::string, Value> specialRegisters;
};

/// That of an emitter of CUDA code.
inline CUDACodeBuilder &cudaCodeOf(ElementEmitter &emitter) {
  return static_cast<CUDACodeBuilder &>(emitter.code);
}

} // namespace weft::cuda

#endif // LIB_CODEGEN_CUDA_CUDACODEBUILDER_H
