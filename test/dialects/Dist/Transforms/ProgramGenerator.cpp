//===- ProgramGenerator.cpp - Random small models -------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/dialects/Dist/Transforms/ProgramGenerator.h"

#include "llvm/ADT/StringExtras.h"

using namespace weft;

std::string Generator::typeOf(const Shape &shape, llvm::StringRef element) {
  std::string text = "tensor<";
  for (const Dimension &dimension : shape)
    text +=
        (dimension.isDynamic() ? "?" : std::to_string(dimension.size)) + "x";
  return text + element.str() + ">";
}

std::string Generator::sizesOf(const Shape &shape) {
  std::vector<std::string> sizes;
  for (const Dimension &dimension : shape)
    sizes.push_back(dimension.str());
  return "[" + llvm::join(sizes, ", ") + "]";
}

std::string Generator::randomSharding(size_t rank) {
  if (mesh.empty() || rank == 0 || !random.chance(4))
    return "";
  std::vector<std::vector<std::string>> axes(rank);
  for (const auto &[axis, size] : mesh)
    if (random.chance(2))
      random.pick(axes).push_back('"' + axis + '"');
  std::vector<std::string> dimensions;
  for (const std::vector<std::string> &names : axes) {
    dimensions.push_back("{" + llvm::join(names, ", ") + "}");
    if (!names.empty() && random.chance(6))
      dimensions.back() += " granule " + std::to_string(random.between(2, 3));
  }
  return "dist.sharding = #dist.sharding<[" + llvm::join(dimensions, ", ") +
         "]>";
}

Tensor Generator::add(const std::string &op, const std::string &types,
                      const Shape &shape) {
  Tensor result{"%" + std::to_string(numNames++), shape};
  std::string sharding = randomSharding(shape.size());
  body += "  " + result.name + " = llm." + op +
          (sharding.empty() ? "" : " {" + sharding + "}") + " : " + types +
          "\n";
  values.push_back(result);
  return result;
}

Tensor Generator::weight(const Shape &shape) {
  std::string name = "w" + std::to_string(weights.size());
  int64_t bytes = 4;
  for (const Dimension &dimension : shape)
    bytes *= dimension.size;
  declarations +=
      "llm.weight @" + name + " : " + typeOf(shape) + " in \"" +
      weightFile.str() + "\" at " +
      std::to_string(4 * random.below((weightFileSize - bytes) / 4)) + "\n";
  weights.push_back(name);
  Tensor loaded = add("load_weight @" + name, typeOf(shape), shape);
  // Weights are operands of the ops that ask for them.
  values.pop_back();
  return loaded;
}

//===----------------------------------------------------------------------===//
// Elementwise ops
//===----------------------------------------------------------------------===//

void Generator::addUnary(const Tensor &x) {
  static const std::string names[] = {"tanh", "relu", "neg", "sigmoid", "abs"};
  add(random.pick(names) + " " + x.name, typeOf(x.shape), x.shape);
}

void Generator::addBinary(const Tensor &x) {
  std::vector<Tensor> others;
  for (const Tensor &value : values)
    if (value.shape == x.shape)
      others.push_back(value);
  const Tensor &y = random.pick(others);
  static const std::string names[] = {"add", "sub", "min", "max"};
  std::string type = typeOf(x.shape);
  add(random.pick(names) + " " + x.name + ", " + y.name,
      type + ", " + type + " -> " + type, x.shape);
}

void Generator::addProduct(const Tensor &x) {
  std::string type = typeOf(x.shape);
  Tensor bounded = add("tanh " + x.name, type, x.shape);
  add("mul " + x.name + ", " + bounded.name, type + ", " + type + " -> " + type,
      x.shape);
}

void Generator::addVector(const Tensor &x) {
  if (x.shape.empty() || x.shape.back().isDynamic())
    return;
  Tensor y = weight({x.shape.back()});
  std::string type = typeOf(x.shape);
  add("add " + x.name + ", " + y.name,
      type + ", " + typeOf(y.shape) + " -> " + type, x.shape);
}

void Generator::addSelect(const Tensor &x) {
  std::string type = typeOf(x.shape);
  Tensor bounded = add("tanh " + x.name, type, x.shape);
  Tensor mask =
      add("compare lt " + x.name + ", " + bounded.name,
          type + ", " + type + " -> " + typeOf(x.shape, "i1"), x.shape);
  values.pop_back();
  add("select " + mask.name + ", " + bounded.name + ", " + x.name,
      typeOf(x.shape, "i1") + ", " + type + ", " + type + " -> " + type,
      x.shape);
}

