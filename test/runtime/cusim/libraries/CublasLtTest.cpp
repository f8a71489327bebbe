//===- CublasLtTest.cpp - Products against a plain loop -------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda_api/CublasLtTypes.h"
#include "test/runtime/cusim/driver/CudaTest.h"

#include <atomic>
#include <cmath>
#include <random>
#include <unistd.h>

using namespace weft::cuda;
using testing::FloatNear;
using testing::Pointwise;

namespace {
struct CublasLtFunctions {
#define WEFT_CUBLASLT(NAME, PARAMETERS)                                        \
  cublasStatus_t(*NAME) PARAMETERS = nullptr;
#include "runtime/cuda_api/CublasLtFunctions.def"
#undef WEFT_CUBLASLT
};

const CublasLtFunctions &cublasLt() {
  static const CublasLtFunctions functions = [] {
    CublasLtFunctions loaded;
    void *library = dlopen(CUSIM_CUBLASLT_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    EXPECT_TRUE(library) << dlerror();
#define WEFT_CUBLASLT(NAME, PARAMETERS)                                        \
  loaded.NAME =                                                                \
      reinterpret_cast<decltype(loaded.NAME)>(dlsym(library, #NAME));          \
  EXPECT_TRUE(loaded.NAME) << #NAME;
#include "runtime/cuda_api/CublasLtFunctions.def"
#undef WEFT_CUBLASLT
    return loaded;
  }();
  return functions;
}

/// D[m, n] = A[m, k] B[k, n]: sizes, and how the operands lie in memory.
struct Shape {
  int m, n, k;
  bool transA = false, transB = false;
  cublasLtOrder_t order = CUBLASLT_ORDER_COL;
  int batch = 1;
};

class CublasLtTest : public CudaTest {
protected:
  void SetUp() override {
    CudaTest::SetUp();
    ASSERT_EQ(cublasLt().cublasLtCreate(&handle), CUBLAS_STATUS_SUCCESS);
  }
  void TearDown() override {
    EXPECT_EQ(cublasLt().cublasLtDestroy(handle), CUBLAS_STATUS_SUCCESS);
    CudaTest::TearDown();
  }

  template <typename T>
  static void setAttribute(cublasLtMatmulDesc_t description,
                           cublasLtMatmulDescAttributes_t attribute, T value) {
    EXPECT_EQ(cublasLt().cublasLtMatmulDescSetAttribute(description, attribute,
                                                        &value, sizeof(value)),
              CUBLAS_STATUS_SUCCESS);
  }

  static cublasLtMatrixLayout_t layoutOf(cudaDataType type, int rows,
                                         int columns, const Shape &shape) {
    cublasLtMatrixLayout_t layout;
    bool byColumns = shape.order == CUBLASLT_ORDER_COL;
    EXPECT_EQ(cublasLt().cublasLtMatrixLayoutCreate(
                  &layout, type, rows, columns, byColumns ? rows : columns),
              CUBLAS_STATUS_SUCCESS);
    int64_t stride = int64_t(rows) * columns;
    auto set = [&](cublasLtMatrixLayoutAttribute_t attribute, const void *value,
                   size_t bytes) {
      EXPECT_EQ(cublasLt().cublasLtMatrixLayoutSetAttribute(layout, attribute,
                                                            value, bytes),
                CUBLAS_STATUS_SUCCESS);
    };
    set(CUBLASLT_MATRIX_LAYOUT_ORDER, &shape.order, sizeof(shape.order));
    set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &shape.batch, sizeof(shape.batch));
    set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof(stride));
    return layout;
  }

  cublasLtHandle_t handle = nullptr;
};

std::vector<float> randomFloats(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float &value : values)
    value = float(int(random() % 2001) - 1000) / 1000;
  return values;
}

float geluTanh(float x) {
  return 0.5f * x *
         (1 + std::tanh(0.7978845608f * (x + 0.044715f * x * x * x)));
}
} // namespace

