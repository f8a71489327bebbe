//===- Layout.cpp - Operators that move elements --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/KnownElements.h"
#include "lib/Import/ONNX/Operators.h"
#include "lib/Import/ONNX/SliceOperator.h"

using namespace mlir;
using namespace weft;
using namespace weft::onnx;

/// A reshape of data, or of elements where those are known.
static Tensor *reshape(Node &node, Tensor *input, const Sizes &sizes) {
  if (Tensor *known = reshapeElements(node.emit, input, sizes))
    return known;
  return node.emit.reshape(input, sizes);
}

static SizeExpr product(llvm::ArrayRef<SizeExpr> sizes) {
  SizeExpr result(1);
  for (const SizeExpr &size : sizes)
    result = result * size;
  return result;
}

static Tensor *importReshape(Node &node) {
  Tensor *input = node.getInput(0);
  std::optional<std::vector<SizeExpr>> shape = node.getSizes(1);
  std::optional<int64_t> keepsZeros = node.getInteger("allowzero", 0);
  if (!shape || !keepsZeros)
    return nullptr;
  Sizes sizes(shape->begin(), shape->end());
  std::optional<size_t> inferred;
  for (auto [i, size] : llvm::enumerate(sizes)) {
    if (size.asConstant() == 0 && !*keepsZeros) {
      if (i >= input->sizes.size())
        return node.emit.invalid("shape keeps dimension " + llvm::Twine(i) +
                                 " of a tensor with " +
                                 llvm::Twine(input->getRank()));
      size = input->sizes[i];
    } else if (size.asConstant() == -1) {
      if (inferred)
        return node.emit.invalid("shape has more than one -1");
      inferred = i;
    }
  }
  if (inferred) {
    sizes[*inferred] = 1;
    SizeExpr all = product(input->sizes), others = product(sizes);
    std::optional<SizeExpr> rest = exactDiv(all, others);
    if (!rest)
      return node.emit.invalid("shape divides " + all.str() +
                               " elements into parts of " + others.str());
    sizes[*inferred] = *rest;
  }
  return reshape(node, input, sizes);
}

static Tensor *importFlatten(Node &node) {
  Tensor *input = node.getInput(0);
  int64_t rank = input->getRank();
  std::optional<int64_t> axis = node.getInteger("axis", 1);
  if (!axis)
    return nullptr;
  if (*axis < -rank || *axis > rank)
    return node.emit.invalid("axis " + llvm::Twine(*axis) +
                             " is none of a tensor with " + llvm::Twine(rank) +
                             " dimensions");
  int64_t split = *axis < 0 ? *axis + rank : *axis;
  llvm::ArrayRef<SizeExpr> sizes = input->sizes;
  return reshape(
      node, input,
      {product(sizes.take_front(split)), product(sizes.drop_front(split))});
}

static Tensor *importSqueeze(Node &node) {
  Tensor *input = node.getInput(0);
  bool isAbsent;
  auto axes = node.getAxes(1, 13, input->getRank(), isAbsent);
  if (!axes)
    return nullptr;
  Sizes sizes;
  for (auto [i, size] : llvm::enumerate(input->sizes)) {
    bool isNamed = llvm::is_contained(*axes, int64_t(i));
    if (isNamed && size.asConstant() != 1)
      return node.emit.invalid("drops dimension " + llvm::Twine(i) +
                               ", which has size " + size.str() + " and not 1");
    if (!isNamed && !(isAbsent && size.asConstant() == 1))
      sizes.push_back(size);
  }
  return reshape(node, input, sizes);
}

static Tensor *importUnsqueeze(Node &node) {
  Tensor *input = node.getInput(0);
  // Axes are those of the result, whose rank depends on how many they are.
  auto named =
      node.opset >= 13 ? node.getIntegers(1) : node.getIntegerList("axes");
  if (!named)
    return nullptr;
  auto axes = node.normalizeAxes(*named, input->getRank() + named->size());
  if (!axes)
    return nullptr;
  Sizes sizes = input->sizes;
  for (int64_t axis : *axes)
    sizes.insert(sizes.begin() + axis, SizeExpr(1));
  return reshape(node, input, sizes);
}

