//===- ForgedGemmTest.cpp - Products that lie -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forgery.h"

using namespace weft;
using namespace weft::test;
using artifact::Gemm;
using artifact::Manifest;

namespace {

/// The encoder's product once more, as a gemm with the kernel behind it.
Gemm &gemm(Manifest &m) {
  Gemm &result = *added(m).mutable_gemm();
  result.set_a(3);
  result.set_b(2);
  result.set_d(4);
  result.set_m("batch*sequence");
  result.set_n("8");
  result.set_k("4");
  result.set_batch("1");
  result.set_transpose_b(true);
  result.set_type(artifact::F32);
  result.set_accumulate(artifact::F32);
  result.set_output(artifact::F32);
  *result.mutable_launch() = launchOf(m, 1);
  return result;
}

const Forgery forgeries[] = {
    {"GemmOfNoType", [](Manifest &m) { gemm(m).clear_type(); },
     "is a product of DATA_TYPE_INVALID; expected F16, BF16 or F32"},
    {"GemmOfUnknownType",
     [](Manifest &m) { gemm(m).set_type(static_cast<artifact::DataType>(99)); },
     "is a product of type 99"},
    {"GemmSummedInHalf",
     [](Manifest &m) { gemm(m).set_accumulate(artifact::F16); },
     "is a product summed in F16; expected F32"},
    {"GemmToAnotherType",
     [](Manifest &m) { gemm(m).set_output(artifact::BF16); },
     "is a product of F32 to BF16"},
    {"GemmOfUnknownEpilogue", [](Manifest &m) { gemm(m).set_epilogue("tanh"); },
     "has unknown epilogue 'tanh'"},
    {"GemmInPlace", [](Manifest &m) { gemm(m).set_d(3); },
     "has buffer 3 as an operand and as its result"},
    {"GemmFromNoBuffer", [](Manifest &m) { gemm(m).set_a(6); },
     "uses buffer 6 of 6"},
    {"GemmWithNoBias", [](Manifest &m) { gemm(m).set_bias(UINT32_MAX); },
     "uses buffer 4294967295 of 6"},
    {"GemmIntoWeight", [](Manifest &m) { gemm(m).set_d(1); },
     "writes to buffer 1"},
    {"GemmWithoutSize", [](Manifest &m) { gemm(m).clear_k(); }, "forged"},
    {"GemmWithoutKernel",
     [](Manifest &m) { gemm(m).mutable_launch()->set_kernel(77); },
     "launches kernel 77 of 5"},
    {"GemmWithoutLibrary", [](Manifest &m) { gemm(m).clear_launch(); },
     "node 'forged' is a product without a kernel of its own, and cpu:0 has "
     "no matrix library (there is none for this kind of device); install "
     "cuBLASLt"},
    {"GemmOfMoreThanThereIs",
     [](Manifest &m) { gemm(m).set_m("batch*sequence + 1"); },
     "a product reads"},
    {"GemmOfMoreWeightsThanThereAre", [](Manifest &m) { gemm(m).set_n("9"); },
     "a product reads 144 bytes at 0 of buffer 2, which has 128"},
    {"GemmIntoLessThanItMakes",
     [](Manifest &m) {
       gemm(m).set_d(3);
       variantOf(m).mutable_commands(3)->mutable_gemm()->set_a(4);
     },
     "a product writes"},
    {"GemmOfHugeSizes",
     [](Manifest &m) { gemm(m).set_m("batch*4611686018427387904"); },
     "a product's m"},
    {"GemmOfNegativeSizes", [](Manifest &m) { gemm(m).set_batch("0 - batch"); },
     "a product's batch is -"},
    {"GemmOffItsAlignment",
     [](Manifest &m) {
       artifact::Buffer &view =
           addBuffer(variantOf(m), artifact::Buffer::VIEW, "96", 2);
       view.set_offset("32");
       gemm(m).set_b(6);
       variantOf(m).mutable_commands(3)->mutable_gemm()->set_n("4");
     },
     "buffer 6 at byte 32; expected a multiple of 64"},
};

INSTANTIATE_TEST_SUITE_P(Gemm, ForgedArtifact, testing::ValuesIn(forgeries),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

} // namespace
