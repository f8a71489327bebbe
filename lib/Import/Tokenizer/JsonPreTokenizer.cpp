//===- JsonPreTokenizer.cpp - Pre-tokenizers of a tokenizer.json ----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/JsonPattern.h"
#include "lib/Import/Tokenizer/JsonSteps.h"
#include "lib/Import/Tokenizer/WordPatterns.h"

namespace weft {

using Step = artifact::PreTokenizerStep;

/// \w of Rust's regular expressions, which the pre-tokenizer Whitespace uses:
/// other than Oniguruma's it has the joiners and no superscripts.
static constexpr std::string_view rustWord =
    "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{200c}\\x{200d}\\x{24b6}-\\x{24e9}"
    "\\x{1f130}-\\x{1f149}\\x{1f150}-\\x{1f169}\\x{1f170}-\\x{1f189}";

static artifact::SplitBehavior readBehavior(JsonFields &fields,
                                            std::string_view otherwise = "") {
  static constexpr std::pair<std::string_view, artifact::SplitBehavior>
      behaviors[] = {{"Removed", artifact::REMOVED},
                     {"Isolated", artifact::ISOLATED},
                     {"MergedWithPrevious", artifact::MERGED_WITH_PREVIOUS},
                     {"MergedWithNext", artifact::MERGED_WITH_NEXT},
                     {"Contiguous", artifact::CONTIGUOUS}};
  std::string name = fields.text("behavior", otherwise);
  for (auto [known, behavior] : behaviors)
    if (known == name)
      return behavior;
  fields.fail("has the unknown behavior '" + name + "'");
  return artifact::ISOLATED;
}

static void addClass(Step::CharacterClass characters,
                     artifact::SplitBehavior behavior,
                     artifact::Tokenizer &tokenizer) {
  Step::SplitClass *split =
      tokenizer.add_pre_tokenizers()->mutable_split_class();
  split->set_characters(characters);
  split->set_behavior(behavior);
}

static void readMetaspace(JsonFields &fields, artifact::Tokenizer &tokenizer) {
  Step::Metaspace *step = tokenizer.add_pre_tokenizers()->mutable_metaspace();
  step->set_replacement(fields.text("replacement", "\xe2\x96\x81"));
  step->set_split(fields.boolean("split", true));
  // Older files have add_prefix_space instead of a scheme.
  std::string scheme = fields.text(
      "prepend_scheme",
      fields.boolean("add_prefix_space", true) ? "always" : "never");
  step->set_prepend(scheme == "first"   ? Step::Metaspace::FIRST
                    : scheme == "never" ? Step::Metaspace::NEVER
                                        : Step::Metaspace::ALWAYS);
  if (scheme != "first" && scheme != "never" && scheme != "always")
    fields.fail("has the unknown prepend_scheme '" + scheme + "'");
}

Status readPreTokenizer(const Json &json, artifact::Tokenizer &tokenizer) {
  std::string type = JsonFields(json, "a pre-tokenizer").text("type");
  JsonFields fields(json, "pre-tokenizer " + type);
  if (tokenizer.model().byte_level() && type != "Sequence")
    fields.fail("comes after ByteLevel, which has to be the last");
  if (type == "Sequence") {
    for (const Json &part : fields.array("pretokenizers"))
      WEFT_RETURN_IF_ERROR(readPreTokenizer(part, tokenizer));
  } else if (type == "ByteLevel") {
    if (fields.boolean("add_prefix_space", true))
      tokenizer.add_pre_tokenizers()->set_prefix_space(true);
    if (fields.boolean("use_regex", true))
      addSplit(gpt2Words, tokenizer);
    tokenizer.mutable_model()->set_byte_level(true);
  } else if (type == "Split") {
    Step::Split *split = tokenizer.add_pre_tokenizers()->mutable_split();
    readPattern(fields, *split->mutable_pattern());
    split->set_behavior(readBehavior(fields));
    split->set_invert(fields.boolean("invert", false));
  } else if (type == "Digits") {
    addClass(Step::NUMERIC,
             fields.boolean("individual_digits", false) ? artifact::ISOLATED
                                                        : artifact::CONTIGUOUS,
             tokenizer);
  } else if (type == "Punctuation") {
    addClass(Step::PUNCTUATION, readBehavior(fields, "Isolated"), tokenizer);
  } else if (type == "WhitespaceSplit") {
    addClass(Step::WHITE_SPACE, artifact::REMOVED, tokenizer);
  } else if (type == "BertPreTokenizer") {
    addClass(Step::WHITE_SPACE, artifact::REMOVED, tokenizer);
    addClass(Step::PUNCTUATION, artifact::ISOLATED, tokenizer);
  } else if (type == "Whitespace") {
    Step::Split *split = tokenizer.add_pre_tokenizers()->mutable_split();
    split->mutable_pattern()->set_expression("[" + std::string(rustWord) +
                                             "]+|[^\\s" +
                                             std::string(rustWord) + "]+");
    split->set_behavior(artifact::REMOVED);
    split->set_invert(true);
  } else if (type == "CharDelimiterSplit") {
    Step::Split *split = tokenizer.add_pre_tokenizers()->mutable_split();
    split->mutable_pattern()->set_literal(fields.text("delimiter"));
    split->set_behavior(artifact::REMOVED);
  } else if (type == "Metaspace") {
    readMetaspace(fields, tokenizer);
  } else {
    fields.fail("is not supported");
  }
  return fields.status();
}

} // namespace weft
