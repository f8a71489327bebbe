//===- TensorCopyTest.cpp - cp.async.bulk.tensor and its maps -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/warp/Mbarrier.h"
#include "runtime/cusim/warp/TensorMap.h"
#include "test/runtime/cusim/warp/MachineStandIn.h"
#include "test/runtime/cusim/warp/WarpMachine.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace weft::cusim;
using ptx::Modifier;
using ptx::Opcode;
using ptx::Operand;
using ptx::Type;

namespace {

constexpr uint32_t Barrier = 60000 / 8 * 8, Box = 2048;

/// A tensor in memory, a map of it, and a box to copy.
struct Setting {
  uint32_t dataType = 1;
  unsigned bytes = 2;
  std::vector<uint64_t> sizes;
  std::vector<uint32_t> box;
  std::vector<uint32_t> steps;
  std::vector<int32_t> start;
  uint32_t swizzle = 0;
  bool fillsNaN = false;
};

class TensorCopyTest : public ::testing::Test, public WarpMachine {
protected:
  alignas(16) uint8_t tensor[1 << 16];
  TensorMap map;

  std::vector<uint64_t> stridesOf(const Setting &setting) {
    // Each stride leaves a gap of at least 16 bytes.
    std::vector<uint64_t> strides = {setting.bytes};
    uint64_t bytes = setting.sizes[0] * setting.bytes;
    for (size_t i = 1; i < setting.sizes.size(); ++i) {
      strides.push_back((bytes + 31) / 16 * 16);
      bytes = strides[i] * setting.sizes[i];
    }
    return strides;
  }
  weft::StatusOr<TensorMap> encode(const Setting &setting) {
    std::vector<uint64_t> strides = stridesOf(setting);
    TensorMapArguments arguments;
    arguments.dataType = setting.dataType;
    arguments.rank = static_cast<uint32_t>(setting.sizes.size());
    arguments.globalAddress = reinterpret_cast<uint64_t>(tensor);
    arguments.globalDim = setting.sizes.data();
    arguments.globalStrides = strides.data() + 1;
    arguments.boxDim = setting.box.data();
    arguments.elementStrides = setting.steps.data();
    arguments.swizzle = setting.swizzle;
    arguments.oobFill = setting.fillsNaN;
    return encodeTensorMap(arguments);
  }
  void prepare(const Setting &setting) {
    auto encoded = encode(setting);
    ASSERT_TRUE(encoded.isOk()) << encoded.message();
    map = *encoded;
    for (uint8_t &byte : tensor)
      byte = static_cast<uint8_t>(random());
    for (uint8_t &byte : shared)
      byte = static_cast<uint8_t>(random());
  }

  static ptx::Instruction instructionFor(unsigned rank, bool isLoad,
                                         bool reduces = false) {
    constexpr Modifier Ranks[] = {Modifier::D1, Modifier::D2, Modifier::D3,
                                  Modifier::D4, Modifier::D5};
    Operand tensorAddress;
    tensorAddress.kind = Operand::Kind::TensorAddress;
    tensorAddress.elements.resize(1 + rank);
    if (isLoad) {
      auto instruction =
          makeInstruction(Opcode::CpAsyncBulkTensor,
                          {Ranks[rank - 1], Modifier::SharedCluster,
                           Modifier::Global, Modifier::CompleteTx},
                          {}, {-1, 0, -1});
      instruction.operands[1] = tensorAddress;
      return instruction;
    }
    auto instruction = makeInstruction(
        reduces ? Opcode::CpReduceAsyncBulkTensor : Opcode::CpAsyncBulkTensor,
        {Ranks[rank - 1], Modifier::Global, Modifier::SharedCta,
         Modifier::BulkGroup},
        {}, {0, -1});
    if (reduces)
      instruction.modifiers.push_back(Modifier::Add);
    instruction.operands[0] = tensorAddress;
    return instruction;
  }
  Words operandsFor(const Setting &setting, bool isLoad) {
    auto rank = static_cast<unsigned>(setting.start.size());
    Words operands((isLoad ? 6 : 4) + rank);
    unsigned word = 0;
    auto address = [&](uint64_t value) {
      setAddress(operands, word, 0, value);
      word += 2;
    };
    if (isLoad)
      address(sharedAddress(Box));
    address(reinterpret_cast<uint64_t>(&map));
    for (int32_t start : setting.start)
      operands[word++][0] = static_cast<uint32_t>(start);
    address(sharedAddress(isLoad ? Barrier : Box));
    return operands;
  }