TEST_F(CublasLtTest, FloatProductsOfEveryLayout) {
  for (bool transA : {false, true})
    for (bool transB : {false, true})
      for (cublasLtOrder_t order : {CUBLASLT_ORDER_COL, CUBLASLT_ORDER_ROW})
        for (cublasLtEpilogue_t epilogue :
             {CUBLASLT_EPILOGUE_DEFAULT, CUBLASLT_EPILOGUE_BIAS,
              CUBLASLT_EPILOGUE_RELU_BIAS, CUBLASLT_EPILOGUE_GELU}) {
          Shape shape{7, 13, 31, transA, transB, order, 2};
          auto at = [&](const std::vector<float> &data, int rows, int columns,
                        int batch, int row, int column) {
            return data[batch * rows * columns +
                        (order == CUBLASLT_ORDER_COL ? column * rows + row
                                                     : row * columns + column)];
          };
          int aRows = transA ? 31 : 7, aColumns = transA ? 7 : 31;
          int bRows = transB ? 13 : 31, bColumns = transB ? 31 : 13;
          std::vector<float> a = randomFloats(2 * 7 * 31, 1),
                             b = randomFloats(2 * 31 * 13, 2),
                             c = randomFloats(2 * 7 * 13, 3),
                             bias = randomFloats(7, 4), expected(2 * 7 * 13);
          float alpha = 0.75f, beta = -0.5f;
          for (int batch = 0; batch < 2; ++batch)
            for (int i = 0; i < 7; ++i)
              for (int j = 0; j < 13; ++j) {
                double sum = 0;
                for (int k = 0; k < 31; ++k)
                  sum += double(transA ? at(a, 31, 7, batch, k, i)
                                       : at(a, 7, 31, batch, i, k)) *
                         (transB ? at(b, 13, 31, batch, j, k)
                                 : at(b, 31, 13, batch, k, j));
                double value = alpha * sum + beta * at(c, 7, 13, batch, i, j);
                if (epilogue & CUBLASLT_EPILOGUE_BIAS)
                  value += bias[i];
                if (epilogue & CUBLASLT_EPILOGUE_RELU)
                  value = std::max(value, 0.0);
                if (epilogue & CUBLASLT_EPILOGUE_GELU)
                  value = geluTanh(value);
                expected[batch * 91 + (order == CUBLASLT_ORDER_COL
                                           ? j * 7 + i
                                           : i * 13 + j)] = value;
              }
          CUdeviceptr aDevice = upload(a), bDevice = upload(b),
                      cDevice = upload(c), biasDevice = upload(bias),
                      dDevice = allocate(expected.size() * 4);
          cublasLtMatmulDesc_t description;
          ASSERT_EQ(cublasLt().cublasLtMatmulDescCreate(
                        &description, CUBLAS_COMPUTE_32F, CUDA_R_32F),
                    CUBLAS_STATUS_SUCCESS);
          setAttribute(description, CUBLASLT_MATMUL_DESC_TRANSA,
                       transA ? CUBLAS_OP_T : CUBLAS_OP_N);
          setAttribute(description, CUBLASLT_MATMUL_DESC_TRANSB,
                       transB ? CUBLAS_OP_T : CUBLAS_OP_N);
          setAttribute(description, CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue);
          setAttribute(description, CUBLASLT_MATMUL_DESC_BIAS_POINTER,
                       biasDevice);
          auto aLayout = layoutOf(CUDA_R_32F, aRows, aColumns, shape);
          auto bLayout = layoutOf(CUDA_R_32F, bRows, bColumns, shape);
          auto dLayout = layoutOf(CUDA_R_32F, 7, 13, shape);
          ASSERT_EQ(cublasLt().cublasLtMatmul(
                        handle, description, &alpha,
                        reinterpret_cast<void *>(aDevice), aLayout,
                        reinterpret_cast<void *>(bDevice), bLayout, &beta,
                        reinterpret_cast<void *>(cDevice), dLayout,
                        reinterpret_cast<void *>(dDevice), dLayout, nullptr,
                        nullptr, 0, nullptr),
                    CUBLAS_STATUS_SUCCESS);
          EXPECT_THAT(download<float>(dDevice, expected.size()),
                      Pointwise(FloatNear(2e-6), expected));
          for (auto layout : {aLayout, bLayout, dLayout})
            EXPECT_EQ(cublasLt().cublasLtMatrixLayoutDestroy(layout),
                      CUBLAS_STATUS_SUCCESS);
          EXPECT_EQ(cublasLt().cublasLtMatmulDescDestroy(description),
                    CUBLAS_STATUS_SUCCESS);
          for (CUdeviceptr address :
               {aDevice, bDevice, cDevice, biasDevice, dDevice})
            EXPECT_OK(cuda().cuMemFree_v2(address));
        }
}

