//===- DecoderLayers.cpp - Attention and feed-forward networks of decoders ===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/DecoderBuilder.h"

using namespace mlir;
using namespace weft;

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

Value DecoderBuilder::project(Value hidden, unsigned part) {
  static constexpr Role roles[] = {Role::Query, Role::Key, Role::Value};
  static constexpr Role norms[] = {Role::QueryNorm, Role::KeyNorm};
  int64_t heads = part == 0 ? config.numHeads : config.numKeyValueHeads;
  int64_t size = heads * config.headSize;
  Value rows;
  if (!has(Role::QueryKeyValue)) {
    rows = emit.linear(hidden, nameOf(roles[part]), size);
  } else if (config.joinsByHead) {
    rows = emit.linearOfHeads(hidden, nameOf(Role::QueryKeyValue), heads,
                              config.headSize, part);
  } else {
    int64_t querySize = config.numHeads * config.headSize;
    int64_t keySize = config.numKeyValueHeads * config.headSize;
    int64_t offset = part == 0 ? 0 : querySize + (part - 1) * keySize;
    rows = emit.linearOfRows(hidden, nameOf(Role::QueryKeyValue), offset, size,
                             querySize + 2 * keySize);
  }
  bool isNormed = part != 2 && has(norms[part]);
  if (isNormed && config.family->queryKeyNorm == QueryKeyNorm::Whole)
    rows = norm(rows, norms[part]);
  static constexpr const char *names[] = {"query", "key", "value"};
  setLocation(names[part]);
  rows = emit.reshape(rows, {numTokens, heads, config.headSize});
  if (isNormed && config.family->queryKeyNorm == QueryKeyNorm::Head)
    rows = norm(rows, norms[part]);
  if (part == 2 || rotations.empty())
    return rows;
  setLocation(llvm::Twine(names[part]) + " rope");
  auto [cosine, sine] = rotations[config.layers[layer].rope];
  return RopeOp::create(
      emit.builder, emit.getLocation(), rows.getType(), rows, cosine, sine,
      config.ropeInterleaves ? RopeStyle::interleaved : RopeStyle::half);
}

Value DecoderBuilder::writeCache(Value rows, llvm::StringRef state,
                                 RankedTensorType type, bool isTransposed) {
  OpBuilder &builder = emit.builder;
  std::string name = (state + "." + llvm::Twine(layer)).str();
  setLocation(state + " cache");
  Location location = emit.getLocation();
  Value pool = LoadStateOp::create(builder, location, type, name);
  Value written =
      WriteCacheOp::create(builder, location, type, rows, pool, positions,
                           sequenceStart, blockTable, isTransposed);
  StoreStateOp::create(builder, location, written, name);
  return written;
}

Value DecoderBuilder::attend(Value hidden) {
  Value query = project(hidden, 0);
  Value keys =
      writeCache(project(hidden, 1), "keys", keysType, /*isTransposed=*/true);
  Value values = writeCache(project(hidden, 2), "values", valuesType,
                            /*isTransposed=*/false);
  setLocation("attention");
  OpBuilder &builder = emit.builder;
  std::optional<int64_t> window = config.layers[layer].window;
  // A window that no sequence outgrows is none.
  if (window && *window >= context)
    window.reset();
  Value attended = PagedAttentionOp::create(
      builder, emit.getLocation(), query.getType(), query, keys, values,
      positions, sequenceStart, kvLength, blockTable,
      builder.getF32FloatAttr(static_cast<float>(config.attentionScale)),
      window ? builder.getI64IntegerAttr(*window) : IntegerAttr(),
      config.attentionSoftCap ? builder.getF32FloatAttr(static_cast<float>(
                                    *config.attentionSoftCap))
                              : FloatAttr());
  attended =
      emit.reshape(attended, {numTokens, config.numHeads * config.headSize});
  return emit.linear(attended, nameOf(Role::AttentionOutput),
                     config.hiddenSize);
}

//===----------------------------------------------------------------------===//
// Feed-forward networks
//===----------------------------------------------------------------------===//

