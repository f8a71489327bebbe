//===- ProgramGenerator.h - Random small models -----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_DIALECTS_DIST_TRANSFORMS_PROGRAMGENERATOR_H
#define TEST_DIALECTS_DIST_TRANSFORMS_PROGRAMGENERATOR_H

#include "test/dialects/Dist/Transforms/RandomTest.h"

namespace weft {

/// Bytes of the file that the weights of every program lie in.
inline constexpr int64_t weightFileSize = 16384;

struct GeneratedProgram {
  /// A module with a function @f, of symbols `n` and `m`.
  std::string text;
  std::vector<std::string> weights;
};

using GeneratedMesh = llvm::ArrayRef<std::pair<std::string, int64_t>>;

/// `size` elements, or `size` times a symbol.
struct Dimension {
  int64_t size;
  std::string symbol = "";

  bool isDynamic() const { return !symbol.empty(); }

  bool operator==(const Dimension &other) const {
    return size == other.size && symbol == other.symbol;
  }
  std::string str() const {
    return std::to_string(size) + (isDynamic() ? " * " + symbol : "");
  }
};
using Shape = std::vector<Dimension>;

struct Tensor {
  std::string name;
  Shape shape;
};

/// Writes a function of ops that keep numbers small. `mesh` is empty, or axes
/// and sizes of a dist.mesh; then some values get a random sharding over it.
///
///   GeneratedProgram program = Generator(random, {}, "weights.bin").run();
class Generator {
public:
  Generator(Random &random, GeneratedMesh mesh, llvm::StringRef weightFile)
      : random(random), mesh(mesh), weightFile(weightFile) {}

  GeneratedProgram run();

private:
  // Each adds ops on `x`, or nothing where they don't fit it.
  void addUnary(const Tensor &x);
  void addBinary(const Tensor &x);
  void addProduct(const Tensor &x);
  void addVector(const Tensor &x);
  void addLinear(const Tensor &x);
  void addMatMul(const Tensor &x);
  void addSoftmax(const Tensor &x);
  void addNorm(const Tensor &x);
  void addReduction(const Tensor &x);
  void addTranspose(const Tensor &x);
  void addSplit(const Tensor &x);
  void addMerge(const Tensor &x);
  void addSlice(const Tensor &x);
  void addConcat(const Tensor &x);
  void addPad(const Tensor &x);
  void addGather(const Tensor &x);
  void addSelect(const Tensor &x);
  void addMLP(const Tensor &x);
  void addAttention(const Tensor &x);
  void addInput();

  static std::string typeOf(const Shape &shape,
                            llvm::StringRef element = "f32");
  static std::string sizesOf(const Shape &shape);
  /// `op` with its types behind a random sharding; the value is a candidate for
  /// further ops.
  Tensor add(const std::string &op, const std::string &types,
             const Shape &shape);
  Tensor linear(const Tensor &x, int64_t size);
  Tensor reshape(const Tensor &x, const Shape &shape);
  Tensor weight(const Shape &shape);
  std::string randomSharding(size_t rank);

  Random &random;
  GeneratedMesh mesh;
  llvm::StringRef weightFile;
  std::vector<Tensor> values;
  std::vector<std::string> weights;
  std::string arguments, declarations, body;
  unsigned numNames = 0, numArguments = 0;
};

} // namespace weft

#endif // TEST_DIALECTS_DIST_TRANSFORMS_PROGRAMGENERATOR_H
