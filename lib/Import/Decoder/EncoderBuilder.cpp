//===- EncoderBuilder.cpp - An encoder of texts as IR ---------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/EncoderBuilder.h"

#include <limits>

using namespace mlir;
using namespace weft;

std::string EncoderBuilder::nameOf(Role role) const {
  std::string name = *config.getName(role);
  size_t place = name.find("%L");
  return place == name.npos ? name
                            : name.replace(place, 2, std::to_string(layer));
}

int64_t EncoderBuilder::getRows(Role role) const {
  const StoredTensor *tensor = checkpoint.find(nameOf(role) + ".weight");
  return tensor && !tensor->shape.empty() ? tensor->shape.front() : 0;
}

Value EncoderBuilder::table(Role role, int64_t rows) {
  emit.setLocation(nameOf(role));
  return emit.weight(nameOf(role) + ".weight", {rows, config.hiddenSize});
}

Value EncoderBuilder::integer(int64_t value) {
  auto type = RankedTensorType::get({}, emit.builder.getI64Type());
  return ConstantOp::create(emit.builder, emit.getLocation(),
                            DenseElementsAttr::get(type, value));
}

Value EncoderBuilder::count(int64_t axis) {
  Sizes sizes{1, 1};
  sizes[axis] = sequence;
  return IotaOp::create(emit.builder, emit.getLocation(),
                        emit.getType(sizes, emit.builder.getI64Type()), axis,
                        emit.sizesOf(sizes));
}

Value EncoderBuilder::compare(Comparison predicate, Value lhs, Value rhs,
                              const Sizes &sizes) {
  OpBuilder &builder = emit.builder;
  Value flags = CompareOp::create(builder, emit.getLocation(),
                                  emit.getType(sizes, builder.getI1Type()),
                                  predicate, lhs, rhs);
  return emit.cast(flags, builder.getF32Type());
}

//===----------------------------------------------------------------------===//
// Interface
//===----------------------------------------------------------------------===//

Status EncoderBuilder::declareFunction() {
  int64_t skipped =
      config.family->countsFromPadding ? config.paddingToken + 1 : 0;
  if (skipped < 0 || skipped >= config.context)
    return Status::error("the model has " + std::to_string(config.context) +
                         " positions, which count from behind its padding "
                         "token, " +
                         std::to_string(config.paddingToken) +
                         "; none are left");
  SizeOp::create(emit.symbols, emit.getLocation(), "batch", 1,
                 std::numeric_limits<int32_t>::max(), 1);
  SizeOp::create(emit.symbols, emit.getLocation(), "sequence", 1,
                 config.context - skipped, 1);

  OpBuilder &builder = emit.builder;
  SmallVector<const char *> names = {"input_ids", "attention_mask"};
  if (has(Role::TokenTypeEmbedding) && getRows(Role::TokenTypeEmbedding) > 1)
    names.push_back("token_type_ids");
  Sizes sizes{batch, sequence};
  SmallVector<Type> types(names.size(),
                          emit.getType(sizes, builder.getI64Type()));
  builder.setInsertionPointToEnd(emit.module->getBody());
  function = func::FuncOp::create(builder, emit.getLocation(), "encode",
                                  builder.getFunctionType(types, {}));
  Block *block = function.addEntryBlock();
  for (auto [i, name] : llvm::enumerate(names)) {
    function.setArgAttr(i, "llm.name", builder.getStringAttr(name));
    function.setArgAttr(i, "llm.sizes", emit.sizesOf(sizes));
  }
  ids = block->getArgument(0);
  attentionMask = block->getArgument(1);
  if (names.size() == 3)
    tokenTypes = block->getArgument(2);
  emit.symbols.setInsertionPoint(function);
  builder.setInsertionPointToStart(block);
  return Status::ok();
}

//===----------------------------------------------------------------------===//
// Embeddings
//===----------------------------------------------------------------------===//

Value EncoderBuilder::computePositions() {
  emit.setLocation("positions");
  OpBuilder &builder = emit.builder;
  Location location = emit.getLocation();
  if (!config.family->countsFromPadding)
    return emit.reshape(count(1), {sequence});
  // The number of tokens up to each one, itself included.
  Value isToken = compare(Comparison::ne, ids, integer(config.paddingToken),
                          {batch, sequence});
  Value isBefore =
      compare(Comparison::le, count(0), count(1), {sequence, sequence});
  Value counts =
      MatMulOp::create(builder, location, isToken.getType(), isToken, isBefore);
  Value places =
      emit.binary<AddOp>(emit.binary<MulOp>(counts, isToken),
                         emit.scalar(static_cast<double>(config.paddingToken)));
  return emit.cast(places, builder.getI64Type());
}