static Tensor *importTranspose(Node &node) {
  Tensor *input = node.getInput(0);
  auto permutation = node.getIntegerList("perm");
  if (!permutation)
    return nullptr;
  if (!node.hasAttribute("perm"))
    for (int64_t i = input->getRank(); i-- != 0;)
      permutation->push_back(i);
  SmallVector<int64_t> sorted = *permutation;
  llvm::sort(sorted);
  bool isPermutation = int64_t(sorted.size()) == input->getRank();
  for (auto [i, dimension] : llvm::enumerate(sorted))
    isPermutation &= dimension == int64_t(i);
  if (!isPermutation)
    return node.emit.invalid("attribute \"perm\" does not name each of the " +
                             llvm::Twine(input->getRank()) +
                             " dimensions once");
  return node.emit.transpose(input, *permutation);
}

/// Places of all elements of inputs with known elements, one after the other.
static Tensor *evaluateConcat(Node &node) {
  std::vector<SizeExpr> elements;
  for (Tensor *input : node.getInputs()) {
    // Shapes are lists; nothing else is concatenated without ops.
    if (!input || !input->elements || input->getRank() != 1)
      return nullptr;
    llvm::append_range(elements, *input->elements);
    // More are no shape; doubling would soon fill the memory.
    if (elements.size() > mostElements)
      return nullptr;
  }
  Tensor *first = node.getInput(0);
  int64_t count = elements.size();
  return node.emit.ofElements(first->elementType, count, std::move(elements));
}

static Tensor *importConcat(Node &node) {
  for (Tensor *input : node.getInputs())
    if (!input)
      return node.emit.invalid("an operand is missing");
  std::optional<int64_t> axis = node.getAxis(node.getInput(0)->getRank(), 0);
  return axis ? node.emit.concat(node.getInputs(), *axis) : nullptr;
}

static Tensor *importSplit(Node &node) {
  Tensor *input = node.getInput(0);
  std::optional<int64_t> axis = node.getAxis(input->getRank(), 0);
  if (!axis)
    return nullptr;
  const SizeExpr &whole = input->sizes[*axis];
  int64_t count = node.getNumOutputs();

  std::vector<SizeExpr> parts;
  bool isGiven =
      node.opset >= 13 ? node.hasInput(1) : node.hasAttribute("split");
  if (isGiven && node.opset >= 13) {
    auto sizes = node.getSizes(1);
    if (!sizes)
      return nullptr;
    parts = *sizes;
  } else if (isGiven) {
    auto sizes = node.getIntegerList("split");
    if (!sizes)
      return nullptr;
    parts.assign(sizes->begin(), sizes->end());
  } else {
    // Equal parts; from opset 18 on the last one may be smaller.
    SizeExpr part = ceilDiv(whole, SizeExpr(count));
    if (node.opset < 18 && !exactDiv(whole, SizeExpr(count)))
      return node.emit.invalid("splits " + whole.str() + " into " +
                               llvm::Twine(count) + " equal parts");
    parts.assign(count - 1, part);
    parts.push_back(whole - SizeExpr(count - 1) * part);
  }
  SizeExpr sum;
  for (const SizeExpr &part : parts)
    sum = sum + part;
  if (int64_t(parts.size()) != count || !(sum == whole))
    return node.emit.invalid("splits " + whole.str() + " into " +
                             llvm::Twine(parts.size()) + " parts of together " +
                             sum.str() + ", for " + llvm::Twine(count) +
                             " outputs");
  SizeExpr offset;
  for (int64_t i = 0; i != count; ++i) {
    Tensor *part = node.emit.sliceOne(input, *axis, offset, parts[i]);
    if (!part)
      return nullptr;
    node.setOutput(i, part);
    offset = offset + parts[i];
  }
  return node.getOutput(0);
}

