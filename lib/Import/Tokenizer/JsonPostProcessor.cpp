//===- JsonPostProcessor.cpp - The template of a tokenizer.json -----------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Tokenizer/JsonSteps.h"

namespace weft {

/// "special_tokens": {"<s>": {"id": "<s>", "ids": [1], ...}}
static void addSpecial(const Json *table, const std::string &name,
                       JsonFields &fields,
                       google::protobuf::RepeatedField<uint32_t> &to) {
  const Json *entry = table && table->is_object() && table->contains(name)
                          ? &(*table)[name]
                          : nullptr;
  if (!entry)
    return fields.fail("uses '" + name + "', which it does not define");
  JsonFields token(*entry, "special token '" + name + "'");
  for (const Json &id : token.array("ids")) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() > INT32_MAX)
      return fields.fail("gives '" + name + "' an id that is no id");
    to.Add(id.get<uint32_t>());
  }
}

static void readTemplate(JsonFields &fields, artifact::Tokenizer &tokenizer) {
  const Json *table = fields.find("special_tokens");
  bool seen = false;
  for (const Json &item : fields.array("single")) {
    JsonFields members(item, "an item of TemplateProcessing");
    if (const Json *special = members.find("SpecialToken")) {
      JsonFields token(*special, "a special token");
      addSpecial(table, token.text("id"), fields,
                 seen ? *tokenizer.mutable_suffix()
                      : *tokenizer.mutable_prefix());
    } else if (members.find("Sequence") && !seen) {
      seen = true;
    } else {
      fields.fail("has a template for one text that is not special tokens and, "
                  "once, the text");
    }
  }
  if (!seen)
    fields.fail("has a template without the text");
}

/// BertProcessing and RobertaProcessing: "cls" before, "sep" after the text.
static void readBert(JsonFields &fields, artifact::Tokenizer &tokenizer) {
  for (auto [key, to] : {std::pair("cls", tokenizer.mutable_prefix()),
                         std::pair("sep", tokenizer.mutable_suffix())}) {
    const Json *pair = fields.find(key);
    if (!pair || !pair->is_array() || pair->size() != 2 ||
        !(*pair)[1].is_number_unsigned() ||
        (*pair)[1].get<uint64_t>() > INT32_MAX)
      return fields.fail("has no '" + std::string(key) + "' with an id");
    to->Add((*pair)[1].get<uint32_t>());
  }
}

Status readPostProcessor(const Json &json, artifact::Tokenizer &tokenizer) {
  std::string type = JsonFields(json, "a post-processor").text("type");
  JsonFields fields(json, "post-processor " + type);
  bool hasTemplate = !tokenizer.prefix().empty() || !tokenizer.suffix().empty();
  if (type == "Sequence") {
    for (const Json &part : fields.array("processors"))
      WEFT_RETURN_IF_ERROR(readPostProcessor(part, tokenizer));
  } else if (type == "ByteLevel") {
    // It only moves offsets, which we do not have.
  } else if (hasTemplate) {
    fields.fail("follows another that adds special tokens");
  } else if (type == "TemplateProcessing") {
    readTemplate(fields, tokenizer);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    readBert(fields, tokenizer);
  } else {
    fields.fail("is not supported");
  }
  return fields.status();
}

} // namespace weft
