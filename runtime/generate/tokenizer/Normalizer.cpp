//===- Normalizer.cpp - What precedes cutting into words ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/tokenizer/Normalizer.h"

#include "weft/tokenizer.pb.h"

#include "runtime/generate/tokenizer/CharactersMap.h"
#include "runtime/generate/tokenizer/TextPattern.h"
#include "runtime/generate/tokenizer/Unicode.h"
#include "runtime/generate/tokenizer/Utf8.h"

#include <algorithm>
#include <memory>

namespace weft {
namespace {

using Step = artifact::NormalizerStep;

bool isASCII(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char byte) {
    return static_cast<uint8_t>(byte) < 0x80;
  });
}

/// `text` with what map(character, result) appends for each character.
template <typename Map> void mapCharacters(std::string &text, Map map) {
  std::string result;
  result.reserve(text.size());
  forEachCharacter(text, [&](char32_t character, std::string_view bytes) {
    map(character, bytes, result);
  });
  text = std::move(result);
}

template <typename Predicate>
void removeCharacters(std::string &text, Predicate isRemoved) {
  mapCharacters(text, [&](char32_t c, std::string_view bytes, std::string &to) {
    if (!isRemoved(c))
      to += bytes;
  });
}

void toNormalForm(std::string &text, NormalForm form) {
  if (!isASCII(text))
    text = normalized(text, form);
}

void lowercase(std::string &text) {
  mapCharacters(text, [](char32_t c, std::string_view, std::string &to) {
    if (c == 0x130) // The only one whose lower case is two characters.
      to += "i\xcc\x87";
    else
      appendUtf8(to, toLower(c));
  });
}

/// As the NMT rules of SentencePiece do.
void nmt(std::string &text) {
  mapCharacters(text, [](char32_t c, std::string_view bytes, std::string &to) {
    if ((c >= 1 && c <= 8) || c == 0xb || (c >= 0xe && c <= 0x1f) ||
        c == 0x7f || c == 0x8f || c == 0x9f)
      return;
    bool space = c == '\t' || c == '\n' || c == '\f' || c == '\r' ||
                 c == 0x1680 || (c >= 0x200b && c <= 0x200f) || c == 0x2028 ||
                 c == 0x2029 || c == 0x2581 || c == 0xfeff || c == 0xfffd;
    to += space ? std::string_view(" ") : bytes;
  });
}

void bertClean(std::string &text) {
  mapCharacters(text, [](char32_t c, std::string_view bytes, std::string &to) {
    bool lineOrTab = c == '\t' || c == '\n' || c == '\r';
    if (c == 0 || c == 0xfffd || (!lineOrTab && isOther(c)))
      return;
    to += lineOrTab || isWhiteSpace(c) ? std::string_view(" ") : bytes;
  });
}

void bertChinese(std::string &text) {
  mapCharacters(text, [](char32_t c, std::string_view bytes, std::string &to) {
    to.append(isChinese(c) ? " " : "").append(bytes);
    to.append(isChinese(c) ? " " : "");
  });
}

void stripLeft(std::string &text) {
  size_t begin = 0;
  while (begin != text.size() &&
         isWhiteSpace(firstCharacter(std::string_view(text).substr(begin))))
    begin += utf8Length(text[begin]);
  text.erase(0, begin);
}

void stripRight(std::string &text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    size_t length = lastUtf8Length(rest);
    if (!isWhiteSpace(firstCharacter(rest.substr(rest.size() - length))))
      break;
    rest.remove_suffix(length);
  }
  text.resize(rest.size());
}

using Function = void (*)(std::string &);

/// Null for what is no step.
Function simpleStep(Step::Simple step) {
  switch (step) {
  case Step::NFC:
    return [](std::string &text) { toNormalForm(text, NormalForm::NFC); };
  case Step::NFD:
    return [](std::string &text) { toNormalForm(text, NormalForm::NFD); };
  case Step::NFKC:
    return [](std::string &text) { toNormalForm(text, NormalForm::NFKC); };
  case Step::NFKD:
    return [](std::string &text) { toNormalForm(text, NormalForm::NFKD); };
  case Step::LOWERCASE:
    return lowercase;
  case Step::STRIP_ACCENTS:
    return [](std::string &text) { removeCharacters(text, isMark); };
  case Step::NMT:
    return nmt;
  case Step::STRIP_LEFT:
    return stripLeft;
  case Step::STRIP_RIGHT:
    return stripRight;
  case Step::BERT_CLEAN:
    return bertClean;
  case Step::BERT_CHINESE:
    return bertChinese;
  case Step::BERT_STRIP_ACCENTS:
    return [](std::string &text) {
      toNormalForm(text, NormalForm::NFD);
      removeCharacters(text, isNonspacingMark);
    };
  default:
    return nullptr;
  }
}

} // namespace

StatusOr<Normalizer>
Normalizer::create(const artifact::Tokenizer &description) {
  Normalizer normalizer;
  for (const Step &step : description.normalizers()) {
    switch (step.kind_case()) {
    case Step::kSimple: {
      Function function = simpleStep(step.simple());
      if (!function)
        return Status::error("the tokenizer has an unknown normalizer, " +
                             std::to_string(step.simple()));
      normalizer.steps.emplace_back([function](std::string &text) {
        function(text);
        return Status::ok();
      });
      break;
    }
    case Step::kReplace: {
      StatusOr<Replacement> made = Replacement::create(step.replace());
      if (!made)
        return made.status();
      auto replacement = std::make_shared<Replacement>(*std::move(made));
      normalizer.steps.emplace_back([replacement](std::string &text) {
        return replacement->apply(text);
      });
      break;
    }
    case Step::kPrepend: {
      if (!isUtf8(step.prepend()))
        return Status::error("what the tokenizer prepends is not UTF-8");
      normalizer.steps.emplace_back(
          [prefix = step.prepend()](std::string &text) {
            if (!text.empty())
              text.insert(0, prefix);
            return Status::ok();
          });
      break;
    }
    case Step::kCharactersMap: {
      StatusOr<CharactersMap> made =
          CharactersMap::create(step.characters_map());
      if (!made)
        return made.status();
      auto map = std::make_shared<CharactersMap>(*std::move(made));
      normalizer.steps.emplace_back([map](std::string &text) {
        map->apply(text);
        return Status::ok();
      });
      break;
    }
    default:
      return Status::error("the tokenizer has an unknown normalizer");
    }
  }
  return normalizer;
}

Status Normalizer::apply(std::string &text) const {
  // No character's compatibility form is longer than 33 bytes.
  size_t most = 64 * text.size() + (64 << 10);
  for (const Action &step : steps) {
    WEFT_RETURN_IF_ERROR(step(text));
    if (text.size() > most)
      return Status::error("the tokenizer's normalizers make " +
                           std::to_string(text.size()) +
                           " bytes of a much shorter text");
  }
  return Status::ok();
}

} // namespace weft
