//===- WeightSources.cpp - Where the bytes of weights come from -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Package/WeightSources.h"

#include "dialects/Exec/IR/Exec.h"
#include "lib/Package/ProgramProto.h"
#include "weft/DataType.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Parallel.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace mlir;
using namespace weft;

static constexpr uint64_t pieceBytes = 1 << 20;

static Status cannot(const char *action, const std::string &path) {
  return Status::error(std::string("cannot ") + action + " weight file '" +
                       path + "': " + std::strerror(errno));
}

WeightSources::~WeightSources() {
  for (auto &file : files)
    close(file.second.first);
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

StatusOr<WeightSources::FileRange> WeightSources::open(WeightOp weight) {
  llvm::SmallString<128> path;
  if (!llvm::sys::path::is_absolute(*weight.getFile()))
    path = options.modelFolder;
  llvm::sys::path::append(path, *weight.getFile());
  auto [file, isNew] = files.try_emplace(path, -1, 0);
  if (isNew) {
    int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (descriptor < 0 || fstat(descriptor, &info) != 0) {
      Status failure = cannot("open", std::string(path));
      files.erase(path);
      return failure;
    }
    file->second = {descriptor, static_cast<uint64_t>(info.st_size)};
  }
  auto [descriptor, size] = file->second;
  RankedTensorType type = weight.getTensorType();
  uint64_t bytes = getStorageBytes(type).value_or(0);
  uint64_t offset = weight.getOffset();
  if (offset > size || bytes > size - offset)
    return Status::error(
        "weight '" + weight.getSymName().str() + "' lies at bytes " +
        std::to_string(offset) + " to " + std::to_string(offset + bytes) +
        " of '" + std::string(path) + "', which has " + std::to_string(size));
  return FileRange{descriptor, offset, bytes, std::string(path)};
}

Status WeightSources::FileRange::read(uint8_t *to, uint64_t begin,
                                      uint64_t end) const {
  while (begin < end) {
    ssize_t count = pread(descriptor, to + begin, end - begin, offset + begin);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return cannot("read", path);
    if (count == 0)
      return Status::error("weight file '" + path +
                           "' became shorter while it was read; expected " +
                           std::to_string(bytes) + " bytes at " +
                           std::to_string(offset));
    begin += count;
  }
  return Status::ok();
}

StatusOr<TensorFill> WeightSources::copy(const FileRange &range) const {
  TensorFill fill;
  fill.items = llvm::divideCeil(range.bytes, pieceBytes);
  fill.run = [range](uint8_t *tensor, uint64_t begin, uint64_t end) {
    return range.read(tensor, begin * pieceBytes,
                      std::min(range.bytes, end * pieceBytes));
  };
  return fill;
}

//===----------------------------------------------------------------------===//
// Initializers
//===----------------------------------------------------------------------===//

namespace {

/// Pages for the sources of an initializer, which must be aligned as the ABI
/// says and may not be so in their file.
class SourceMemory {
public:
  SourceMemory() = default;
  SourceMemory(const SourceMemory &) = delete;
  ~SourceMemory() {
    if (data)
      munmap(data, bytes);
  }

  Status allocate(uint64_t size, uint64_t memory, const std::string &folder) {
    bytes = std::max<uint64_t>(size, 1);
    int descriptor = -1;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    if (bytes > memory) {
      // A file without a name: the system can write its pages back.
      descriptor = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
      if (descriptor < 0 || posix_fallocate(descriptor, 0, bytes) != 0) {
        if (descriptor >= 0)
          close(descriptor);
        return Status::error("cannot reserve " + std::to_string(bytes) +
                             " bytes in '" + folder +
                             "' to transform a weight that is greater than the "
                             "memory budget; raise --memory-budget");
      }
      flags = MAP_SHARED;
    }
    void *mapping =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, descriptor, 0);
    if (descriptor >= 0)
      close(descriptor);
    if (mapping == MAP_FAILED)
      return Status::error(
          "cannot allocate " + std::to_string(bytes) +
          " bytes to transform a weight: " + std::strerror(errno));
    data = static_cast<uint8_t *>(mapping);
    return Status::ok();
  }

  uint8_t *data = nullptr;

private:
  uint64_t bytes = 0;
};

} // namespace

/// The value of one of the kernel's expressions over its parameters.
static StatusOr<uint64_t> getValue(const artifact::Kernel &kernel,
                                   const std::vector<int64_t> &parameters,
                                   const std::string &text) {
  StatusOr<SizeExpr> expr = SizeExpr::parse(text);
  auto lookup = [&](std::string_view name) -> std::optional<int64_t> {
    for (auto [i, value] : llvm::enumerate(parameters))
      if (name == "s" + std::to_string(i))
        return value;
    return std::nullopt;
  };
  StatusOr<int64_t> value =
      expr ? expr->evaluate(lookup) : StatusOr<int64_t>(expr.status());
  if (!value || *value < 0)
    return Status::error("initializer '" + kernel.name() + "' has size '" +
                         text + "'; expected one that its " +
                         std::to_string(parameters.size()) +
                         " parameters determine");
  return static_cast<uint64_t>(*value);
}

