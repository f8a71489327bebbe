//===- DecoderBuilder.cpp - The step of a language model as IR ------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/DecoderBuilder.h"
#include "dialects/LLM/IR/LanguageModel.h"
#include "runtime/base/Text.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace weft;

/// A greater capacity could not be addressed.
static constexpr int64_t greatestCapacity = int64_t(1) << 20;

std::string DecoderBuilder::nameOf(Role role, int64_t expert) const {
  const std::string *pattern = config.getName(role);
  assert(pattern && "asked for with has()");
  std::string name;
  for (size_t i = 0; i != pattern->size(); ++i) {
    if ((*pattern)[i] != '%')
      name += (*pattern)[i];
    else
      name += std::to_string((*pattern)[++i] == 'L' ? layer : expert);
  }
  return name;
}

void DecoderBuilder::setLocation(const llvm::Twine &what) {
  emit.setLocation("layer " + llvm::Twine(layer) + " " + what);
}

Value DecoderBuilder::norm(Value input, Role role) {
  if (!has(role))
    return input;
  return config.family->usesLayerNorm
             ? emit.layerNorm(input, nameOf(role), config.epsilon)
             : emit.rmsNorm(input, nameOf(role), config.epsilon);
}

//===----------------------------------------------------------------------===//
// Interface
//===----------------------------------------------------------------------===//

Status DecoderBuilder::checkOptions() {
  context = options.context.value_or(config.context);
  if (context < 1 || context > config.context)
    return Status::error("a context of " + std::to_string(context) +
                         " tokens was asked for; the model was made for 1 to " +
                         std::to_string(config.context));
  for (auto [name, value] : {std::pair("sequences", options.maxSequences),
                             std::pair("tokens", options.maxTokens)})
    if (value < 1 || value > greatestCapacity)
      return Status::error("a capacity of " + std::to_string(value) + " " +
                           name + " a step was asked for; expected 1 to 2^20");
  if (options.kvType == "f32")
    cacheType = emit.builder.getF32Type();
  else if (options.kvType == "f16")
    cacheType = emit.builder.getF16Type();
  else if (options.kvType == "q8_0")
    cacheType = BlockType::get(emit.builder.getContext(), BlockFormat::Q8_0);
  else
    return Status::error("unknown type '" + printable(options.kvType) +
                         "' of the cache; expected f32, f16 or q8_0");
  if (isa<BlockType>(cacheType) && config.headSize % 32 != 0)
    return Status::error("a cache of q8_0 has blocks of 32 elements, but the "
                         "model's heads have " +
                         std::to_string(config.headSize) +
                         "; use f16 or f32 for the cache");
  int64_t blocks =
      options.maxSequences * llvm::divideCeil(context, cacheBlockSize);
  int64_t bytes = cacheBlockSize * 4;
  if (__builtin_mul_overflow(bytes, blocks, &bytes) ||
      __builtin_mul_overflow(bytes, config.numKeyValueHeads, &bytes) ||
      __builtin_mul_overflow(bytes, config.headSize, &bytes))
    return Status::error("the cache would have a size beyond 64 bits; ask for "
                         "a shorter context or fewer sequences");
  return Status::ok();
}

void DecoderBuilder::declareSizes() {
  auto declare = [&](const char *name, int64_t maximum) {
    SizeOp::create(emit.symbols, emit.getLocation(), name, 1, maximum, 1);
  };
  declare("tokens", options.maxTokens);
  declare("sequences", options.maxSequences);
  declare("table", llvm::divideCeil(context, cacheBlockSize));
  declare("rows", options.maxTokens);
}

void DecoderBuilder::declareStates() {
  int64_t blocks =
      options.maxSequences * llvm::divideCeil(context, cacheBlockSize);
  int64_t groups = config.numKeyValueHeads;
  // Keys lie as a product with them reads them.
  keysType = RankedTensorType::get(
      {blocks, groups, config.headSize, cacheBlockSize}, cacheType);
  valuesType = RankedTensorType::get(
      {blocks, groups, cacheBlockSize, config.headSize}, cacheType);
  for (int64_t i = 0; i != config.numLayers; ++i)
    for (auto [name, type] :
         {std::pair("keys.", keysType), std::pair("values.", valuesType)})
      StateOp::create(emit.symbols, emit.getLocation(),
                      (llvm::Twine(name) + llvm::Twine(i)).str(), type);
}

void DecoderBuilder::declareFunction() {
  auto symbol = [](const char *name) { return SizeExpr::symbol(name); };
  struct Argument {
    const char *name;
    Sizes sizes;
    Value &value;
  };
  Argument arguments[] = {
      {"tokens", {numTokens}, tokens},
      {"positions", {numTokens}, positions},
      {"sequence_start", {symbol("sequences") + 1}, sequenceStart},
      {"kv_length", {symbol("sequences")}, kvLength},
      {"block_table", {symbol("sequences"), symbol("table")}, blockTable},
      {"logits_rows", {symbol("rows")}, logitsRows}};
  OpBuilder &builder = emit.builder;
  SmallVector<Type> types;
  for (const Argument &argument : arguments)
    types.push_back(emit.getType(argument.sizes, builder.getI32Type()));
  builder.setInsertionPointToEnd(emit.module->getBody());
  function = func::FuncOp::create(builder, emit.getLocation(), "step",
                                  builder.getFunctionType(types, {}));
  LanguageModelInfo info{config.family->name, context};
  function->setAttr(languageModelAttrName,
                    info.toAttribute(builder.getContext()));
  Block *block = function.addEntryBlock();
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    function.setArgAttr(i, "llm.name", builder.getStringAttr(argument.name));
    function.setArgAttr(i, "llm.sizes", emit.sizesOf(argument.sizes));
    argument.value = block->getArgument(i);
  }
  emit.symbols.setInsertionPoint(function);
  builder.setInsertionPointToStart(block);
}

