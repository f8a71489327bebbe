//===- MatrixKernelsTest.cpp - Products, transforms, images ---------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/kernels/KernelTest.h"

#include <bit>
#include <cmath>
#include <complex>

using namespace weft::cuda;
using testing::ElementsAreArray;
using testing::FloatNear;
using testing::Pointwise;

namespace {
class MatrixKernelsTest : public KernelTest {
protected:
  template <typename T>
  static std::vector<float> multiply(const std::vector<T> &a,
                                     const std::vector<T> &b, int m, int n,
                                     int k) {
    std::vector<float> c(m * n);
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < n; ++j) {
        double sum = 0;
        for (int kk = 0; kk < k; ++kk)
          sum += double(a[i * k + kk]) * double(b[kk * n + j]);
        c[i * n + j] = sum;
      }
    return c;
  }
};
INSTANTIATE_TEST_SUITE_P(Compilers, MatrixKernelsTest,
                         testing::Values("nvcc", "clang"),
                         [](const auto &info) { return info.param; });
} // namespace

TEST_P(MatrixKernelsTest, Transpose) {
  CUmodule module = loadFile("transpose");
  for (auto [rows, columns] : {std::pair{1, 1}, {33, 70}, {64, 31}}) {
    std::vector<float> in = fractions<float>(rows * columns), expected(in);
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j)
        expected[j * rows + i] = in[i * columns + j];
    CUdeviceptr out = allocate(in.size() * 4);
    run(find(module, "transpose"),
        {unsigned(columns + 31) / 32, unsigned(rows + 31) / 32}, {32, 8}, 0,
        upload(in), out, rows, columns);
    EXPECT_THAT(download<float>(out, in.size()), ElementsAreArray(expected));
  }
  std::vector<float> in = fractions<float>(4 * 333);
  CUdeviceptr out = allocate(in.size() * 4);
  run(find(module, "copyVectors"), {2}, {64}, 0, upload(in), out, 333);
  EXPECT_THAT(download<float>(out, in.size()), ElementsAreArray(in));
}

TEST_P(MatrixKernelsTest, ProductsOfFloats) {
  CUfunction gemm = find("gemm", "gemmTiled");
  for (auto [m, n, k] : {std::tuple{1, 1, 1}, {65, 70, 33}, {128, 64, 48}}) {
    std::vector<float> a = fractions<float>(m * k), b = fractions<float>(k * n);
    CUdeviceptr c = allocate(m * n * 4);
    run(gemm, {unsigned(n + 63) / 64, unsigned(m + 63) / 64}, {256}, 0,
        upload(a), upload(b), c, m, n, k);
    EXPECT_THAT(download<float>(c, m * n),
                Pointwise(FloatNear(1e-5), multiply(a, b, m, n, k)));
  }
}

TEST_P(MatrixKernelsTest, ProductsOnTensorCores) {
  CUmodule module = loadFile("gemm");
  int m = 64, n = 128, k = 96;
  std::vector<_Float16> a = fractions<_Float16>(m * k),
                        b = fractions<_Float16>(k * n);
  std::vector<float> expected = multiply(a, b, m, n, k);
  CUdeviceptr aDevice = upload(a), bDevice = upload(b);
  CUdeviceptr c = allocate(m * n * 4);
  run(find(module, "gemmWmma"), {unsigned(n / 16), unsigned(m / 16)}, {32}, 0,
      aDevice, bDevice, c, m, n, k);
  EXPECT_THAT(download<float>(c, m * n), Pointwise(FloatNear(1e-5), expected));
  c = allocate(m * n * 4);
  run(find(module, "gemmMma"), {unsigned(n / 64), unsigned(m / 64)}, {128}, 0,
      aDevice, bDevice, c, m, n, k);
  EXPECT_THAT(download<float>(c, m * n), Pointwise(FloatNear(1e-5), expected));
}

TEST_P(MatrixKernelsTest, Convolution) {
  CUmodule module = loadFile("convolution");
  std::vector<float> weights = fractions<float>(49);
  CUdeviceptr constant;
  size_t bytes;
  ASSERT_OK(cuda().cuModuleGetGlobal_v2(&constant, &bytes, module, "weights"));
  ASSERT_EQ(bytes, 49u * 4);
  ASSERT_OK(cuda().cuMemcpyHtoD_v2(constant, weights.data(), bytes));
  int height = 21, width = 37;
  std::vector<float> image = fractions<float>(height * width), expected(image);
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column) {
      double sum = 0;
      for (int i = -3; i <= 3; ++i)
        for (int j = -3; j <= 3; ++j)
          if (row + i >= 0 && row + i < height && column + j >= 0 &&
              column + j < width)
            sum += double(weights[(i + 3) * 7 + j + 3]) *
                   image[(row + i) * width + column + j];
      expected[row * width + column] = sum;
    }
  CUdeviceptr result = allocate(image.size() * 4);
  run(find(module, "convolve"), {3, 2}, {16, 16}, 0, upload(image), result,
      height, width);
  EXPECT_THAT(download<float>(result, image.size()),
              Pointwise(FloatNear(1e-5), expected));
}