/// What an initializer's error flag says.
static Status describeErrors(uint32_t errors, const std::string &weight,
                             FloatType type) {
  if (type && (errors & WEFT_ERROR_OVERFLOW)) {
    APFloat greatest = APFloat::getLargest(type.getFloatSemantics());
    llvm::SmallString<16> digits;
    greatest.toString(digits, 6);
    return Status::error("weight '" + weight + "' has a number beyond " +
                         digits.str().str() +
                         ", the greatest of its type; "
                         "choose another --precision");
  }
  return Status::error("weight '" + weight +
                       "' is computed by an index out of range");
}

StatusOr<TensorFill> WeightSources::compute(WeightOp weight,
                                            const artifact::Kernel &kernel,
                                            std::vector<int64_t> parameters,
                                            ArrayRef<FileRange> sources) const {
  auto get = [&](const std::string &text) {
    return getValue(kernel, parameters, text);
  };
  StatusOr<uint64_t> items = get(kernel.items()), chunk = get(kernel.chunk()),
                     scratch = get(kernel.scratch_bytes());
  for (auto *value : {&items, &chunk, &scratch})
    WEFT_RETURN_IF_ERROR(value->status());

  auto memories = std::make_shared<std::vector<SourceMemory>>(sources.size());
  for (auto [memory, range] : llvm::zip_equal(*memories, sources)) {
    WEFT_RETURN_IF_ERROR(
        memory.allocate(range.bytes, options.memory, options.temporaryFolder));
    StatusOr<TensorFill> read = copy(range);
    std::vector<Status> results(read->items, Status::ok());
    llvm::parallelFor(0, read->items, [&](size_t item) {
      results[item] = read->run(memory.data, item, item + 1);
    });
    for (const Status &result : results)
      WEFT_RETURN_IF_ERROR(result);
  }

  TensorFill fill;
  fill.items = *items;
  fill.chunk = std::max<uint64_t>(1, *chunk);
  WeftKernel function = initializers->kernels.find(kernel.name());
  auto type = dyn_cast<FloatType>(weight.getTensorType().getElementType());
  fill.run = [memories, function, type, name = weight.getSymName().str(),
              scratchBytes = *scratch, parameters = std::move(parameters)](
                 uint8_t *tensor, uint64_t begin, uint64_t end) {
    std::vector<void *> buffers;
    for (SourceMemory &memory : *memories)
      buffers.push_back(memory.data);
    buffers.push_back(tensor);
    uint32_t error = 0;
    WeftArgs args = {buffers.data(), parameters.data(), &error};
    std::vector<uint8_t> scratch(scratchBytes + 64);
    function(&args, begin, end,
             reinterpret_cast<void *>(llvm::alignTo(
                 reinterpret_cast<uintptr_t>(scratch.data()), 64)));
    return error ? describeErrors(error, name, type) : Status::ok();
  };
  return fill;
}

/// As safetensors can say it: elements in blocks are bytes, a row of them (or a
/// panel of interleaved rows) for each row.
static void describe(RankedTensorType type, PackagedTensor &tensor) {
  tensor.bytes = getStorageBytes(type).value_or(0);
  if (auto block = dyn_cast<BlockType>(type.getElementType())) {
    int64_t rows = 1;
    for (int64_t size : type.getShape().drop_back(2))
      rows *= size;
    if (type.getRank() > 1)
      rows *= llvm::divideCeil(type.getDimSize(type.getRank() - 2),
                               block.getRows());
    tensor.type = "U8";
    tensor.shape = {rows, static_cast<int64_t>(tensor.bytes) / rows};
    llvm::raw_string_ostream shape(tensor.elementShape);
    llvm::interleaveComma(type.getShape(), shape);
    return;
  }
  tensor.type =
      llvm::StringRef(
          name(static_cast<DataType>(getDataType(type.getElementType()))))
          .upper();
  tensor.shape.assign(type.getShape().begin(), type.getShape().end());
}

StatusOr<PackagedTensor> WeightSources::getTensor(const WeightShard &shard) {
  PackagedTensor tensor;
  WeightOp weight = shard.weight;
  tensor.name = weight.getSymName().str();
  describe(weight.getTensorType(), tensor);
  tensor.layout = shard.layout;
  if (!weight.getInitializer()) {
    StatusOr<FileRange> range = open(weight);
    if (!range)
      return range.status();
    tensor.prepare = [this, range = *range] { return copy(range); };
    return tensor;
  }

  std::vector<FileRange> sources;
  for (auto source : weight.getSources()->getAsRange<FlatSymbolRefAttr>()) {
    auto from = symbols.lookup<WeightOp>(source.getValue());
    if (!from || !from.getFile())
      return Status::error("weight '" + tensor.name + "' is computed from '" +
                           source.getValue().str() +
                           "', which is no weight of the model's files");
    StatusOr<FileRange> range = open(from);
    if (!range)
      return range.status();
    sources.push_back(*range);
  }
  llvm::StringRef function = *weight.getInitializer();
  auto &kernels = initializers->table.kernels();
  auto kernel = llvm::find_if(kernels, [&](const artifact::Kernel &candidate) {
    return function == candidate.name();
  });
  if (kernel == kernels.end())
    return Status::error("weight '" + tensor.name + "' needs initializer '" +
                         function.str() + "', which was not compiled");
  tensor.prepare = [this, weight, sources, &kernel = *kernel,
                    parameters = shard.parameters] {
    return compute(weight, kernel, parameters, sources);
  };
  return tensor;
}