//===----------------------------------------------------------------------===//
// Contractions, norms and reductions
//===----------------------------------------------------------------------===//

Tensor Generator::linear(const Tensor &x, int64_t size) {
  Tensor w = weight({{size}, x.shape.back()});
  Shape shape = x.shape;
  shape.back() = {size};
  if (random.chance(2))
    return add("linear " + x.name + ", " + w.name,
               typeOf(x.shape) + ", " + typeOf(w.shape) + " -> " +
                   typeOf(shape),
               shape);
  Tensor bias = weight({{size}});
  return add("linear " + x.name + ", " + w.name + " bias " + bias.name,
             typeOf(x.shape) + ", " + typeOf(w.shape) + ", " +
                 typeOf(bias.shape) + " -> " + typeOf(shape),
             shape);
}

void Generator::addLinear(const Tensor &x) {
  if (x.shape.size() >= 2 && !x.shape.back().isDynamic())
    linear(x, random.between(1, 12));
}

void Generator::addMLP(const Tensor &x) {
  if (x.shape.size() < 2 || x.shape.back().isDynamic())
    return;
  Tensor up = linear(x, random.between(2, 16));
  Tensor active =
      add("gelu " + up.name + " approximate none", typeOf(up.shape), up.shape);
  Tensor down = linear(active, x.shape.back().size);
  std::string type = typeOf(x.shape);
  add("add " + down.name + ", " + x.name, type + ", " + type + " -> " + type,
      x.shape);
}

void Generator::addAttention(const Tensor &x) {
  if (x.shape.size() != 3 || x.shape[2].isDynamic())
    return;
  int64_t heads = random.between(1, 4), headSize = random.between(1, 3);
  auto project = [&] {
    return reshape(linear(x, heads * headSize),
                   {x.shape[0], x.shape[1], {heads}, {headSize}});
  };
  Tensor query = project(), key = project(), value = project();
  std::string type = typeOf(query.shape);
  Tensor attended =
      add("attention " + query.name + ", " + key.name + ", " + value.name +
              (random.chance(2) ? " causal" : "") + " scale 0.5",
          type + ", " + type + ", " + type + " -> " + type, query.shape);
  linear(reshape(attended, {x.shape[0], x.shape[1], {heads * headSize}}),
         x.shape[2].size);
}

void Generator::addMatMul(const Tensor &x) {
  size_t rank = x.shape.size();
  if (rank < 2)
    return;
  Shape turned = x.shape, square = x.shape;
  std::swap(turned[rank - 1], turned[rank - 2]);
  square[rank - 1] = square[rank - 2];
  std::vector<std::string> order;
  for (size_t i = 0; i != rank; ++i)
    order.push_back(std::to_string(i));
  std::swap(order[rank - 1], order[rank - 2]);
  Tensor y =
      add("transpose " + x.name + " perm [" + llvm::join(order, ", ") + "]",
          typeOf(x.shape) + " -> " + typeOf(turned), turned);
  Tensor product =
      add("matmul " + x.name + ", " + y.name,
          typeOf(x.shape) + ", " + typeOf(turned) + " -> " + typeOf(square),
          square);
  add("softmax " + product.name + " axis " + std::to_string(rank - 1),
      typeOf(square), square);
}

void Generator::addSoftmax(const Tensor &x) {
  if (!x.shape.empty())
    add("softmax " + x.name + " axis " +
            std::to_string(random.below(x.shape.size())),
        typeOf(x.shape), x.shape);
}

void Generator::addNorm(const Tensor &x) {
  if (x.shape.empty() || x.shape.back().isDynamic() || x.shape.back().size < 2)
    return;
  Tensor scale = weight({x.shape.back()}), bias = weight({x.shape.back()});
  add("layer_norm " + x.name + ", " + scale.name + " bias " + bias.name +
          " epsilon 1.0e-2",
      typeOf(x.shape) + ", " + typeOf(scale.shape) + ", " + typeOf(bias.shape),
      x.shape);
}