TEST_P(MatrixKernelsTest, Bodies) {
  int count = 100;
  std::vector<float> bodies = fractions<float>(count * 4), expected(count * 4);
  for (int i = 0; i < count; ++i)
    for (int j = 0; j < count; ++j) {
      double distance[3], square = 0.01;
      for (int axis = 0; axis < 3; ++axis) {
        distance[axis] = double(bodies[j * 4 + axis]) - bodies[i * 4 + axis];
        square += distance[axis] * distance[axis];
      }
      for (int axis = 0; axis < 3; ++axis)
        expected[i * 4 + axis] +=
            bodies[j * 4 + 3] * distance[axis] / std::pow(square, 1.5);
    }
  CUdeviceptr forces = allocate(count * 16);
  run(find("nbody", "accelerate"), {2}, {64}, 0, upload(bodies), forces, count);
  EXPECT_THAT(download<float>(forces, count * 4),
              Pointwise(FloatNear(2e-3), expected));
}

TEST_P(MatrixKernelsTest, FourierTransform) {
  std::vector<float> data = fractions<float>(2 * 512), expected(data);
  for (int block = 0; block < 2; ++block)
    for (int i = 0; i < 256; ++i) {
      std::complex<double> sum = 0;
      for (int j = 0; j < 256; ++j)
        sum += std::complex<double>(data[block * 512 + j * 2],
                                    data[block * 512 + j * 2 + 1]) *
               std::polar(1.0, -2 * M_PI * i * j / 256);
      expected[block * 512 + i * 2] = sum.real();
      expected[block * 512 + i * 2 + 1] = sum.imag();
    }
  CUdeviceptr values = upload(data);
  run(find("fft", "fft"), {2}, {128}, 0, values);
  EXPECT_THAT(download<float>(values, data.size()),
              Pointwise(FloatNear(1e-4), expected));
}

TEST_P(MatrixKernelsTest, Softmax) {
  CUmodule module = loadFile("softmax");
  int rows = 11, columns = 75;
  std::vector<float> in = fractions<float>(rows * columns), expected(in);
  for (float &value : in)
    value *= 8;
  for (int row = 0; row < rows; ++row) {
    double sum = 0;
    for (int i = 0; i < columns; ++i)
      sum += std::exp(double(in[row * columns + i]));
    for (int i = 0; i < columns; ++i)
      expected[row * columns + i] =
          std::exp(double(in[row * columns + i])) / sum;
  }
  CUdeviceptr out = allocate(in.size() * 4);
  run(find(module, "softmaxOfTiles"), {2}, {64}, 0, upload(in), out, rows,
      columns);
  EXPECT_THAT(download<float>(out, in.size()),
              Pointwise(FloatNear(1e-6), expected));
  out = allocate(in.size() * 4);
  run(find(module, "softmaxOfWideTiles"), {4}, {192}, 0, upload(in), out, rows,
      columns);
  EXPECT_THAT(download<float>(out, in.size()),
              Pointwise(FloatNear(1e-6), expected));
  out = allocate(in.size() * 4);
  CUdeviceptr totals = upload(std::vector<float>(2)), values = upload(in);
  void *arguments[] = {&values, &out, &totals, &rows, &columns};
  ASSERT_OK(cuda().cuLaunchCooperativeKernel(find(module, "softmaxOfGrids"), 3,
                                             1, 1, 32, 1, 1, 0, nullptr,
                                             arguments));
  EXPECT_THAT(download<float>(out, in.size()),
              Pointwise(FloatNear(1e-6), expected));
  out = allocate(in.size() * 4);
  run(find(module, "softmaxOfBlocks"), {unsigned(rows)}, {96}, 0, upload(in),
      out, columns);
  EXPECT_THAT(download<float>(out, in.size()),
              Pointwise(FloatNear(1e-6), expected));
}

TEST_P(MatrixKernelsTest, SparseProducts) {
  CUmodule module = loadFile("sparse");
  int rows = 77, columns = 300;
  std::vector<int> starts = {0}, places;
  for (int row = 0; row < rows; ++row) {
    int length = row % 5 == 0 ? 0 : integers<int>(1, 0, 70)[0];
    for (int place : integers<int>(length, 0, columns - 1))
      places.push_back(place);
    starts.push_back(places.size());
  }
  std::vector<float> values = fractions<float>(places.size()),
                     x = fractions<float>(columns), expected(rows);
  for (int row = 0; row < rows; ++row)
    for (int i = starts[row]; i < starts[row + 1]; ++i)
      expected[row] += values[i] * x[places[i]];
  CUdeviceptr startsDevice = upload(starts), placesDevice = upload(places),
              valuesDevice = upload(values), xDevice = upload(x);
  for (auto [kernel, blocks] :
       {std::pair{"multiplyRows", 20u}, {"multiplyScalar", 1u}}) {
    CUdeviceptr y = allocate(rows * 4);
    run(find(module, kernel), {blocks}, {128}, 0, startsDevice, placesDevice,
        valuesDevice, xDevice, y, rows);
    EXPECT_THAT(download<float>(y, rows), ElementsAreArray(expected));
  }

  std::vector<unsigned> numbers = integers<unsigned>(200, 1, 100000),
                        expectedSteps;
  for (unsigned number : numbers) {
    unsigned steps = 0;
    for (uint64_t value = number; value != 1 && steps < 1000; ++steps)
      value = value % 2 ? 3 * value + 1 : value / 2;
    expectedSteps.push_back(steps);
  }
  CUdeviceptr steps = allocate(800);
  run(find(module, "collatz"), {2}, {128}, 0, upload(numbers), steps, 200);
  EXPECT_THAT(download<unsigned>(steps, 200), ElementsAreArray(expectedSteps));
}

