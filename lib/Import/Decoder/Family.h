//===- Family.h - What sets families of language models apart ---*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A family is a description: the names of its tensors, and how it differs from
// Llama, after which the shared pieces are made. A name that it lacks is a
// piece that it lacks: without `AttentionNorm` there is no norm before
// attention, without `Gate` and `GateUp` the feed-forward network is plain.
// Numbers come from the model's metadata.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_DECODER_FAMILY_H
#define LIB_IMPORT_DECODER_FAMILY_H

#include "weft/Status.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/JSON.h"
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weft {

/// What a tensor is to a model. Those from AttentionNorm on are a layer's.
enum class Role : uint8_t {
  TokenEmbedding,
  PositionEmbedding,
  TokenTypeEmbedding,
  EmbeddingNorm,
  RelativeBias, ///< Added to attention's scores, by distance.
  OutputNorm,
  Output,
  AttentionNorm,
  Query,
  Key,
  Value,
  QueryKeyValue,
  QueryNorm,
  KeyNorm,
  AttentionOutput,
  PostAttentionNorm, ///< Of what attention adds to the residual.
  FeedForwardNorm,
  Gate,
  Up,
  GateUp,
  Down,
  PostFeedForwardNorm, ///< Of what the network adds to the residual.
  Router,
  ExpertGate, ///< Of one expert in a folder's files, of all in GGUF files.
  ExpertUp,
  ExpertDown,
};

/// Names without ".weight" and ".bias"; "%L" is the layer's number, "%E" the
/// expert's.
using RoleNames = std::map<Role, std::string>;

enum class Activation { SiLU, GeluErf, GeluTanh, Relu };
enum class QueryKeyNorm {
  Head, ///< Each head has its mean, all share a scale.
  Whole ///< All heads of a token share their mean.
};

/// A class of transformers that config.json names in `architectures`.
struct FolderClass {
  std::string name;
  /// What its config class takes absent keys for, where no tensor's shape tells
  /// it and other classes differ. Null is a value, no absence.
  std::map<std::string, llvm::json::Value> defaults = {};
  /// Keys that other classes read and this one does not.
  std::vector<std::string> ignored = {};
};

struct Family {
  /// As GGUF files have it in `general.architecture`.
  std::string name;
  std::vector<FolderClass> classes;
  /// In folders; in GGUF files, names are those of `getGGUFName`.
  RoleNames names;

  /// All tokens of a text see each other: built by EncoderBuilder.
  bool isEncoder = false;
  /// Positions count the tokens that are no padding, from behind its id.
  bool countsFromPadding = false;
  bool usesLayerNorm = false; ///< Instead of the root mean square.
  bool hasRope = true;
  /// Multiplies embeddings with the square root of their size.
  bool scalesEmbeddings = false;
  QueryKeyNorm queryKeyNorm = QueryKeyNorm::Head;
  /// Where metadata do not say, as in GGUF files.
  Activation activation = Activation::SiLU;
  bool parallelResidual = false;
  /// Every n-th layer sees all positions, the others a window, if the model has
  /// one; 1: all layers have the window, 0: none has.
  int64_t windowPeriod = 1;
  /// Of GGUF files that do not say.
  std::optional<int64_t> window = {};
  std::optional<double> attentionSoftCap = {}, logitSoftCap = {};
  /// Layers with a window turn by a base of their own.
  std::optional<double> windowRopeBase = {};

  //===--- How folders and GGUF files store it differently ----------------===//

  /// GGUF's converter reorders rows of queries and keys, so that a rotation
  /// turns neighbours.
  bool interleavesInGGUF = false;
  /// A folder's scales of norms lack the one that GGUF's converter adds.
  bool scalesFromOne = false;
  /// A folder's linear weights are [in, out].
  bool storesTransposed = false;
  /// A folder's query, key and value are joined head by head.
  bool joinsByHead = false;
};

/// The family of a GGUF file or of a folder; an error that lists all of them.
StatusOr<const Family *> findFamilyOfGGUF(llvm::StringRef architecture);
StatusOr<const Family *> findFamilyOfClass(llvm::StringRef className);

/// Adds the defaults of the class to a config, and takes out what it ignores.
void completeConfig(const Family &family, llvm::StringRef className,
                    llvm::json::Object &config);

/// The name of a tensor in GGUF files, the same for all families that have it;
/// empty for what this family does not have there.
std::string getGGUFName(const Family &family, Role role);

} // namespace weft

#endif // LIB_IMPORT_DECODER_FAMILY_H
