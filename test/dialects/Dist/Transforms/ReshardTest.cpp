//===- ReshardTest.cpp - All pairs of shardings ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A reshard changes where a tensor lives and never the tensor. Each function
// cuts its input into the shards of one sharding, reshards them to another one
// and returns these; put together they are the input again.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dist/Transforms/Passes.h"
#include "lib/Reference/CompareTensors.h"
#include "lib/Reference/Evaluator.h"
#include "test/dialects/Dist/Transforms/RandomTest.h"

#include "mlir/IR/Builders.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace weft;
using namespace weft::dist;

namespace {

struct Pair {
  ShardingAttr source, target;
};

class ReshardTest : public PartitionTest {
protected:
  /// A module with a mesh of axes a, b, c.
  void makeModule(ArrayRef<int64_t> deviceCounts) {
    OpBuilder builder(&context);
    module = ModuleOp::create(builder.getUnknownLoc());
    builder.setInsertionPointToEnd(module->getBody());
    SmallVector<StringRef> names = {"a", "b", "c"};
    names.resize(deviceCounts.size());
    mesh = Mesh(MeshOp::create(builder, builder.getUnknownLoc(), "mesh",
                               builder.getStrArrayAttr(names), deviceCounts));
  }

  std::vector<ShardingAttr> listShardings(ArrayRef<int64_t> granules,
                                          ReductionKind reduction);
  void makeFunction(const Pair &pair, StringRef name, bool isDynamic);
  /// Lowers `pairs` and evaluates them on a tensor of this shape.
  void test(ArrayRef<Pair> pairs, ArrayRef<int64_t> shape, bool isDynamic);
  void testAll(ArrayRef<int64_t> deviceCounts, ArrayRef<int64_t> shape,
               ArrayRef<int64_t> granules, bool isDynamic,
               ReductionKind reduction);

  HostTensor makeInput() {
    HostTensor tensor(IntegerType::get(&context, 64), shape);
    for (auto [i, value] : llvm::enumerate(tensor.integers()))
      value = i + 1;
    return tensor;
  }

  OwningOpRef<ModuleOp> module;
  Mesh mesh;
  SmallVector<int64_t> shape;
  int64_t numPairs = 0;
};

} // namespace

/// Every way to use axes `next`, ...: not at all, for partial values or for a
/// dimension, there behind or before any other axis.
static void placeAxes(const Mesh &mesh, size_t next,
                      std::vector<std::vector<StringAttr>> &dimensions,
                      std::vector<StringAttr> &partial,
                      llvm::function_ref<void()> visit) {
  if (next == mesh.getAxes().size())
    return visit();
  StringAttr axis = mesh.getAxes()[next];
  placeAxes(mesh, next + 1, dimensions, partial, visit);
  auto insertInto = [&](std::vector<StringAttr> &axes, size_t position) {
    axes.insert(axes.begin() + position, axis);
    placeAxes(mesh, next + 1, dimensions, partial, visit);
    axes.erase(axes.begin() + position);
  };
  insertInto(partial, partial.size());
  for (std::vector<StringAttr> &axes : dimensions)
    for (size_t position = 0; position <= axes.size(); ++position)
      insertInto(axes, position);
}

std::vector<ShardingAttr> ReshardTest::listShardings(ArrayRef<int64_t> granules,
                                                     ReductionKind reduction) {
  std::vector<ShardingAttr> shardings;
  std::vector<std::vector<StringAttr>> dimensions(granules.size());
  std::vector<StringAttr> partial;
  placeAxes(mesh, 0, dimensions, partial, [&] {
    SmallVector<DimensionShardingAttr> attributes;
    for (auto [axes, granule] : llvm::zip_equal(dimensions, granules))
      attributes.push_back(DimensionShardingAttr::get(
          &context, axes, axes.empty() ? 1 : granule, /*isOpen=*/false));
    shardings.push_back(
        ShardingAttr::get(&context, attributes, partial, reduction));
  });
  return shardings;
}