void Generator::addReduction(const Tensor &x) {
  if (x.shape.empty())
    return;
  static const std::string kinds[] = {"sum", "mean", "max", "min"};
  Shape shape = x.shape;
  std::vector<std::string> axes;
  for (size_t i = 0; i != shape.size(); ++i)
    if (random.chance(2) || (axes.empty() && i + 1 == shape.size())) {
      shape[i] = {1};
      axes.push_back(std::to_string(i));
    }
  Tensor reduced = add("reduce " + random.pick(kinds) + " " + x.name +
                           " axes [" + llvm::join(axes, ", ") + "]",
                       typeOf(x.shape) + " -> " + typeOf(shape), shape);
  if (random.chance(2))
    add("sub " + x.name + ", " + reduced.name,
        typeOf(x.shape) + ", " + typeOf(shape) + " -> " + typeOf(x.shape),
        x.shape);
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

void Generator::addInput() {
  Shape shape = {{1, "n"}};
  if (random.chance(3))
    shape[0] = {random.between(1, 6)};
  for (int64_t rank = random.between(1, 3); rank != 0; --rank)
    shape.push_back({random.between(1, 8)});
  if (random.chance(3))
    shape[1] = {1, "m"};
  std::string name = "%x" + std::to_string(numArguments);
  bool isIds = random.chance(4);
  Shape taken = isIds ? Shape(shape.begin(), shape.begin() + 2) : shape;
  std::string sharding = randomSharding(taken.size());
  arguments += (numArguments++ ? ", " : "") + name + ": " +
               typeOf(taken, isIds ? "i64" : "f32") +
               " {llm.sizes = #llm.sizes<" + sizesOf(taken) + ">" +
               (sharding.empty() ? "" : ", " + sharding) + "}";
  if (!isIds) {
    values.push_back({name, shape});
    return;
  }
  Tensor table = weight({{random.between(2, 9)}, {random.between(1, 8)}});
  Shape rows = taken;
  rows.push_back(table.shape[1]);
  add("embedding " + name + ", " + table.name,
      typeOf(taken, "i64") + ", " + typeOf(table.shape) + " -> " + typeOf(rows),
      rows);
}

GeneratedProgram Generator::run() {
  using Add = void (Generator::*)(const Tensor &);
  static const Add adders[] = {
      &Generator::addUnary,     &Generator::addBinary,
      &Generator::addProduct,   &Generator::addVector,
      &Generator::addLinear,    &Generator::addLinear,
      &Generator::addMLP,       &Generator::addMLP,
      &Generator::addAttention, &Generator::addAttention,
      &Generator::addMatMul,    &Generator::addSoftmax,
      &Generator::addNorm,      &Generator::addReduction,
      &Generator::addTranspose, &Generator::addSplit,
      &Generator::addMerge,     &Generator::addSlice,
      &Generator::addConcat,    &Generator::addPad,
      &Generator::addGather,    &Generator::addSelect};
  for (int64_t i = random.between(1, 2); i != 0; --i)
    addInput();
  for (int64_t i = random.between(2, 9); i != 0; --i) {
    // Mostly the newest value, so that programs are deep.
    Tensor x = random.chance(3) ? random.pick(values) : values.back();
    int64_t elements = 1;
    for (const Dimension &dimension : x.shape)
      elements *= dimension.size;
    if (elements <= 512)
      (this->*random.pick(adders))(x);
  }
  std::vector<Tensor> results = {values.back()};
  if (random.chance(3))
    results.push_back(random.pick(values));

  GeneratedProgram program;
  for (const auto &[axis, size] : mesh)
    program.text += (program.text.empty() ? "dist.mesh @mesh <\"" : ", \"") +
                    axis + "\" = " + std::to_string(size);
  if (!mesh.empty())
    program.text += ">\n";
  std::vector<std::string> names, types;
  for (const Tensor &result : results) {
    names.push_back(result.name);
    types.push_back(typeOf(result.shape));
  }
  program.text += "llm.size @n range(1, 64) divisor 1\n"
                  "llm.size @m range(1, 64) divisor 1\n" +
                  declarations + "func.func @f(" + arguments + ") -> (" +
                  llvm::join(types, ", ") + ") {\n" + body + "  return " +
                  llvm::join(names, ", ") + " : " + llvm::join(types, ", ") +
                  "\n}\n";
  program.weights = std::move(weights);
  return program;
}