TEST_P(MatrixKernelsTest, NarrowTypes) {
  CUmodule module = loadFile("narrow");
  std::vector<_Float16> x = fractions<_Float16>(200),
                        y = fractions<_Float16>(200), expected;
  _Float16 factor = 1.5f;
  for (int i = 0; i < 200; ++i)
    expected.push_back(_Float16(double(factor) * double(x[i]) + double(y[i])));
  CUdeviceptr yDevice = upload(y);
  run(find(module, "axpyHalf"), {1}, {128}, 0, factor, upload(x), yDevice, 100);
  EXPECT_EQ(download<_Float16>(yDevice, 200), expected);

  std::vector<uint16_t> bfloats = integers<uint16_t>(100, 0x3000, 0x4800);
  std::vector<uint16_t> scaled;
  for (uint16_t bits : bfloats) {
    float value = std::bit_cast<float>(uint32_t(bits) << 16) * 1.7f;
    uint32_t word = std::bit_cast<uint32_t>(value);
    scaled.push_back((word + 0x7fff + (word >> 16 & 1)) >> 16);
  }
  CUdeviceptr result = allocate(200);
  run(find(module, "scaleBFloat"), {1}, {128}, 0, upload(bfloats), result, 1.7f,
      100);
  EXPECT_THAT(download<uint16_t>(result, 100), ElementsAreArray(scaled));

  std::vector<int8_t> weights = integers<int8_t>(4 * 45 * 4, -128, 127),
                      vector = integers<int8_t>(45 * 4, -128, 127);
  std::vector<int> dots(4);
  for (int row = 0; row < 4; ++row)
    for (int i = 0; i < 45 * 4; ++i)
      dots[row] += weights[row * 45 * 4 + i] * vector[i];
  result = allocate(16);
  run(find(module, "dotBytes"), {2}, {64}, 0, upload(weights), upload(vector),
      result, 45);
  EXPECT_THAT(download<int>(result, 4), ElementsAreArray(dots));

  std::vector<uint8_t> a = integers<uint8_t>(400, 0, 255),
                       b = integers<uint8_t>(400, 0, 255), mean, distance,
                       swapped(400);
  for (int i = 0; i < 400; ++i) {
    mean.push_back((a[i] + b[i] + 1) / 2);
    distance.push_back(std::abs(a[i] - b[i]));
    swapped[i ^ 3] = a[i];
  }
  CUdeviceptr meanDevice = allocate(400), distanceDevice = allocate(400),
              swappedDevice = allocate(400);
  run(find(module, "mixBytes"), {1}, {128}, 0, upload(a), upload(b), meanDevice,
      distanceDevice, swappedDevice, 100);
  EXPECT_THAT(download<uint8_t>(meanDevice, 400), ElementsAreArray(mean));
  EXPECT_THAT(download<uint8_t>(distanceDevice, 400),
              ElementsAreArray(distance));
  EXPECT_THAT(download<uint8_t>(swappedDevice, 400), ElementsAreArray(swapped));

  int groups = 40, rows = 6;
  std::vector<unsigned> nibbles =
      integers<unsigned>(rows * groups * 4, INT32_MIN, INT32_MAX);
  std::vector<_Float16> scales = fractions<_Float16>(rows * groups);
  std::vector<float> input = fractions<float>(groups * 32), output(rows);
  for (int row = 0; row < rows; ++row) {
    double total = 0;
    for (int i = 0; i < groups * 32; ++i) {
      int nibble = nibbles[row * groups * 4 + i / 8] >> i % 8 * 4 & 15;
      total += double(scales[row * groups + i / 32]) * (nibble - 8) * input[i];
    }
    output[row] = total;
  }
  CUdeviceptr outputDevice = allocate(rows * 4);
  run(find(module, "dotNibbles"), {3}, {32, 2}, 0, upload(nibbles),
      upload(scales), upload(input), outputDevice, groups);
  EXPECT_THAT(download<float>(outputDevice, rows),
              Pointwise(FloatNear(1e-3), output));
}