  /// Visits all elements of the box: where the manual puts each in shared
  /// memory, and in the tensor (nothing outside of it).
  template <typename Visit>
  void forEachElement(const Setting &setting, Visit visit) {
    std::vector<uint64_t> strides = stridesOf(setting);
    size_t rank = setting.sizes.size();
    std::vector<uint32_t> counts(rank);
    uint32_t total = 1;
    for (size_t i = 0; i < rank; ++i) {
      uint32_t step = i ? setting.steps[i] : 1;
      counts[i] = (setting.box[i] + step - 1) / step;
      total *= counts[i];
    }
    for (uint32_t number = 0; number < total; ++number) {
      uint64_t from = 0;
      bool isInside = true;
      uint32_t rest = number;
      for (size_t i = 0; i < rank; ++i) {
        int64_t at = setting.start[i] +
                     int64_t(rest % counts[i]) * (i ? setting.steps[i] : 1);
        rest /= counts[i];
        isInside &= at >= 0 && at < int64_t(setting.sizes[i]);
        from += static_cast<uint64_t>(at) * strides[i];
      }
      uint32_t to = Box + number * setting.bytes;
      // Rows of 128 bytes; piece p of row r goes to p xor r (mod 2, 4 or 8).
      uint32_t row = to / 128, piece = to % 128 / 16;
      uint32_t modulo = 1u << setting.swizzle;
      piece ^= row % modulo;
      to = row * 128 + piece * 16 + to % 16;
      visit(to, isInside ? std::optional(from) : std::nullopt);
    }
  }

