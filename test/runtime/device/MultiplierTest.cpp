//===- MultiplierTest.cpp - Products against double precision -------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/Multiplier.h"
#include "test/runtime/support/Gpus.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <random>

using namespace weft;
using namespace weft::cuda;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

double read(DataType type, const uint8_t *bytes, size_t index) {
  if (type == DataType::F16) {
    _Float16 value;
    std::memcpy(&value, bytes + 2 * index, 2);
    return static_cast<double>(value);
  }
  if (type == DataType::BF16) {
    uint32_t bits = 0;
    std::memcpy(reinterpret_cast<char *>(&bits) + 2, bytes + 2 * index, 2);
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
  }
  float value;
  std::memcpy(&value, bytes + 4 * index, 4);
  return value;
}

/// Values that all types hold: multiples of 1/4 from -2 to 2.
std::vector<uint8_t> randomValues(DataType type, size_t count,
                                  std::mt19937 &random) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i != count; ++i) {
    float value = static_cast<float>(static_cast<int>(random() % 17) - 8) / 4;
    uint8_t text[4];
    if (type == DataType::F16) {
      auto half = static_cast<_Float16>(value);
      std::memcpy(text, &half, 2);
    } else if (type == DataType::BF16) {
      std::memcpy(text, reinterpret_cast<char *>(&value) + 2, 2);
    } else {
      std::memcpy(text, &value, 4);
    }
    bytes.insert(bytes.end(), text, text + byteWidth(type));
  }
  return bytes;
}

class MultiplierTest : public testing::Test {
protected:
  void SetUp() override {
    auto opened = test::openGpus(1);
    ASSERT_TRUE(opened.isOk()) << opened.message();
    auto created = Context::create(*opened, 0);
    ASSERT_TRUE(created.isOk()) << created.message();
    context = *created;
    ASSERT_TRUE(context->enter().isOk());
    ASSERT_EQ(functions().cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING),
              CUDA_SUCCESS);
    multiplier = std::make_unique<Multiplier>(context);
    Status status = multiplier->open();
    ASSERT_TRUE(status.isOk()) << status.message();
  }
  void TearDown() override {
    multiplier.reset();
    functions().cuStreamDestroy_v2(stream);
  }
  const DriverFunctions &functions() { return context->functions(); }

  CUdeviceptr upload(const std::vector<uint8_t> &bytes) {
    CUdeviceptr address = 0;
    EXPECT_EQ(
        functions().cuMemAlloc_v2(&address, std::max<size_t>(bytes.size(), 1)),
        CUDA_SUCCESS);
    EXPECT_EQ(functions().cuMemcpyHtoD_v2(address, bytes.data(), bytes.size()),
              CUDA_SUCCESS);
    return address;
  }

  /// Multiplies random values and compares with a loop in double precision.
  void check(MatrixProduct product, bool hasBias) {
    SCOPED_TRACE(std::string(name(product.type)) + " to " +
                 std::string(name(product.output)) + " " +
                 std::to_string(product.m) + "x" + std::to_string(product.n) +
                 "x" + std::to_string(product.k));
    std::mt19937 random(3);
    uint64_t m = product.m, n = product.n, k = product.k;
    auto a = randomValues(product.type, product.batch * m * k, random);
    auto b = randomValues(product.type, product.batch * k * n, random);
    auto bias = randomValues(product.output, n, random);
    std::vector<uint8_t> d(
        product.batch * m * n * byteWidth(product.output) + 8, 0xee);
    CUdeviceptr memory[] = {upload(a), upload(b), upload(bias), upload(d)};
    auto at = [&](int index) {
      return reinterpret_cast<void *>(memory[index]);
    };
    product.a = at(0);
    product.b = at(1);
    product.bias = hasBias ? at(2) : nullptr;
    product.d = at(3);
    Status status = multiplier->multiply(product, stream);
    ASSERT_TRUE(status.isOk()) << status.message();
    ASSERT_EQ(functions().cuStreamSynchronize(stream), CUDA_SUCCESS);
    ASSERT_EQ(functions().cuMemcpyDtoH_v2(d.data(), memory[3], d.size()),
              CUDA_SUCCESS);
    // Sums of these values are exact in f32; results are rounded once.
    double rounding = product.output == DataType::F32   ? 1e-6
                      : product.output == DataType::F16 ? 1.0 / 2048
                                                        : 1.0 / 256;
    for (uint64_t i = 0; i != product.batch * m * n; ++i) {
      uint64_t batch = i / (m * n), row = i / n % m, column = i % n;
      double sum = hasBias ? read(product.output, bias.data(), column) : 0;
      for (uint64_t j = 0; j != k; ++j)
        sum += read(product.type, a.data(),
                    batch * m * k +
                        (product.transposeA ? j * m + row : row * k + j)) *
               read(product.type, b.data(),
                    batch * k * n +
                        (product.transposeB ? column * k + j : j * n + column));
      if (product.epilogue == Epilogue::Relu)
        sum = std::max(sum, 0.0);
      if (product.epilogue == Epilogue::GeluTanh)
        sum = 0.5 * sum *
              (1 + std::tanh(std::sqrt(2 / M_PI) *
                             (sum + 0.044715 * sum * sum * sum)));
      ASSERT_NEAR(read(product.output, d.data(), i), sum,
                  rounding * std::abs(sum) + 1e-6)
          << "at " << i;
    }
    EXPECT_EQ(std::vector<uint8_t>(d.end() - 8, d.end()),
              std::vector<uint8_t>(8, 0xee));
    for (CUdeviceptr address : memory)
      EXPECT_EQ(functions().cuMemFree_v2(address), CUDA_SUCCESS);
  }

  std::shared_ptr<Context> context;
  CUstream stream = nullptr;
  std::unique_ptr<Multiplier> multiplier;
};

