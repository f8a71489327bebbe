//===- encode.cpp - Run an encoder in thirty lines ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Usage: encode MODEL.weft ID...
// Encodes one text, given as token ids, and prints what each output is.
//
//===----------------------------------------------------------------------===//

#include "weft/Runtime.h"

#include <cstdio>
#include <cstdlib>

int main(int argc, char **argv) {
  auto model = weft::Model::load(argc > 1 ? argv[1] : "model.weft");
  if (!model) {
    std::fprintf(stderr, "error: %s\n", model.message().c_str());
    return 1;
  }
  std::vector<int64_t> ids, shape;
  for (int i = 2; i < argc; ++i)
    ids.push_back(std::atoll(argv[i]));
  shape = {1, static_cast<int64_t>(ids.size())};
  // All tokens are attended to; every other input is zero.
  std::vector<int64_t> ones(ids.size(), 1), zeros(ids.size(), 0);
  std::vector<weft::TensorInfo> infos = model->inputs();
  std::vector<weft::TensorView> inputs;
  for (const weft::TensorInfo &info : infos) {
    bool isIds = info.name.ends_with("ids") && inputs.empty();
    bool isMask = info.name == "attention_mask";
    const auto &data = isIds ? ids : isMask ? ones : zeros;
    inputs.push_back({info.name, weft::DataType::I64, shape, data.data()});
  }
  auto outputs = model->run(inputs);
  if (!outputs) {
    std::fprintf(stderr, "error: %s\n", outputs.message().c_str());
    return 1;
  }
  for (const weft::Tensor &output : *outputs)
    std::printf("%s: %zu numbers, the first is %g\n", output.name().c_str(),
                size_t(output.elementCount()), output.values<float>()[0]);
}