Value DecoderBuilder::feedForward(Value hidden) {
  // Of a mixture, some layers may be plain.
  if (config.numExperts != 0 &&
      checkpoint.has(nameOf(Role::Router) + ".weight"))
    return mixExperts(hidden);
  int64_t size = config.feedForwardSize;
  Value inner;
  if (has(Role::GateUp)) {
    std::string name = nameOf(Role::GateUp);
    Value gate = emit.linearOfRows(hidden, name, 0, size, 2 * size);
    Value up = emit.linearOfRows(hidden, name, size, size, 2 * size);
    setLocation("activation");
    inner = emit.gate(gate, up, config.activation);
  } else if (has(Role::Gate)) {
    Value gate = emit.linear(hidden, nameOf(Role::Gate), size);
    Value up = emit.linear(hidden, nameOf(Role::Up), size);
    setLocation("activation");
    inner = emit.gate(gate, up, config.activation);
  } else {
    inner = emit.linear(hidden, nameOf(Role::Up), size);
    setLocation("activation");
    inner = emit.activate(inner, config.activation);
  }
  return emit.linear(inner, nameOf(Role::Down), config.hiddenSize);
}

Value DecoderBuilder::expertLinear(Value input, Role role, Value experts,
                                   int64_t rows, int64_t columns) {
  OpBuilder &builder = emit.builder;
  emit.setLocation(nameOf(role));
  Value weight;
  if (config.stacksExperts) {
    weight = emit.weight(nameOf(role) + ".weight",
                         {config.numExperts, rows, columns});
  } else {
    SmallVector<Value> parts;
    for (int64_t i = 0; i != config.numExperts; ++i) {
      Value part = emit.weight(nameOf(role, i) + ".weight", {rows, columns});
      parts.push_back(emit.reshape(part, {1, rows, columns}));
    }
    auto type = cast<RankedTensorType>(parts.front().getType());
    for (Value part : parts)
      if (part.getType() != type)
        emit.fail("the experts of '" + nameOf(role) +
                  "' are not all of one type");
    weight = ConcatOp::create(builder, emit.getLocation(),
                              type.clone({config.numExperts, rows, columns}),
                              parts, /*axis=*/0);
  }
  auto chosen = cast<RankedTensorType>(experts.getType()).getShape().back();
  return ExpertLinearOp::create(builder, emit.getLocation(),
                                emit.getType({numTokens, chosen, rows}), input,
                                weight, experts, ActivationFormatAttr());
}

Value DecoderBuilder::mixExperts(Value hidden) {
  OpBuilder &builder = emit.builder;
  int64_t used = config.numExpertsUsed;
  Value scores = emit.linear(hidden, nameOf(Role::Router), config.numExperts);
  setLocation("experts");
  Location location = emit.getLocation();
  Value shares = SoftmaxOp::create(builder, location, scores.getType(), scores,
                                   /*axis=*/1);
  Value experts = TopKOp::create(
      builder, location, emit.getType({numTokens, used}, builder.getI32Type()),
      shares, used);
  Value weights = TakeAlongOp::create(
      builder, location, emit.getType({numTokens, used}), shares, experts);
  if (config.normalizesExperts) {
    Value sum =
        ReduceOp::create(builder, location, emit.getType({numTokens, 1}),
                         Reduction::sum, weights, ArrayRef<int64_t>{1});
    weights = emit.binary<DivOp>(weights, sum);
  }
  Value gate = expertLinear(hidden, Role::ExpertGate, experts,
                            config.expertSize, config.hiddenSize);
  Value up = expertLinear(hidden, Role::ExpertUp, experts, config.expertSize,
                          config.hiddenSize);
  setLocation("activation");
  Value inner = emit.gate(gate, up, config.activation);
  Value down = expertLinear(inner, Role::ExpertDown, experts, config.hiddenSize,
                            config.expertSize);
  setLocation("experts");
  weights = emit.reshape(weights, {numTokens, used, 1});
  Value weighted = emit.binary<MulOp>(down, weights);
  Value sum = ReduceOp::create(builder, emit.getLocation(),
                               emit.getType({numTokens, 1, config.hiddenSize}),
                               Reduction::sum, weighted, ArrayRef<int64_t>{1});
  return emit.reshape(sum, {numTokens, config.hiddenSize});
}
