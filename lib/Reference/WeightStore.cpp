//===- WeightStore.cpp - Weights of a model, as numbers -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/WeightStore.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace weft;

/// Bytes of one element in a file; 0 for types that files do not hold singly.
static unsigned bytesOfElement(Type type) {
  if (type.isInteger(1))
    return 1;
  if (!type.isIntOrFloat() || type.getIntOrFloatBitWidth() % 8 != 0 ||
      type.getIntOrFloatBitWidth() > 64)
    return 0;
  return type.getIntOrFloatBitWidth() / 8;
}

static uint64_t readLittleEndian(const char *bytes, unsigned size) {
  uint64_t value = 0;
  for (unsigned i = 0; i != size; ++i)
    value |= uint64_t(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return value;
}

static void decodeFloats(const char *bytes, FloatType type,
                         MutableArrayRef<double> values) {
  if (type.isF32()) {
    for (double &value : values) {
      value = llvm::bit_cast<float>(llvm::support::endian::read32le(bytes));
      bytes += sizeof(float);
    }
    return;
  }
  unsigned width = type.getWidth();
  for (double &value : values) {
    APFloat exact(type.getFloatSemantics(),
                  APInt(width, readLittleEndian(bytes, width / 8)));
    value = exact.convertToDouble();
    bytes += width / 8;
  }
}

static void decodeIntegers(const char *bytes, IntegerType type,
                           MutableArrayRef<int64_t> values) {
  unsigned size = bytesOfElement(type);
  bool isSigned = !type.isUnsigned() && type.getWidth() > 1;
  for (int64_t &value : values) {
    uint64_t bits = readLittleEndian(bytes, size);
    if (type.getWidth() == 1)
      bits = bits != 0;
    value = isSigned && size < 8 ? llvm::SignExtend64(bits, size * 8)
                                 : static_cast<int64_t>(bits);
    bytes += size;
  }
}

SmallVector<WeightOp> weft::sourcesOf(WeightOp weight) {
  SmallVector<WeightOp> sources;
  if (ArrayAttr names = weight.getSourcesAttr())
    for (auto name : names.getAsRange<FlatSymbolRefAttr>())
      sources.push_back(
          SymbolTable::lookupNearestSymbolFrom<WeightOp>(weight, name));
  return sources;
}

static FailureOr<HostTensor> readFile(WeightOp weight, StringRef directory) {
  RankedTensorType type = weight.getTensorType();
  StringRef file = *weight.getFile();
  int64_t offset = weight.getOffset();
  auto error = [&] {
    return weight.emitError() << "weight `" << weight.getSymName() << "` ";
  };
  bool isBlock = isa<BlockType>(type.getElementType());
  if (!isBlock && bytesOfElement(type.getElementType()) == 0)
    return error() << "has elements of type " << type.getElementType()
                   << ", which are not whole bytes of up to 64 bits";

  llvm::SmallString<128> path(file);
  if (!directory.empty() && llvm::sys::path::is_relative(path)) {
    path = directory;
    llvm::sys::path::append(path, file);
  }
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(path, status))
    return error() << "lies in \"" << path
                   << "\", which cannot be opened: " << code.message();
  if (!llvm::sys::fs::is_regular_file(status))
    return error() << "lies in \"" << path << "\", which is not a file";

  std::optional<int64_t> counted = getStorageBytes(type);
  if (!counted)
    return error() << "has a size beyond 64 bits";
  uint64_t bytes = *counted;
  uint64_t end;
  if (offset < 0 ||
      __builtin_add_overflow(static_cast<uint64_t>(offset), bytes, &end) ||
      end > status.getSize())
    return error() << "needs " << bytes << " bytes at offset " << offset
                   << " of \"" << path << "\", which has " << status.getSize()
                   << " bytes; is the file cut short, or another model's?";

  HostTensor tensor(type.getElementType(), type.getShape());
  if (bytes == 0)
    return tensor;
  auto buffer = llvm::MemoryBuffer::getFileSlice(path, bytes, offset);
  if (!buffer)
    return error() << "cannot be read from \"" << path
                   << "\": " << buffer.getError().message();
  const char *start = (*buffer)->getBufferStart();
  if (isBlock)
    llvm::copy((*buffer)->getBuffer().bytes(), tensor.bytes().begin());
  else if (auto floatType = dyn_cast<FloatType>(type.getElementType()))
    decodeFloats(start, floatType, tensor.floats());
  else
    decodeIntegers(start, cast<IntegerType>(type.getElementType()),
                   tensor.integers());
  return tensor;
}