/// Partial values whose reduction over the ranks is `value`.
static Value makePartial(OpBuilder &builder, Value value, ShardingAttr sharding,
                         const Mesh &mesh) {
  SizeExpr position;
  int64_t count = 1;
  for (StringAttr axis : sharding.getPartialAxes()) {
    position = position * mesh.getSize(axis) +
               SizeExpr::coordinate(std::string_view(axis.getValue()));
    count *= mesh.getSize(axis);
  }
  Location location = builder.getUnknownLoc();
  auto scalarOf = [&](const SizeExpr &size) {
    return SizesToTensorOp::create(
        builder, location, RankedTensorType::get({}, builder.getI64Type()),
        SizesAttr::get(builder.getContext(), {size}));
  };
  // No rank's part alone is the value, and 0 would hide a part taken twice.
  switch (sharding.getReduction()) {
  case ReductionKind::sum:
    return MulOp::create(builder, location, value.getType(), value,
                         scalarOf((SizeExpr(1) - min(position, 1)) *
                                      (1 + count * (count - 1) / 2) -
                                  position));
  case ReductionKind::max:
    return AddOp::create(builder, location, value.getType(), value,
                         scalarOf(position * -1000));
  case ReductionKind::min:
    return AddOp::create(builder, location, value.getType(), value,
                         scalarOf(position * 1000));
  }
  llvm_unreachable("all reductions are handled");
}

void ReshardTest::makeFunction(const Pair &pair, StringRef name,
                               bool isDynamic) {
  auto builder = OpBuilder::atBlockEnd(module->getBody());
  Location location = builder.getUnknownLoc();
  Sizes whole;
  for (auto [i, size] : llvm::enumerate(shape))
    whole.push_back(isDynamic ? SizeExpr::symbol("n" + std::to_string(i))
                              : SizeExpr(size));
  auto i64 = builder.getI64Type();
  auto wholeType = getLocalType(RankedTensorType::get(shape, i64), whole);
  auto typeOf = [&](ShardingAttr sharding) {
    return getLocalType(wholeType, getLocalSizes(whole, sharding, mesh));
  };
  auto function = func::FuncOp::create(
      builder, location, name,
      builder.getFunctionType({wholeType}, {typeOf(pair.target)}));
  function.setArgAttr(0, "llm.sizes", SizesAttr::get(&context, whole));
  function.setResultAttr(0, shardingAttrName, pair.target);
  setLocalForm(function);
  builder.setInsertionPointToStart(function.addEntryBlock());

  Sizes offsets, sizes;
  for (const Shard &shard : getShards(whole, pair.source, mesh)) {
    offsets.push_back(shard.offset);
    sizes.push_back(shard.size);
  }
  Value value = SliceOp::create(
      builder, location, typeOf(pair.source), function.getArgument(0),
      SizesAttr::get(&context, offsets), SizesAttr::get(&context, sizes),
      builder.getDenseI64ArrayAttr(SmallVector<int64_t>(shape.size(), 1)));
  if (pair.source.isPartial())
    value = makePartial(builder, value, pair.source, mesh);
  value = ReshardOp::create(builder, location, typeOf(pair.target), value,
                            pair.source, pair.target,
                            SizesAttr::get(&context, whole));
  func::ReturnOp::create(builder, location, value);
}

static std::string describe(const Pair &pair) {
  std::string text;
  llvm::raw_string_ostream(text)
      << "from " << pair.source << " to " << pair.target;
  return text;
}

void ReshardTest::test(ArrayRef<Pair> pairs, ArrayRef<int64_t> testedShape,
                       bool isDynamic) {
  shape.assign(testedShape.begin(), testedShape.end());
  for (auto [i, pair] : llvm::enumerate(pairs))
    makeFunction(pair, "f" + std::to_string(i), isDynamic);
  PassManager pm(&context);
  pm.addPass(createLowerReshardsPass());
  pm.addPass(createCheckCollectivesPass());
  ASSERT_TRUE(succeeded(pm.run(*module)))
      << message << ", with shape " << testing::PrintToString(shape);
  WeightStore weights;
  Evaluator evaluator(weights);
  HostTensor input = makeInput();
  for (auto [i, pair] : llvm::enumerate(pairs)) {
    auto function = module->lookupSymbol<func::FuncOp>("f" + std::to_string(i));
    auto results = evaluator.evaluate(function, input);
    auto difference = succeeded(results)
                          ? compareTensors(results->front(), input, 0)
                          : std::nullopt;
    EXPECT_TRUE(succeeded(results) && !difference)
        << describe(pair) << ", with shape " << testing::PrintToString(shape)
        << ": " << (difference ? difference->str() : message);
    ++numPairs;
  }
  module->walk([](func::FuncOp function) { function.erase(); });
}