TEST_F(CublasLtTest, HalvesAreSummedInFloat) {
  // 4096 times 1 in f16 would stop at 2048.
  std::vector<_Float16> ones(4096, _Float16(1));
  CUdeviceptr a = upload(ones), b = upload(ones), d = allocate(2);
  Shape shape{1, 1, 4096};
  cublasLtMatmulDesc_t description;
  ASSERT_EQ(cublasLt().cublasLtMatmulDescCreate(&description,
                                                CUBLAS_COMPUTE_32F, CUDA_R_32F),
            CUBLAS_STATUS_SUCCESS);
  auto aLayout = layoutOf(CUDA_R_16F, 1, 4096, shape);
  auto bLayout = layoutOf(CUDA_R_16F, 4096, 1, shape);
  auto dLayout = layoutOf(CUDA_R_16F, 1, 1, shape);
  float alpha = 1, beta = 0;
  cublasLtMatmulPreference_t preference;
  ASSERT_EQ(cublasLt().cublasLtMatmulPreferenceCreate(&preference),
            CUBLAS_STATUS_SUCCESS);
  cublasLtMatmulHeuristicResult_t found;
  int count = 0;
  ASSERT_EQ(cublasLt().cublasLtMatmulAlgoGetHeuristic(
                handle, description, aLayout, bLayout, dLayout, dLayout,
                preference, 1, &found, &count),
            CUBLAS_STATUS_SUCCESS);
  ASSERT_EQ(count, 1);
  ASSERT_EQ(cublasLt().cublasLtMatmul(
                handle, description, &alpha, reinterpret_cast<void *>(a),
                aLayout, reinterpret_cast<void *>(b), bLayout, &beta,
                reinterpret_cast<void *>(d), dLayout,
                reinterpret_cast<void *>(d), dLayout, &found.algo, nullptr, 0,
                nullptr),
            CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(float(download<_Float16>(d, 1)[0]), 4096);
}

TEST_F(CublasLtTest, WrongSizesAndBuffersAreRefused) {
  CUdeviceptr a = allocate(100), b = allocate(100), d = allocate(100);
  cublasLtMatmulDesc_t description;
  ASSERT_EQ(cublasLt().cublasLtMatmulDescCreate(&description,
                                                CUBLAS_COMPUTE_32F, CUDA_R_32F),
            CUBLAS_STATUS_SUCCESS);
  float alpha = 1, beta = 0;
  auto run = [&](int m, int n, int k, int kOfB) {
    Shape shape{m, n, k};
    auto aLayout = layoutOf(CUDA_R_32F, m, k, shape);
    auto bLayout = layoutOf(CUDA_R_32F, kOfB, n, shape);
    auto dLayout = layoutOf(CUDA_R_32F, m, n, shape);
    return cublasLt().cublasLtMatmul(
        handle, description, &alpha, reinterpret_cast<void *>(a), aLayout,
        reinterpret_cast<void *>(b), bLayout, &beta,
        reinterpret_cast<void *>(d), dLayout, reinterpret_cast<void *>(d),
        dLayout, nullptr, nullptr, 0, nullptr);
  };
  EXPECT_EQ(run(5, 5, 5, 5), CUBLAS_STATUS_SUCCESS);
  EXPECT_EQ(run(5, 5, 5, 4), CUBLAS_STATUS_NOT_SUPPORTED);
  EXPECT_EQ(run(5, 6, 5, 5), CUBLAS_STATUS_INVALID_VALUE) << "120 bytes of B";
}

namespace {
/// Products of 2x2 matrices of ones in f32 that differ in one thing each.
class CublasLtSquares : public CublasLtTest {
protected:
  void SetUp() override {
    CublasLtTest::SetUp();
    ones = upload(std::vector<float>(4, 1));
    result = upload(std::vector<float>(4, -1));
    ASSERT_EQ(cublasLt().cublasLtMatmulDescCreate(
                  &description, CUBLAS_COMPUTE_32F, CUDA_R_32F),
              CUBLAS_STATUS_SUCCESS);
    for (cublasLtMatrixLayout_t *layout : {&a, &b, &d})
      *layout = layoutOf(CUDA_R_32F, 2, 2, {2, 2, 2});
  }
  cublasStatus_t run(const void *alpha, const void *beta,
                     CUstream stream = nullptr) {
    auto pointer = [](CUdeviceptr address) {
      return reinterpret_cast<void *>(address);
    };
    return cublasLt().cublasLtMatmul(
        handle, description, alpha, pointer(ones), a, pointer(ones), b, beta,
        pointer(result), d, pointer(result), d, nullptr, nullptr, 0, stream);
  }
  cublasStatus_t run() {
    float alpha = 1, beta = 0;
    return run(&alpha, &beta);
  }
  template <typename T>
  static void set(cublasLtMatrixLayout_t layout,
                  cublasLtMatrixLayoutAttribute_t attribute, T value) {
    EXPECT_EQ(cublasLt().cublasLtMatrixLayoutSetAttribute(
                  layout, attribute, &value, sizeof(value)),
              CUBLAS_STATUS_SUCCESS);
  }

  CUdeviceptr ones = 0, result = 0;
  cublasLtMatmulDesc_t description = nullptr;
  cublasLtMatrixLayout_t a = nullptr, b = nullptr, d = nullptr;
};
} // namespace

TEST_F(CublasLtSquares, LayoutsThatOverflowAreRefused) {
  for (int64_t dimension :
       {int64_t(-2), int64_t(1), INT64_MAX, int64_t(1) << 62}) {
    set(a, CUBLASLT_MATRIX_LAYOUT_LD, dimension);
    EXPECT_NE(run(), CUBLAS_STATUS_SUCCESS) << dimension;
  }
  set(a, CUBLASLT_MATRIX_LAYOUT_LD, int64_t(2));
  set(a, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(1) << 63);
  set(d, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(1) << 63);
  EXPECT_NE(run(), CUBLAS_STATUS_SUCCESS);
  set(a, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(2));
  set(d, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(2));
  for (cublasLtMatrixLayout_t layout : {a, b, d})
    set(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, int32_t(3));
  for (int64_t stride : {int64_t(-2), int64_t(1) << 62, INT64_MIN}) {
    set(a, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, stride);
    EXPECT_NE(run(), CUBLAS_STATUS_SUCCESS) << stride;
  }
  for (cublasLtMatrixLayout_t layout : {a, b, d})
    set(layout, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, int32_t(-1));
  EXPECT_NE(run(), CUBLAS_STATUS_SUCCESS);
  EXPECT_THAT(download<float>(result, 4), testing::Each(-1)) << "untouched";
}

TEST_F(CublasLtSquares, EmptyProductsAreFactorsOfC) {
  set(a, CUBLASLT_MATRIX_LAYOUT_COLS, uint64_t(0));
  set(b, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(0));
  float alpha = 1, beta = 3;
  EXPECT_EQ(run(&alpha, &beta), CUBLAS_STATUS_SUCCESS);
  EXPECT_THAT(download<float>(result, 4), testing::Each(-3));
  // Many rows of nothing take no time.
  for (cublasLtMatrixLayout_t layout : {a, d}) {
    set(layout, CUBLASLT_MATRIX_LAYOUT_ROWS, uint64_t(1) << 60);
    set(layout, CUBLASLT_MATRIX_LAYOUT_LD, int64_t(1) << 60);
  }
  set(b, CUBLASLT_MATRIX_LAYOUT_COLS, uint64_t(0));
  set(d, CUBLASLT_MATRIX_LAYOUT_COLS, uint64_t(0));
  EXPECT_EQ(run(), CUBLAS_STATUS_SUCCESS);
  EXPECT_OK(cuda().cuCtxSynchronize());
}

TEST_F(CublasLtSquares, FactorsInDeviceMemoryAreReadInTheStream) {
  setAttribute(description, CUBLASLT_MATMUL_DESC_POINTER_MODE,
               CUBLASLT_POINTER_MODE_DEVICE);
  CUdeviceptr factors = upload(std::vector<float>{1, 0});
  // Held up, so that the factors change after the call.
  std::atomic<bool> isOpen = false;
  ASSERT_OK(cuda().cuLaunchHostFunc(
      nullptr,
      [](void *data) {
        while (!*static_cast<std::atomic<bool> *>(data))
          usleep(1000);
      },
      &isOpen));
  ASSERT_OK(cuda().cuMemsetD32Async(factors, 0x3fc00000 /*1.5f*/, 2, nullptr));
  EXPECT_EQ(run(reinterpret_cast<void *>(factors),
                reinterpret_cast<void *>(factors + 4)),
            CUBLAS_STATUS_SUCCESS);
  isOpen = true;
  EXPECT_THAT(download<float>(result, 4), testing::Each(1.5f * 2 - 1.5f));
  float host = 1;
  EXPECT_EQ(run(&host, &host), CUBLAS_STATUS_INVALID_VALUE);
}

TEST_F(CublasLtSquares, UnknownTypesAndPointersAreRefused) {
  setAttribute(description, CUBLASLT_MATMUL_DESC_SCALE_TYPE, CUDA_R_64F);
  EXPECT_EQ(run(), CUBLAS_STATUS_NOT_SUPPORTED);
  setAttribute(description, CUBLASLT_MATMUL_DESC_SCALE_TYPE, CUDA_R_32F);
  setAttribute(description, CUBLASLT_MATMUL_DESC_COMPUTE_TYPE,
               cublasComputeType_t(99));
  EXPECT_EQ(run(), CUBLAS_STATUS_NOT_SUPPORTED);
  setAttribute(description, CUBLASLT_MATMUL_DESC_COMPUTE_TYPE,
               CUBLAS_COMPUTE_32F);
  setAttribute(description, CUBLASLT_MATMUL_DESC_POINTER_MODE,
               cublasLtPointerMode_t(2));
  EXPECT_EQ(run(), CUBLAS_STATUS_NOT_SUPPORTED);
  setAttribute(description, CUBLASLT_MATMUL_DESC_POINTER_MODE,
               CUBLASLT_POINTER_MODE_HOST);
  setAttribute(description, CUBLASLT_MATMUL_DESC_EPILOGUE,
               CUBLASLT_EPILOGUE_BIAS);
  EXPECT_EQ(run(), CUBLAS_STATUS_INVALID_VALUE) << "no bias";
  setAttribute(description, CUBLASLT_MATMUL_DESC_BIAS_POINTER, ones);
  setAttribute(description, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE,
               cudaDataType(77));
  EXPECT_EQ(run(), CUBLAS_STATUS_NOT_SUPPORTED);
  setAttribute(description, CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, CUDA_R_32F);
  setAttribute(description, CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, uint64_t(8));
  EXPECT_EQ(run(), CUBLAS_STATUS_INVALID_VALUE);
}

TEST_F(CublasLtSquares, Float8ResultsSaturate) {
  for (auto [type, largest] : {std::pair(CUDA_R_8F_E4M3, uint8_t(0x7e)),
                               std::pair(CUDA_R_8F_E5M2, uint8_t(0x7b))})
    for (float alpha : {1e9f, INFINITY}) {
      set(d, CUBLASLT_MATRIX_LAYOUT_TYPE, type);
      float beta = 0;
      EXPECT_EQ(run(&alpha, &beta), CUBLAS_STATUS_SUCCESS);
      EXPECT_THAT(download<uint8_t>(result, 4), testing::Each(largest));
    }
}

TEST_F(CublasLtSquares, GraphsRunProductsAgain) {
  CUstream stream;
  ASSERT_OK(cuda().cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
  ASSERT_OK(
      cuda().cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  float alpha = 1, beta = 2;
  EXPECT_EQ(run(&alpha, &beta, stream), CUBLAS_STATUS_SUCCESS);
  CUgraph graph;
  ASSERT_OK(cuda().cuStreamEndCapture(stream, &graph));
  CUgraphExec executable;
  ASSERT_OK(cuda().cuGraphInstantiateWithFlags(&executable, graph, 0));
  for (unsigned i = 0; i < 3; ++i)
    ASSERT_OK(cuda().cuGraphLaunch(executable, stream));
  ASSERT_OK(cuda().cuStreamSynchronize(stream));
  EXPECT_THAT(download<float>(result, 4), testing::Each(6)) << "-1, 0, 2, 6";
}