  uint32_t boxBytes(const Setting &setting) {
    uint32_t bytes = 0;
    forEachElement(setting, [&](uint32_t, std::optional<uint64_t>) {
      bytes += setting.bytes;
    });
    return bytes;
  }
  void load(const Setting &setting) {
    uint64_t bits =
        MbarrierState{1, 1, static_cast<int32_t>(boxBytes(setting)), 0}.pack();
    std::memcpy(&shared[Barrier], &bits, sizeof(bits));
    auto rank = static_cast<unsigned>(setting.sizes.size());
    run(instructionFor(rank, true), operandsFor(setting, true), 1);
    standIn().performBlockOperations(&strand);
    std::memcpy(&bits, &shared[Barrier], sizeof(bits));
    EXPECT_EQ(MbarrierState::unpack(bits).bytes, 0);
  }
  void store(const Setting &setting, bool reduces = false) {
    auto rank = static_cast<unsigned>(setting.sizes.size());
    run(instructionFor(rank, false, reduces), operandsFor(setting, false), 1);
    waitAll(&strand, 1, AsyncQueue::Bulk);
  }
};

const Setting Settings[] = {
    {1, 2, {100}, {64}, {1}, {20}},
    {1, 2, {100}, {64}, {1}, {-8}},
    {1, 2, {100}, {64}, {1}, {80}},
    {0, 1, {50, 20}, {32, 8}, {1, 1}, {-5, 14}},
    {6, 2, {60, 40}, {64, 16}, {1, 1}, {3, -2}, 3},
    {6, 2, {60, 40}, {32, 16}, {1, 1}, {8, 30}, 2},
    {6, 2, {60, 40}, {16, 16}, {1, 1}, {50, 0}, 1},
    {7, 4, {20, 10, 6}, {8, 4, 3}, {1, 1, 2}, {15, 8, 1}, 0, true},
    {9, 2, {20, 9, 6, 4}, {8, 3, 2, 2}, {1, 2, 1, 1}, {15, -1, 1, 3}, 0, true},
    {8,
     8,
     {6, 5, 4, 3, 2},
     {4, 2, 2, 2, 2},
     {1, 1, 1, 1, 1},
     {1, 2, -1, 1, 0},
     0,
     true},
};

TEST_F(TensorCopyTest, LoadsBoxes) {
  for (const Setting &setting : Settings) {
    prepare(setting);
    std::vector<uint8_t> expected = shared;
    forEachElement(setting, [&](uint32_t to, std::optional<uint64_t> from) {
      uint64_t nan = setting.bytes == 2   ? 0x7fff
                     : setting.bytes == 4 ? 0x7fffffff
                                          : 0x7fffffffffffffff;
      if (!setting.fillsNaN)
        nan = 0;
      std::memcpy(&expected[to], from ? tensor + *from : (uint8_t *)&nan,
                  setting.bytes);
    });
    load(setting);
    std::memcpy(&expected[Barrier], &shared[Barrier], 8);
    EXPECT_EQ(shared, expected) << "rank " << setting.sizes.size();
  }
}

TEST_F(TensorCopyTest, StoresBoxes) {
  for (const Setting &setting : Settings) {
    prepare(setting);
    std::vector<uint8_t> expected(tensor, tensor + sizeof(tensor));
    forEachElement(setting, [&](uint32_t to, std::optional<uint64_t> from) {
      if (from)
        std::memcpy(&expected[*from], &shared[to], setting.bytes);
    });
    store(setting);
    EXPECT_EQ(std::memcmp(tensor, expected.data(), sizeof(tensor)), 0)
        << "rank " << setting.sizes.size();
  }
}

TEST_F(TensorCopyTest, AddsBoxes) {
  Setting setting{2, 4, {20, 10}, {8, 4}, {1, 1}, {15, 8}};
  prepare(setting);
  std::vector<uint8_t> expected(tensor, tensor + sizeof(tensor));
  forEachElement(setting, [&](uint32_t to, std::optional<uint64_t> from) {
    if (!from)
      return;
    uint32_t sum, term;
    std::memcpy(&sum, &expected[*from], 4);
    std::memcpy(&term, &shared[to], 4);
    sum += term;
    std::memcpy(&expected[*from], &sum, 4);
  });
  store(setting, true);
  EXPECT_EQ(std::memcmp(tensor, expected.data(), sizeof(tensor)), 0);
}

TEST_F(TensorCopyTest, FaultsOnMapsThatAreNone) {
  Setting setting = Settings[3];
  prepare(setting);
  map.rank = 3;
  EXPECT_EQ(faultOf([&] { load(setting); }),
            "the instruction has 2 coordinates, and the tensor map 3");
  map.mark = 0;
  EXPECT_EQ(faultOf([&] { load(setting); }),
            "the address holds no tensor map that cuTensorMapEncodeTiled made");
}

TEST_F(TensorCopyTest, RefusesBadMaps) {
  auto error = [&](auto change) {
    Setting setting{6, 2, {60, 40}, {64, 16}, {1, 1}, {0, 0}, 3};
    change(setting);
    auto encoded = encode(setting);
    return encoded ? "" : encoded.message();
  };
  EXPECT_EQ(error([](Setting &) {}), "");
  TensorMapArguments nothing;
  nothing.rank = 2;
  EXPECT_EQ(encodeTensorMap(nothing).message(),
            "cuTensorMapEncodeTiled: globalDim, globalStrides, boxDim or "
            "elementStrides is null");
  EXPECT_EQ(error([](Setting &s) { s.box[1] = 257; }),
            "cuTensorMapEncodeTiled: boxDim[1] is 257, and may be 1 to 256");
  EXPECT_EQ(error([](Setting &s) { s.box[0] = 128; }),
            "cuTensorMapEncodeTiled: a line of the box has 256 bytes, more "
            "than the 128 that are swizzled");
  EXPECT_EQ(error([](Setting &s) { s.box[0] = 12; }),
            "cuTensorMapEncodeTiled: a line of the box has 24 bytes, which "
            "must be a multiple of 16");
  EXPECT_EQ(error([](Setting &s) { s.steps[1] = 9; }),
            "cuTensorMapEncodeTiled: elementStrides[1] is 9, and may be 1 to "
            "8");
  EXPECT_EQ(error([](Setting &s) { s.sizes[0] = 0; }),
            "cuTensorMapEncodeTiled: globalDim[0] is 0, and may be 1 to 2^32");
  EXPECT_EQ(error([](Setting &s) { s.dataType = 10; }),
            "cuTensorMapEncodeTiled: data type 10 is not supported");
  EXPECT_EQ(error([](Setting &s) {
              s.dataType = 1;
              s.fillsNaN = true;
            }),
            "cuTensorMapEncodeTiled: NaN outside of the tensor needs a "
            "floating type");
}

} // namespace
