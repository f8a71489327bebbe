//===- Runtime.h - Load a compiled artifact and run it ----------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   StatusOr<Model> model = Model::load("encoder.weft");
//   std::vector<int64_t> ids = {101, 7592, 102}, shape = {1, 3};
//   TensorView inputs[] = {{"input_ids", DataType::I64, shape, ids.data()}};
//   StatusOr<std::vector<Tensor>> outputs = model->run(inputs);
//
//===----------------------------------------------------------------------===//

#ifndef WEFT_RUNTIME_H
#define WEFT_RUNTIME_H

#include "weft/DataType.h"
#include "weft/Status.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// A model that generates text: what its entry point is called with, and how
/// much. See docs/Formats.md for the entry point's inputs.
struct LanguageModel {
  std::string entryPoint;
  std::string architecture; // "llama": for people
  int64_t blockSize;        // positions that a block of the cache holds
  int64_t blocks;           // of the cache
  int64_t context;          // greatest number of tokens of a sequence
  int64_t maxSequences;     // in one step
  int64_t maxTokens;        // in one step, of all sequences
  int64_t vocabulary;
  /// A weft.artifact.Tokenizer (include/weft/tokenizer.proto) in memory that
  /// the model owns; empty: none.
  std::span<const uint8_t> tokenizer;
};

/// What an entry point takes or gives. Each dimension is a number or an
/// expression over symbolic sizes: {"batch", "sequence", "384"}.
struct TensorInfo {
  std::string name;
  DataType type;
  std::vector<std::string> sizes;
};

/// The caller's memory, row major. Data on a multiple of 64 bytes are used in
/// place; others are copied.
struct TensorView {
  std::string_view name;
  DataType type;
  std::span<const int64_t> shape;
  const void *data;
};

struct MutableTensorView {
  std::string_view name;
  DataType type;
  std::span<const int64_t> shape;
  void *data;
};

/// An array with memory of its own, row major, on a multiple of 64 bytes,
/// zeroed.
class Tensor {
public:
  /// Fails when the sizes have more than 2^62 bytes, or more than there are.
  static StatusOr<Tensor> create(std::string name, DataType type,
                                 std::vector<int64_t> shape);

  const std::string &name() const { return tensorName; }
  DataType type() const { return elementType; }
  const std::vector<int64_t> &shape() const { return sizes; }
  uint64_t bytes() const { return byteCount; }
  uint64_t elementCount() const { return byteCount / byteWidth(elementType); }
  void *data() const { return memory.get(); }
  template <typename T> std::span<T> values() const {
    return {static_cast<T *>(data()), byteCount / sizeof(T)};
  }

  TensorView view() const { return {tensorName, elementType, sizes, data()}; }
  MutableTensorView mutableView() {
    return {tensorName, elementType, sizes, data()};
  }

private:
  Tensor() = default;
  struct Free {
    void operator()(void *memory) const;
  };
  std::string tensorName;
  DataType elementType = DataType::Invalid;
  std::vector<int64_t> sizes;
  uint64_t byteCount = 0;
  std::unique_ptr<void, Free> memory;
};

struct LoadOptions {
  /// One device for each rank: "cpu:0", "cuda:0", "null:0"; or "cusim:2" alone,
  /// for two simulated GPUs. Empty: as many as the artifact has ranks, of its
  /// target.
  std::vector<std::string> devices = {};
  /// Of simulated GPUs: "fast" without checks, "check" with all of them (see
  /// docs/cusim.md); empty: as the environment says. What the first model of a
  /// process says holds for all.
  std::string simulation = {};
  /// Threads of the process, the caller's included, split over the ranks (each
  /// has one at least); 0: one for each CPU that the affinity mask and the
  /// cgroup's limit leave.
  unsigned threads = 0;
  /// Copy weights into huge pages instead of using the mapped files.
  bool copiesWeights = false;
  /// Compare the hashes of weight files too, which reads them whole.
  bool verifyHashes = false;
};

/// One launch, collective or copy, as RunOptions::onCommand sees it.
struct CommandRecord {
  std::string_view name; // of the kernel, or "all_reduce", "copy", "fill", ...
  std::string_view family; // of the kernel ("matmul"), "collective", "memory"
  std::string_view node;   // the model's node it comes from
  std::string_view device;
  std::chrono::steady_clock::time_point begin, end;
  double flops;
  uint64_t bytes; // of the tensor that a collective exchanges, or of a copy
};

struct RunOptions {
  /// Empty: the artifact's first.
  std::string entryPoint;
  /// Seconds after which the run ends with an error; 0: never. Looked at
  /// between commands, and by ranks that wait for others. A rank that has not
  /// ended half a second later is given up, unless it is the caller's thread:
  /// it may still use the inputs and the outputs, and the model must be loaded
  /// again.
  double timeout = 0;
  /// Called after each command, by one rank at a time, on its thread.
  std::function<void(const CommandRecord &)> onCommand;
};

/// An artifact, loaded on its devices. `run` may be called from any thread, one
/// at a time; others wait.
class Model {
public:
  /// Fails with one sentence on an artifact that is damaged, forged, too new,
  /// or not for this machine.
  static StatusOr<Model> load(const std::string &folder,
                              const LoadOptions &options = {});
  Model(Model &&) noexcept;
  Model &operator=(Model &&) noexcept;
  ~Model();

  std::vector<std::string> entryPoints() const;
  /// Empty for an unknown entry point; "" is the first.
  std::vector<TensorInfo> inputs(const std::string &entryPoint = "") const;
  std::vector<TensorInfo> outputs(const std::string &entryPoint = "") const;
  /// Nothing for a model that generates no text.
  std::optional<LanguageModel> languageModel() const;
  /// Threads of all ranks.
  unsigned threads() const;
  /// Of each rank: "cpu:0", "cuda:1", "cusim:0".
  std::vector<std::string> devices() const;
  /// What its devices do without, because a library is not there: a sentence
  /// for people each.
  std::vector<std::string> notes() const;

  /// The shapes of the inputs for values of the symbolic sizes, in the order of
  /// `inputs`.
  StatusOr<std::vector<std::vector<int64_t>>>
  inputShapes(const std::map<std::string, int64_t> &sizes,
              const std::string &entryPoint = "") const;

  /// The shape that output `name` has for these inputs, whose data are not
  /// read.
  StatusOr<std::vector<int64_t>>
  outputShape(std::span<const TensorView> inputs, std::string_view name,
              const std::string &entryPoint = "");

  /// Inputs in any order, each exactly once; the outputs in the order of
  /// `outputs`.
  StatusOr<std::vector<Tensor>> run(std::span<const TensorView> inputs,
                                    const RunOptions &options = {});
  /// The same into the caller's memory: outputs in any order, each at most
  /// once. Allocates nothing for shapes it has met before.
  Status run(std::span<const TensorView> inputs,
             std::span<const MutableTensorView> outputs,
             const RunOptions &options = {});

private:
  struct Implementation;
  explicit Model(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation;
};

} // namespace weft

#endif // WEFT_RUNTIME_H