/// Appends the values of coordinates that sizes in the function are made of.
static void appendCoordinates(func::FuncOp function, const SizeBinding &rank,
                              raw_ostream &key) {
  std::set<std::string> coordinates;
  function.walk([&](Operation *op) {
    op->getAttrDictionary().walk([&](SizesAttr sizes) {
      for (const SizeExpr &size : sizes.getExprs())
        dist::collectCoordinates(size, coordinates);
    });
  });
  for (const std::string &axis : coordinates) {
    std::string name = SizeExpr::coordinate(axis).str();
    if (std::optional<int64_t> value = rank.lookup(name))
      key << name << " = " << *value << ' ';
  }
}

/// Appends to `key`; `depth` counts initializers, which may not form a circle.
static LogicalResult appendKey(WeightOp weight, const SizeBinding &rank,
                               unsigned depth, raw_ostream &key) {
  key << weight.getTensorType() << ' ';
  if (weight.getFile()) {
    key << '"' << weight.getFile() << "\" at " << weight.getOffset();
    return success();
  }
  if (depth == 64)
    return weight.emitOpError("is computed from itself");
  auto initializer = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      weight, weight.getInitializerAttr());
  if (!initializer)
    return weight.emitOpError()
           << "names no function: " << weight.getInitializerAttr();
  initializer.getBody().front().print(key);
  appendCoordinates(initializer, rank, key);
  for (WeightOp source : sourcesOf(weight)) {
    if (!source)
      return weight.emitOpError(
          "is computed from a weight that does not exist");
    if (failed(appendKey(source, rank, depth + 1, key)))
      return failure();
  }
  return success();
}

FailureOr<std::string> WeightStore::keyOf(WeightOp weight,
                                          const SizeBinding &rank) {
  std::string key;
  llvm::raw_string_ostream stream(key);
  if (failed(appendKey(weight, rank, 0, stream)))
    return failure();
  return key;
}

FailureOr<WeightStore::Tensor> WeightStore::read(WeightOp weight) {
  FailureOr<std::string> key = keyOf(weight);
  if (failed(key))
    return failure();
  return compute(*key, [&] { return readFile(weight, directory); });
}

FailureOr<WeightStore::Tensor> WeightStore::compute(StringRef key,
                                                    Compute compute) {
  if (auto it = tensors.find(key); it != tensors.end())
    return it->second;
  FailureOr<HostTensor> tensor = compute();
  if (failed(tensor))
    return failure();
  return keep(key, std::move(*tensor));
}

WeightStore::Tensor WeightStore::keep(StringRef key, HostTensor tensor) {
  // Elements of every type take 8 bytes, but those in blocks.
  auto bytesOf = [](const Tensor &tensor) {
    return tensor->isBlock()
               ? static_cast<uint64_t>(tensor->bytes().size())
               : static_cast<uint64_t>(tensor->getNumElements()) * 8;
  };
  auto shared = std::make_shared<HostTensor>(std::move(tensor));
  tensors[key] = shared;
  order.push_back(key.str());
  held += bytesOf(shared);
  while (held > budget) {
    held -= bytesOf(tensors[order.front()]);
    tensors.erase(order.front());
    order.pop_front();
  }
  return shared;
}
