//===- WriteSeeds.cpp - Sound files to start fuzzing from -----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Import/GGUF/GGUFBuilder.h"
#include "test/runtime/support/TestArtifact.h"
#include "weft/tokenizer.pb.h"

using namespace weft::test;

/// A tokenizer with a step of most kinds.
static weft::artifact::Tokenizer tokenizer() {
  using namespace weft::artifact;
  Tokenizer made;
  made.set_format_version(1);
  for (const char *piece : {"a", "b", "ab", "<0x41>", "\xe2\x96\x81", "l"})
    made.mutable_model()->add_pieces(piece);
  made.mutable_model()->set_kind(TokenModel::BPE);
  made.mutable_model()->set_byte_fallback(true);
  made.mutable_model()->set_unknown(5);
  made.mutable_model()->add_merges(0);
  made.mutable_model()->add_merges(1);
  AddedToken &added = *made.add_added_tokens();
  added.set_content("<s>");
  added.set_id(6);
  added.set_special(true);
  made.add_normalizers()->set_simple(NormalizerStep::NFKC);
  made.add_normalizers()->set_prepend("\xe2\x96\x81");
  PreTokenizerStep::Split &split = *made.add_pre_tokenizers()->mutable_split();
  split.mutable_pattern()->set_expression("\\p{L}+|\\s+(?!\\S)|[^\\s]");
  split.set_behavior(ISOLATED);
  made.add_pre_tokenizers()->mutable_metaspace()->set_replacement("_");
  made.mutable_pre_tokenizers(1)->mutable_metaspace()->set_prepend(
      PreTokenizerStep::Metaspace::FIRST);
  made.add_decoders()->set_byte_fallback(true);
  made.add_decoders()->set_fuse(true);
  made.add_prefix(6);
  return made;
}

/// Writes a folder of seeds for each harness into argv[1].
int main(int, char **argv) {
  std::string folder = argv[1];
  writeText(folder + "/manifest/encoder",
            encoderManifest().SerializeAsString());
  writeText(folder + "/safetensors/weights", encoderWeights());
  writeText(folder + "/size-expr/sum",
            "-3*batch*sequence + ceildiv(x.y, 16)*min(a, b) - 7");
  writeText(folder + "/size-expr/nested",
            "max(floordiv(a*b + 5, b), mod(c, 8)*coord(\"tp\"))");
  writeText(folder + "/tokenizer-message/bpe", tokenizer().SerializeAsString());
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, "
                       "3), }";
  writeText(folder + "/npy/matrix", std::string("\x93NUMPY\x01\x00", 8) +
                                        char(header.size()) + '\0' + header +
                                        std::string(24, '\1'));
  using Builder = weft::gguf::GGUFBuilder;
  writeText(folder + "/gguf/model",
            Builder()
                .integer("layers", 2)
                .array("key", weft::gguf::ValueType::String, 2,
                       Builder::bytesOf("a") + Builder::bytesOf("bc"))
                .tensor("norm", {3}, 0, std::string(12, '\1'))
                .tensor("weight", {64, 2}, 3, std::string(80, '\2'))
                .build());
}
