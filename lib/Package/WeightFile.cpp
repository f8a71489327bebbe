//===- WeightFile.cpp - A safetensors file, streamed ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Package/WeightFile.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/Parallel.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

using namespace weft;

static constexpr uint64_t pageBytes = 4096;
static constexpr uint64_t tensorAlignment = 64;

static Status cannot(const char *action, const std::string &path) {
  return Status::error(std::string("cannot ") + action + " '" + path +
                       "': " + std::strerror(errno));
}

namespace {

/// Where everything lies in the file.
struct FileLayout {
  std::string header; // with its length in front, padded to a page
  std::vector<uint64_t> offsets;
  uint64_t bytes = 0;
};

/// The output file, mapped.
class MappedOutput {
public:
  MappedOutput() = default;
  MappedOutput(const MappedOutput &) = delete;
  ~MappedOutput() {
    if (data)
      munmap(data, size);
    if (descriptor >= 0)
      close(descriptor);
  }

  Status create(const std::string &path, uint64_t bytes) {
    descriptor =
        open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0)
      return cannot("create", path);
    // Reserves the space now: a full disk is an error here, not a signal when a
    // page is written.
    if (int error = posix_fallocate(descriptor, 0, bytes)) {
      errno = error;
      return Status::error("cannot reserve " + std::to_string(bytes) +
                           " bytes for '" + path +
                           "': " + std::strerror(error));
    }
    void *mapping =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (mapping == MAP_FAILED)
      return cannot("map", path);
    data = static_cast<uint8_t *>(mapping);
    size = bytes;
    return Status::ok();
  }

  /// Lets the system write pages back and forget them.
  void release(uint64_t begin, uint64_t end) {
    begin = begin / pageBytes * pageBytes;
    end = end / pageBytes * pageBytes;
    if (begin < end)
      madvise(data + begin, end - begin, MADV_DONTNEED);
  }

  uint8_t *data = nullptr;

private:
  uint64_t size = 0;
  int descriptor = -1;
};

} // namespace

static FileLayout layOut(llvm::StringRef file,
                         const std::vector<PackagedTensor> &tensors) {
  FileLayout layout;
  std::string json;
  llvm::raw_string_ostream stream(json);
  llvm::json::OStream writer(stream);
  uint64_t position = 0;
  unsigned pads = 0;
  auto add = [&](llvm::StringRef name, llvm::StringRef type,
                 llvm::ArrayRef<int64_t> shape, uint64_t bytes) {
    writer.attributeObject(name, [&] {
      writer.attribute("dtype", type);
      writer.attributeArray("shape", [&] {
        for (int64_t size : shape)
          writer.value(size);
      });
      writer.attributeArray("data_offsets", [&] {
        writer.value(position);
        writer.value(position + bytes);
      });
    });
    position += bytes;
  };
  writer.object([&] {
    writer.attributeObject("__metadata__", [&] {
      writer.attribute("format", "weft");
      writer.attribute("file", file);
      for (const PackagedTensor &tensor : tensors) {
        if (!tensor.layout.empty())
          writer.attribute("layout." + tensor.name, tensor.layout);
        if (!tensor.elementShape.empty())
          writer.attribute("shape." + tensor.name, tensor.elementShape);
      }
    });
    for (const PackagedTensor &tensor : tensors) {
      uint64_t gap = -position % tensorAlignment;
      if (gap)
        add("__pad" + std::to_string(pads++), "U8", {static_cast<int64_t>(gap)},
            gap);
      layout.offsets.push_back(position);
      add(tensor.name, tensor.type, tensor.shape, tensor.bytes);
    }
  });
  uint64_t headerBytes =
      llvm::alignTo(sizeof(uint64_t) + json.size(), pageBytes);
  json.resize(headerBytes - sizeof(uint64_t), ' ');
  for (unsigned i = 0; i != sizeof(uint64_t); ++i)
    layout.header.push_back(static_cast<char>(json.size() >> (8 * i)));
  layout.header += json;
  for (uint64_t &offset : layout.offsets)
    offset += headerBytes;
  layout.bytes = headerBytes + position;
  return layout;
}

/// Runs the items [begin, end) on all threads.
static Status runItems(const TensorFill &fill, uint8_t *tensor, uint64_t begin,
                       uint64_t end) {
  constexpr uint64_t parts = 64;
  uint64_t chunks = llvm::divideCeil(end - begin, fill.chunk);
  uint64_t step = llvm::divideCeil(chunks, parts) * fill.chunk;
  std::mutex mutex;
  Status failure = Status::ok();
  llvm::parallelFor(0, llvm::divideCeil(end - begin, step), [&](size_t part) {
    uint64_t first = begin + part * step;
    Status status = fill.run(tensor, first, std::min(end, first + step));
    std::lock_guard lock(mutex);
    if (!status && failure)
      failure = status;
  });
  return failure;
}

StatusOr<WeightFileWriter::Written>
WeightFileWriter::write(std::vector<PackagedTensor> &tensors) {
  FileLayout layout = layOut(name, tensors);
  MappedOutput output;
  WEFT_RETURN_IF_ERROR(output.create(folder + "/" + name, layout.bytes));
  std::memcpy(output.data, layout.header.data(), layout.header.size());

  Sha256Stream hash;
  uint64_t hashed = 0;
  auto hashUntil = [&](uint64_t end) {
    while (hashed < end) {
      uint64_t next = std::min(end, hashed + memory);
      hash.update({output.data + hashed, output.data + next});
      output.release(hashed, next);
      hashed = next;
    }
  };
  for (auto [tensor, offset] : llvm::zip_equal(tensors, layout.offsets)) {
    StatusOr<TensorFill> fill = tensor.prepare();
    if (!fill)
      return fill.status();
    // Slices of items that write about `memory` bytes each.
    uint64_t slices = std::max<uint64_t>(1, tensor.bytes / memory);
    uint64_t chunks = llvm::divideCeil(fill->items, fill->chunk);
    uint64_t step =
        std::max<uint64_t>(1, llvm::divideCeil(chunks, slices)) * fill->chunk;
    for (uint64_t begin = 0; begin < fill->items; begin += step) {
      WEFT_RETURN_IF_ERROR(runItems(*fill, output.data + offset, begin,
                                    std::min(fill->items, begin + step)));
      if (slices > 1)
        output.release(offset, offset + tensor.bytes);
    }
    hashUntil(offset + tensor.bytes);
  }
  hashUntil(layout.bytes);
  return Written{layout.bytes, hash.finish()};
}
