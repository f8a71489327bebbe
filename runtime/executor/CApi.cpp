//===- CApi.cpp - The public interface in C -------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "weft/Runtime.h"
#include "weft/runtime_c.h"

#include <cstring>

using namespace weft;

struct WeftModel {
  Model model;
};

static_assert(WEFT_F64 == static_cast<int>(DataType::F64));

static char *toC(const Status &status) {
  return status ? nullptr : strdup(status.message().c_str());
}

static std::span<const int64_t> shapeOf(const WeftTensor &tensor) {
  return {tensor.shape, tensor.rank};
}

static std::vector<TensorView> viewsOf(const WeftTensor *tensors,
                                       size_t count) {
  std::vector<TensorView> views;
  for (size_t i = 0; i != count; ++i)
    views.push_back({tensors[i].name, static_cast<DataType>(tensors[i].type),
                     shapeOf(tensors[i]), tensors[i].data});
  return views;
}

char *weft_load(const char *path, unsigned threads, WeftModel **model) {
  LoadOptions options;
  options.threads = threads;
  StatusOr<Model> loaded = Model::load(path, options);
  if (!loaded)
    return toC(loaded.status());
  *model = new WeftModel{std::move(*loaded)};
  return nullptr;
}

void weft_free_model(WeftModel *model) { delete model; }

void weft_free_error(char *error) { std::free(error); }

char *weft_output_shape(WeftModel *model, const WeftTensor *inputs,
                        size_t input_count, const char *name, int64_t *shape,
                        size_t capacity, size_t *rank) {
  StatusOr<std::vector<int64_t>> found =
      model->model.outputShape(viewsOf(inputs, input_count), name);
  if (!found)
    return toC(found.status());
  *rank = found->size();
  std::copy_n(found->begin(), std::min(capacity, found->size()), shape);
  return nullptr;
}

char *weft_run(WeftModel *model, const WeftTensor *inputs, size_t input_count,
               const WeftTensor *outputs, size_t output_count) {
  std::vector<MutableTensorView> results;
  for (size_t i = 0; i != output_count; ++i)
    results.push_back({outputs[i].name, static_cast<DataType>(outputs[i].type),
                       shapeOf(outputs[i]), outputs[i].data});
  return toC(model->model.run(viewsOf(inputs, input_count), results));
}
