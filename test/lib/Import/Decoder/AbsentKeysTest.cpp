//===- AbsentKeysTest.cpp - What models mean that do not say it -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Decoder/ImportLanguageModel.h"
#include "test/lib/Import/GGUF/GGUFBuilder.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/raw_ostream.h"

#include <fstream>
#include <gmock/gmock.h>

using namespace mlir;
using namespace weft;
using testing::HasSubstr;
using testing::Not;

static const std::string modelsFolder = WEFT_SOURCE_DIR "/test/models/decoders";

static std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

namespace {

class AbsentKeysTest : public testing::Test {
protected:
  static std::string print(OwningOpRef<ModuleOp> module) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    if (module)
      module->print(stream);
    return text;
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
};

/// Of a GGUF file whose keys are written over.
class AbsentGGUFKeysTest : public AbsentKeysTest {
protected:
  void load(const std::string &model) {
    file = readFile(modelsFolder + "/" + model + "/model.gguf");
  }
  /// Another key takes its place, which nobody knows.
  void lose(const std::string &key) {
    size_t at = file.find(key);
    ASSERT_NE(at, std::string::npos) << key;
    file[at + key.size() - 1] = '?';
  }
  /// Behind a key are four bytes of its type and the value.
  template <typename T> void set(const std::string &key, T value) {
    size_t at = file.find(key);
    ASSERT_NE(at, std::string::npos) << key;
    file.replace(at + key.size() + 4, sizeof(T),
                 gguf::GGUFBuilder::bytesOf(value));
  }
  std::string import() {
    return print(importGGUF(gguf::readGGUF(file), "model.gguf", &context));
  }

  std::string file;
};

} // namespace

TEST_F(AbsentGGUFKeysTest, Gemma2HasSoftCapsAndAWindow) {
  load("gemma2");
  set("gemma2.context_length", uint32_t(8192));
  EXPECT_THAT(import(), HasSubstr("window 16 soft_cap 3.0"));
  lose("gemma2.attn_logit_softcapping");
  lose("gemma2.final_logit_softcapping");
  lose("gemma2.attention.sliding_window");
  std::string module = import();
  EXPECT_THAT(module, HasSubstr("window 4096 soft_cap 5.000000e+01"));
  EXPECT_THAT(module, HasSubstr("dense<3.000000e+01> : tensor<f32>"));
}

TEST_F(AbsentGGUFKeysTest, AFactorOfRotationsIsLinear) {
  const std::string quarter = "dense<[2.500000e-01,", one = "dense<[1.000000e";
  load("llama-yarn");
  EXPECT_THAT(import(), Not(HasSubstr(quarter)));
  lose("llama.rope.scaling.type");
  EXPECT_THAT(import(), HasSubstr(quarter));
  set("llama.rope.scaling.factor", 0.0f);
  EXPECT_THAT(import(), HasSubstr(one));
}
