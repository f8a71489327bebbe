//===- LanguageModelTest.cpp - What generation asks of an artifact --------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forgery.h"
#include "test/runtime/support/TestArtifact.h"
#include "weft/Runtime.h"

using namespace weft;
using namespace weft::test;
using artifact::Manifest;

namespace {

/// A step that gives zeros.
Manifest stepManifest() {
  Manifest manifest = emptyManifest();
  artifact::EntryPoint &entry = *manifest.add_entries();
  entry.set_name("step");
  auto add = [&](const char *name, std::vector<std::string> sizes) {
    *entry.add_inputs() = tensorInfo(name, artifact::I32, std::move(sizes));
  };
  add("tokens", {"sequence"});
  add("positions", {"sequence"});
  add("sequence_start", {"batch + 1"});
  add("kv_length", {"batch"});
  add("block_table", {"batch", "2"});
  add("logits_rows", {"1"});
  *entry.add_outputs() = tensorInfo("logits", artifact::F32, {"1", "10"});
  artifact::Variant &variant =
      *manifest.mutable_stages(0)->add_programs()->add_variants();
  variant.set_queues(1);
  addBuffer(variant, artifact::Buffer::OUTPUT, "40");
  variant.add_commands()->mutable_fill()->set_buffer(0);

  artifact::LanguageModel &model = *manifest.mutable_language_model();
  model.set_entry_point("step");
  model.set_architecture("llama");
  model.set_block_size(64);
  model.set_blocks(2);
  model.set_context(128);
  model.set_max_sequences(1);
  model.set_max_tokens(32);
  model.set_vocabulary(10);
  model.set_tokenizer_file("tokenizer.pb");
  return manifest;
}

void writeModel(const std::string &folder, Manifest &manifest) {
  manifest.clear_files();
  addFile(folder, manifest, "stage0.so", kernelObject());
  addFile(folder, manifest, "tokenizer.pb", "pieces");
  writeManifest(folder, manifest);
}

TEST(LanguageModel, SaysItsCapacity) {
  TemporaryFolder folder;
  Manifest manifest = stepManifest();
  writeModel(folder.path(), manifest);
  StatusOr<Model> model = Model::load(folder.path());
  ASSERT_TRUE(model.isOk()) << model.message();
  std::optional<LanguageModel> language = model->languageModel();
  ASSERT_TRUE(language.has_value());
  EXPECT_EQ(language->entryPoint, "step");
  EXPECT_EQ(language->architecture, "llama");
  EXPECT_EQ(language->blockSize, 64);
  EXPECT_EQ(language->blocks, 2);
  EXPECT_EQ(language->context, 128);
  EXPECT_EQ(language->maxSequences, 1);
  EXPECT_EQ(language->maxTokens, 32);
  EXPECT_EQ(language->vocabulary, 10);
  EXPECT_EQ(std::string(language->tokenizer.begin(), language->tokenizer.end()),
            "pieces");
}

TEST(LanguageModel, IsNoneInAnEncoder) {
  TemporaryFolder folder;
  writeEncoder(folder.path());
  StatusOr<Model> model = Model::load(folder.path());
  ASSERT_TRUE(model.isOk()) << model.message();
  EXPECT_FALSE(model->languageModel().has_value());
}

TEST(LanguageModel, TokenizerIsHashed) {
  TemporaryFolder folder;
  Manifest manifest = stepManifest();
  writeModel(folder.path(), manifest);
  writeText(folder.file("tokenizer.pb"), "PIECES");
  StatusOr<Model> model = Model::load(folder.path());
  ASSERT_FALSE(model.isOk());
  EXPECT_THAT(model.message(),
              testing::HasSubstr("'tokenizer.pb' does not match its hash"));
}

class ForgedLanguageModel : public testing::TestWithParam<Forgery> {};

TEST_P(ForgedLanguageModel, GivesOneSentence) {
  TemporaryFolder folder;
  Manifest manifest = stepManifest();
  GetParam().apply(manifest);
  writeModel(folder.path(), manifest);
  StatusOr<Model> model = Model::load(folder.path());
  ASSERT_FALSE(model.isOk());
  expectOneSentence(model.status());
  EXPECT_THAT(model.message(), testing::HasSubstr(GetParam().message));
}

const Forgery forgeries[] = {
    {"NoSuchEntryPoint",
     [](Manifest &m) { m.mutable_language_model()->set_entry_point("main"); },
     "runs entry point 'main', which the artifact does not have"},
    {"NoTokens",
     [](Manifest &m) {
       m.mutable_entries(0)->mutable_inputs(0)->set_name("ids");
     },
     "has no input 'tokens' of I32 with 1 dimensions"},
    {"WideTokens",
     [](Manifest &m) {
       m.mutable_entries(0)->mutable_inputs(0)->set_type(artifact::I64);
     },
     "has no input 'tokens' of I32"},
    {"FlatTable",
     [](Manifest &m) {
       m.mutable_entries(0)->mutable_inputs(4)->mutable_sizes()->RemoveLast();
     },
     "has no input 'block_table' of I32 with 2 dimensions"},
    {"AnotherInput",
     [](Manifest &m) {
       *m.mutable_entries(0)->add_inputs() =
           tensorInfo("mask", artifact::F32, {"sequence"});
     },
     "has 7 inputs; expected 6"},
    {"NoLogits",
     [](Manifest &m) {
       m.mutable_entries(0)->mutable_outputs(0)->set_name("y");
     },
     "has no output 'logits' of F32 with 2 dimensions"},
    {"NoContext",
     [](Manifest &m) { m.mutable_language_model()->set_context(0); },
     "has a context of 0; expected 1 to 2147483647"},
    {"HugeContext",
     [](Manifest &m) { m.mutable_language_model()->set_context(UINT64_MAX); },
     "has a context of 18446744073709551615"},
    {"NoBlockSize",
     [](Manifest &m) { m.mutable_language_model()->set_block_size(0); },
     "has a block size of 0"},
    {"FewBlocks",
     [](Manifest &m) { m.mutable_language_model()->set_blocks(1); },
     "has a cache of 1 blocks; a sequence of 128 tokens takes 2"},
    {"NoVocabulary",
     [](Manifest &m) { m.mutable_language_model()->set_vocabulary(0); },
     "has a vocabulary of 0"},
    {"NoSuchTokenizer",
     [](Manifest &m) {
       m.mutable_language_model()->set_tokenizer_file("t.json");
     },
     "has tokenizer file 't.json', which is not among the artifact's files"},
};

INSTANTIATE_TEST_SUITE_P(All, ForgedLanguageModel, testing::ValuesIn(forgeries),
                         [](const auto &info) { return info.param.name; });

} // namespace