/// A value cannot become partial over an axis over which it is not.
static bool canReshard(const Pair &pair) {
  return llvm::all_of(pair.target.getPartialAxes(), [&](StringAttr axis) {
    return llvm::is_contained(pair.source.getPartialAxes(), axis);
  });
}

void ReshardTest::testAll(ArrayRef<int64_t> deviceCounts,
                          ArrayRef<int64_t> testedShape,
                          ArrayRef<int64_t> granules, bool isDynamic,
                          ReductionKind reduction) {
  makeModule(deviceCounts);
  std::vector<ShardingAttr> shardings = listShardings(granules, reduction);
  for (ShardingAttr source : shardings) {
    SmallVector<Pair> pairs;
    for (ShardingAttr target : shardings)
      if (Pair pair{source, target}; canReshard(pair))
        pairs.push_back(pair);
    test(pairs, testedShape, isDynamic);
    if (HasFailure())
      return;
  }
  std::cout << numPairs << " pairs\n";
}

TEST_F(ReshardTest, AllPairsOfMatricesThatSplitEvenly) {
  testAll({2, 4}, {8, 16}, {1, 1}, false, ReductionKind::sum);
}

TEST_F(ReshardTest, AllPairsOfUnevenMatrices) {
  testAll({2, 4}, {5, 7}, {1, 1}, false, ReductionKind::sum);
}

TEST_F(ReshardTest, AllPairsOfMatricesWithEmptyShards) {
  testAll({2, 4}, {3, 1}, {1, 1}, false, ReductionKind::max);
}

TEST_F(ReshardTest, AllPairsOfDynamicMatrices) {
  testAll({2, 4}, {6, 11}, {1, 1}, true, ReductionKind::min);
}

TEST_F(ReshardTest, AllPairsOfMatricesInGranules) {
  testAll({2, 4}, {10, 9}, {2, 3}, true, ReductionKind::sum);
}

TEST_F(ReshardTest, RandomPairsOfCubes) {
  int64_t count = countOfTests(1000);
  uint64_t seed = firstSeed();
  Random random(seed);
  makeModule({2, 2, 2});
  for (; numPairs < count && !HasFailure(); ++seed) {
    SmallVector<int64_t> sizes, granules, others;
    bool hasGranules = random.chance(3);
    for (int i = 0; i != 3; ++i) {
      sizes.push_back(random.between(1, 9));
      granules.push_back(hasGranules ? random.between(1, 3) : 1);
      // Now and then the two cut a dimension differently.
      others.push_back(random.chance(8) ? random.between(1, 3)
                                        : granules.back());
    }
    auto reduction = ReductionKind(random.below(3));
    std::vector<ShardingAttr> sources = listShardings(granules, reduction);
    std::vector<ShardingAttr> targets = listShardings(others, reduction);
    SmallVector<Pair> pairs;
    for (int i = 0; i != 50; ++i)
      if (Pair pair{random.pick(sources), random.pick(targets)};
          canReshard(pair))
        pairs.push_back(pair);
    SCOPED_TRACE("seed " + std::to_string(seed));
    test(pairs, sizes, random.chance(2));
  }
  std::cout << numPairs << " pairs\n";
}

TEST_F(ReshardTest, AllPairsOfCubes) {
  if (countOfTests(0) == 0)
    GTEST_SKIP() << "part of the nightly tier";
  testAll({2, 2, 2}, {3, 4, 5}, {1, 1, 1}, false, ReductionKind::sum);
}