Value EncoderBuilder::embed() {
  Value words = table(Role::TokenEmbedding, config.vocabularySize);
  Value hidden = emit.embedding(ids, words);
  Value positions = computePositions();
  Value places = table(Role::PositionEmbedding, config.context);
  hidden = emit.binary<AddOp>(hidden, emit.embedding(positions, places));
  if (has(Role::TokenTypeEmbedding)) {
    Value types =
        table(Role::TokenTypeEmbedding, getRows(Role::TokenTypeEmbedding));
    // Of one type, all tokens are of it.
    Value row = tokenTypes
                    ? emit.embedding(tokenTypes, types)
                    : emit.reshape(emit.cast(types, emit.builder.getF32Type()),
                                   {config.hiddenSize});
    hidden = emit.binary<AddOp>(hidden, row);
  }
  return emit.layerNorm(hidden, nameOf(Role::EmbeddingNorm), config.epsilon);
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

Value EncoderBuilder::computeRelativeBias() {
  // Buckets of distances as MPNet and T5 have them: 8 near ones of their own in
  // each direction, then 8 that grow by the square root of two, up to 128.
  static constexpr float bounds[] = {12, 16, 23, 32, 46, 64, 91};
  static constexpr int64_t numBuckets = 32;
  emit.setLocation(nameOf(Role::RelativeBias));
  OpBuilder &builder = emit.builder;
  Location location = emit.getLocation();
  Value weight = emit.numbers(nameOf(Role::RelativeBias) + ".weight",
                              {numBuckets, config.numHeads});
  // distance[s, t] = t - s
  Type type = emit.getType({sequence, sequence}, builder.getI64Type());
  Value distance = SubOp::create(builder, location, type, count(1), count(0));
  distance = emit.cast(distance, builder.getF32Type());
  Value isLater =
      compare(Comparison::gt, distance, emit.scalar(0), {sequence, sequence});
  distance = emit.unary<AbsOp>(distance);
  Value near = emit.binary<MinOp>(distance, emit.scalar(8));
  Sizes passed{sequence, sequence, int64_t(std::size(bounds))};
  Value beyond =
      compare(Comparison::ge, emit.reshape(distance, {sequence, sequence, 1}),
              emit.constant(bounds), passed);
  beyond =
      ReduceOp::create(builder, location, emit.getType({sequence, sequence, 1}),
                       Reduction::sum, beyond, ArrayRef<int64_t>{2});
  Value bucket = emit.binary<AddOp>(
      emit.binary<AddOp>(near, emit.reshape(beyond, {sequence, sequence})),
      emit.scale(isLater, numBuckets / 2));
  Value bias = emit.embedding(emit.cast(bucket, builder.getI64Type()), weight);
  bias = TransposeOp::create(
      builder, location, emit.getType({config.numHeads, sequence, sequence}),
      bias, ArrayRef<int64_t>{2, 0, 1});
  return emit.reshape(bias, {1, config.numHeads, sequence, sequence});
}

Value EncoderBuilder::computeMask() {
  emit.setLocation("attention mask");
  OpBuilder &builder = emit.builder;
  Sizes sizes{batch, 1, 1, sequence};
  Value flags = emit.reshape(attentionMask, sizes);
  flags = CompareOp::create(builder, emit.getLocation(),
                            emit.getType(sizes, builder.getI1Type()),
                            Comparison::ne, flags, integer(0));
  Value result = SelectOp::create(
      builder, emit.getLocation(), emit.getType(sizes), flags, emit.scalar(0),
      emit.scalar(std::numeric_limits<float>::lowest()));
  if (has(Role::RelativeBias))
    result = emit.binary<AddOp>(result, computeRelativeBias());
  return result;
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Value EncoderBuilder::attend(Value hidden) {
  Sizes apart{batch, sequence, config.numHeads, config.headSize};
  auto project = [&](Role role) {
    Value rows = emit.linear(hidden, nameOf(role), config.hiddenSize);
    return emit.reshape(rows, apart);
  };
  Value query = project(Role::Query), key = project(Role::Key);
  Value value = project(Role::Value);
  emit.setLocation("layer " + llvm::Twine(layer) + " attention");
  Value attended = AttentionOp::create(
      emit.builder, emit.getLocation(), query.getType(), query, key, value,
      mask, /*causal=*/false,
      llvm::APFloat(static_cast<float>(config.attentionScale)));
  attended = emit.reshape(attended, {batch, sequence, config.hiddenSize});
  return emit.linear(attended, nameOf(Role::AttentionOutput),
                     config.hiddenSize);
}

Value EncoderBuilder::addLayer(Value hidden) {
  auto addAndNorm = [&](Value lhs, Value rhs, Role norm) {
    return emit.layerNorm(emit.binary<AddOp>(lhs, rhs), nameOf(norm),
                          config.epsilon);
  };
  hidden = addAndNorm(hidden, attend(hidden), Role::PostAttentionNorm);
  Value inner = emit.linear(hidden, nameOf(Role::Up), config.feedForwardSize);
  inner = emit.activate(inner, config.activation);
  Value fed = emit.linear(inner, nameOf(Role::Down), config.hiddenSize);
  return addAndNorm(hidden, fed, Role::PostFeedForwardNorm);
}

StatusOr<OwningOpRef<ModuleOp>> EncoderBuilder::build() {
  if (config.numHeads * config.headSize != config.hiddenSize)
    return Status::error("the model has " + std::to_string(config.numHeads) +
                         " heads of size " + std::to_string(config.headSize) +
                         ", not its hidden size, " +
                         std::to_string(config.hiddenSize));
  emit.setLocation("encode");
  WEFT_RETURN_IF_ERROR(declareFunction());
  Value hidden = embed();
  mask = computeMask();
  for (layer = 0; layer != config.numLayers; ++layer) {
    hidden = addLayer(hidden);
    WEFT_RETURN_IF_ERROR(emit.getStatus());
  }
  WEFT_RETURN_IF_ERROR(checkpoint.checkAllUsed(/*mayHaveHead=*/true));
  func::ReturnOp::create(emit.builder, function.getLoc(), hidden);
  SmallVector<Type> inputs(function.getArgumentTypes());
  function.setFunctionType(
      emit.builder.getFunctionType(inputs, hidden.getType()));
  function.setResultAttr(0, "llm.name",
                         emit.builder.getStringAttr("last_hidden_state"));
  return std::move(emit.module);
}