static Tensor *evaluateExpand(Node &node) {
  Tensor *input = node.getInput(0), *shape = node.getInput(1);
  // Only a single element: what exporters fill shapes with.
  if (!input->elements || input->elements->size() != 1 || !shape->elements)
    return nullptr;
  SmallVector<int64_t> sizes;
  for (const SizeExpr &size : *shape->elements) {
    if (!size.asConstant() || *size.asConstant() < 0)
      return nullptr;
    sizes.push_back(*size.asConstant());
  }
  if (sizes.size() < input->sizes.size())
    return nullptr;
  return rearrange(node.emit, input, sizes,
                   [](llvm::ArrayRef<int64_t>) { return 0; });
}

static Tensor *importExpand(Node &node) {
  auto shape = node.getSizes(1);
  if (!shape)
    return nullptr;
  return node.emit.expand(node.getInput(0),
                          Sizes(shape->begin(), shape->end()));
}

/// [a, b] repeated (r, s) times: [1, a, 1, b] -> [r, a, s, b] -> [r*a, s*b].
static Tensor *importTile(Node &node) {
  Tensor *input = node.getInput(0);
  auto repeats = node.getSizes(1);
  if (!repeats)
    return nullptr;
  if (int64_t(repeats->size()) != input->getRank())
    return node.emit.invalid("repeats has " + llvm::Twine(repeats->size()) +
                             " numbers for a tensor with " +
                             llvm::Twine(input->getRank()) + " dimensions");
  Sizes split, repeated, result;
  for (auto [size, count] : llvm::zip(input->sizes, *repeats)) {
    split.append({SizeExpr(1), size});
    repeated.append({count, size});
    result.push_back(count * size);
  }
  return node.emit.reshape(
      node.emit.expand(node.emit.reshape(input, split), repeated), result);
}

/// The part of a matrix on one side of a diagonal; zeros elsewhere.
static Tensor *importTrilu(Node &node) {
  Emitter &emit = node.emit;
  Tensor *input = node.getInput(0);
  std::optional<int64_t> upper = node.getInteger("upper", 1);
  SmallVector<int64_t> diagonal = {0};
  if (node.hasInput(1)) {
    auto given = node.getIntegers(1);
    if (!given)
      return nullptr;
    diagonal = *given;
  }
  if (!upper)
    return nullptr;
  if (input->getRank() < 2 || diagonal.size() != 1)
    return emit.invalid("needs a matrix and one diagonal");
  Sizes sizes(input->sizes.end() - 2, input->sizes.end());
  Type i64 = emit.getBuilder().getI64Type();
  // Upper: keep column - row >= k.
  Tensor *row = emit.iota(i64, 0, {sizes[0], SizeExpr(1)});
  Tensor *column = emit.iota(i64, 1, {SizeExpr(1), sizes[1]});
  Tensor *limit = emit.ofElements(i64, {}, {SizeExpr(diagonal[0])});
  Tensor *keep = emit.compare(*upper ? Comparison::ge : Comparison::le,
                              emit.binary<SubOp>(column, row), limit);
  return emit.select(keep, input, emit.scalar(input->elementType, 0));
}

llvm::ArrayRef<Operator> weft::onnx::getLayoutOperators() {
  static const Operator operators[] = {
      {"Concat", 4, newestOpset, 1, anyNumber, importConcat, evaluateConcat},
      {"Expand", 8, newestOpset, 2, 2, importExpand, evaluateExpand},
      {"Flatten", 1, newestOpset, 1, 1, importFlatten},
      {"Reshape", 5, newestOpset, 2, 2, importReshape},
      {"Slice", 10, newestOpset, 3, 5, importSlice},
      {"Split", 2, newestOpset, 1, 2, importSplit},
      {"Squeeze", 1, newestOpset, 1, 2, importSqueeze},
      {"Tile", 6, newestOpset, 2, 2, importTile},
      {"Transpose", 1, newestOpset, 1, 1, importTranspose},
      {"Trilu", 14, newestOpset, 1, 2, importTrilu},
      {"Unsqueeze", 1, newestOpset, 1, 2, importUnsqueeze},
  };
  return operators;
}