//===----------------------------------------------------------------------===//
// Layers
//===----------------------------------------------------------------------===//

Value DecoderBuilder::embed() {
  auto load = [&](Role role, int64_t rows) {
    std::string name = nameOf(role) + ".weight";
    emit.setLocation(nameOf(role));
    const StoredTensor *tensor = emit.find(name);
    // Without a number in the metadata, the table says it.
    if (rows == 0 && tensor && tensor->shape.size() == 2)
      rows = tensor->shape.front();
    return emit.weight(name, {rows, config.hiddenSize});
  };
  Value hidden =
      emit.embedding(tokens, load(Role::TokenEmbedding, config.vocabularySize));
  hidden = emit.scale(hidden, config.embeddingScale);
  if (has(Role::PositionEmbedding)) {
    Value places = emit.embedding(
        positions, load(Role::PositionEmbedding, config.context));
    hidden = emit.binary<AddOp>(hidden, places);
  }
  return hidden;
}

void DecoderBuilder::computeRotations() {
  if (config.ropes.empty())
    return;
  emit.setLocation("rope");
  Value places = emit.cast(positions, emit.builder.getF32Type());
  places = emit.reshape(places, {numTokens, 1});
  for (const RopeTable &table : config.ropes) {
    SmallVector<float> frequencies(table.frequencies.begin(),
                                   table.frequencies.end());
    Value angles = emit.binary<MulOp>(places, emit.constant(frequencies));
    rotations.emplace_back(
        emit.scale(emit.unary<CosOp>(angles), table.attentionFactor),
        emit.scale(emit.unary<SinOp>(angles), table.attentionFactor));
  }
}

Value DecoderBuilder::addLayer(Value hidden) {
  Value attended =
      norm(attend(norm(hidden, Role::AttentionNorm)), Role::PostAttentionNorm);
  auto add = [&](Value lhs, Value rhs) {
    setLocation("residual");
    return emit.binary<AddOp>(lhs, rhs);
  };
  Value residual = add(hidden, attended);
  Value input = config.parallelResidual ? hidden : residual;
  Value fed = norm(feedForward(norm(input, Role::FeedForwardNorm)),
                   Role::PostFeedForwardNorm);
  return add(residual, fed);
}

Value DecoderBuilder::computeLogits(Value hidden) {
  // Only the rows that were asked for go through the greatest product.
  emit.setLocation("logits rows");
  Value rows = emit.embedding(logitsRows, hidden);
  rows = norm(rows, Role::OutputNorm);
  std::string table = nameOf(Role::TokenEmbedding);
  std::string output = nameOf(Role::Output);
  bool isTied =
      config.tiesEmbeddings.value_or(!checkpoint.has(output + ".weight"));
  const StoredTensor *embeddings = emit.find(table + ".weight");
  int64_t size = embeddings && !embeddings->shape.empty()
                     ? embeddings->shape.front()
                     : config.vocabularySize;
  if (isTied)
    checkpoint.use(output + ".weight"); // The same numbers once more.
  // Tables of embeddings are [vocabulary, hidden] in every family.
  emit.storesTransposed = false;
  Value logits = emit.linear(rows, isTied ? table : output, size);
  if (!config.logitSoftCap)
    return logits;
  emit.setLocation("logit soft cap");
  return emit.scale(
      emit.unary<TanhOp>(emit.scale(logits, 1 / *config.logitSoftCap)),
      *config.logitSoftCap);
}

StatusOr<OwningOpRef<ModuleOp>>
DecoderBuilder::build(llvm::StringRef tokenizerFile) {
  WEFT_RETURN_IF_ERROR(checkOptions());
  emit.storesTransposed = config.storesTransposed;
  emit.scaleOffset = config.scaleOffset;
  emit.setLocation("step");
  declareSizes();
  if (!tokenizerFile.empty())
    TokenizerOp::create(emit.symbols, emit.getLocation(), tokenizerFile);
  declareStates();
  declareFunction();
  Value hidden = embed();
  computeRotations();
  for (layer = 0; layer != config.numLayers; ++layer) {
    hidden = addLayer(hidden);
    // Thousands of layers would only repeat the failure.
    WEFT_RETURN_IF_ERROR(emit.getStatus());
  }
  Value logits = computeLogits(hidden);
  WEFT_RETURN_IF_ERROR(emit.getStatus());
  WEFT_RETURN_IF_ERROR(checkpoint.checkAllUsed());
  func::ReturnOp::create(emit.builder, function.getLoc(), logits);
  SmallVector<Type> inputs(function.getArgumentTypes());
  function.setFunctionType(
      emit.builder.getFunctionType(inputs, logits.getType()));
  function.setResultAttr(0, "llm.name", emit.builder.getStringAttr("logits"));
  return std::move(emit.module);
}