MatrixProduct shape(DataType type, DataType output, uint64_t m, uint64_t n,
                    uint64_t k) {
  MatrixProduct product;
  product.type = type;
  product.output = output;
  product.m = m;
  product.n = n;
  product.k = k;
  return product;
}

TEST_F(MultiplierTest, TypesAndSizes) {
  for (auto [type, output] : {std::pair(DataType::F32, DataType::F32),
                              {DataType::F16, DataType::F16},
                              {DataType::F16, DataType::F32},
                              {DataType::BF16, DataType::BF16},
                              {DataType::BF16, DataType::F32}})
    for (auto [m, n, k] : {std::tuple(1, 1, 1),
                           {1, 17, 64},
                           {7, 13, 31},
                           {64, 1, 5},
                           {37, 64, 128},
                           {5, 3, 0},
                           {0, 4, 4},
                           {4, 0, 4}})
      for (bool hasBias : {false, true})
        check(shape(type, output, m, n, k), hasBias);
}

TEST_F(MultiplierTest, LayoutsEpiloguesAndBatches) {
  for (bool transposeA : {false, true})
    for (bool transposeB : {false, true})
      for (Epilogue epilogue :
           {Epilogue::None, Epilogue::Relu, Epilogue::GeluTanh})
        for (uint64_t batch : {1, 3})
          for (bool hasBias : {false, true}) {
            MatrixProduct product =
                shape(DataType::F16, DataType::F16, 11, 6, 19);
            product.transposeA = transposeA;
            product.transposeB = transposeB;
            product.epilogue = epilogue;
            product.batch = batch;
            check(product, hasBias);
          }
}

TEST_F(MultiplierTest, ChoosesAnAlgorithmForEachPowerOfTwo) {
  for (uint64_t m : {5, 6, 8, 8, 9, 16})
    check(shape(DataType::F16, DataType::F16, m, 8, 4), false);
  EXPECT_THAT(multiplier->algorithms(),
              ElementsAre(StartsWith("f16 m<=8 n=8 k=4 batch=1: algorithm 0x"),
                          StartsWith("f16 m<=16 n=8 k=4 batch=1: algorithm")));
  MatrixProduct product = shape(DataType::BF16, DataType::F32, 3, 8, 4);
  product.transposeA = true;
  check(product, true);
  EXPECT_THAT(multiplier->algorithms(),
              testing::Contains(StartsWith(
                  "bf16 to f32 m=3 n=8 k=4 batch=1 a^T bias: algorithm")));
}

TEST_F(MultiplierTest, NamesTheStatusOfAFailure) {
  // Nothing lies at the operands.
  MatrixProduct product = shape(DataType::F16, DataType::F16, 4, 4, 4);
  Status status = multiplier->multiply(product, stream);
  ASSERT_FALSE(status.isOk());
  EXPECT_THAT(status.message(),
              HasSubstr("product f16 m=4 n=4 k=4 batch=1: "
                        "CUBLAS_STATUS_INVALID_VALUE from cublasLtMatmul"));
}

TEST_F(MultiplierTest, SaysThatThereIsNoLibrary) {
  auto library = CublasLtLibrary::open("/nowhere");
  ASSERT_FALSE(library.isOk());
  EXPECT_THAT(library.message(),
              HasSubstr("cannot load cuBLASLt: /nowhere/libcublasLt.so.13"));
}

} // namespace
