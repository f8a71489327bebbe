//===- Vocabulary.cpp -----------------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/Vocabulary.h"

#include <string>
#include <unordered_map>

using namespace weft;
using namespace weft::cusim::ptx;

namespace {

constexpr std::string_view OpcodeTexts[] = {
#define CUSIM_OPCODE(NAME, TEXT, ...) TEXT,
#include "runtime/cusim/ptx/Opcodes.def"
};
constexpr std::string_view ModifierTexts[] = {
#define CUSIM_MODIFIER(NAME, TEXT) TEXT,
#include "runtime/cusim/ptx/Words.def"
};
constexpr std::string_view TypeTexts[] = {
    "",
#define CUSIM_TYPE(NAME, TEXT, BITS) TEXT,
#include "runtime/cusim/ptx/Words.def"
};
constexpr unsigned TypeBits[] = {
    0,
#define CUSIM_TYPE(NAME, TEXT, BITS) BITS,
#include "runtime/cusim/ptx/Words.def"
};
constexpr std::string_view SpecialTexts[] = {
#define CUSIM_SPECIAL(NAME, TEXT) TEXT,
#include "runtime/cusim/ptx/Words.def"
};

/// The enumerator of each text of a table.
template <typename Enum> class Index {
public:
  template <size_t N> explicit Index(const std::string_view (&texts)[N]) {
    for (size_t i = 0; i < N; ++i)
      values.emplace(texts[i], Enum(i));
  }
  std::optional<Enum> find(std::string_view text) const {
    auto found = values.find(text);
    if (found == values.end())
      return std::nullopt;
    return found->second;
  }

private:
  std::unordered_map<std::string_view, Enum> values;
};

} // namespace

std::string_view cusim::ptx::textOf(Opcode opcode) {
  return OpcodeTexts[size_t(opcode)];
}
std::string_view cusim::ptx::textOf(Modifier modifier) {
  return ModifierTexts[size_t(modifier)];
}
std::string_view cusim::ptx::textOf(Type type) {
  return TypeTexts[size_t(type)];
}
std::string_view cusim::ptx::textOf(Special special) {
  return SpecialTexts[size_t(special)];
}

std::string_view cusim::ptx::textOf(Space space) {
  switch (space) {
  case Space::Generic:
    return "generic";
  case Space::Param:
    return "param";
  case Space::Global:
    return "global";
  case Space::Shared:
    return "shared";
  case Space::SharedCluster:
    return "shared::cluster";
  case Space::Local:
    return "local";
  case Space::Const:
    return "const";
  }
  return {};
}

std::optional<Opcode> cusim::ptx::opcodeOf(std::string_view text) {
  static const Index<Opcode> index(OpcodeTexts);
  // PTX spells the default scope of a barrier in two ways.
  constexpr std::string_view optional = ".cta";
  if (size_t at = text.find(optional);
      at != text.npos && text.starts_with("bar"))
    return index.find(std::string(text).erase(at, optional.size()));
  return index.find(text);
}
std::optional<Modifier> cusim::ptx::modifierOf(std::string_view text) {
  static const Index<Modifier> index(ModifierTexts);
  return index.find(text);
}
std::optional<Type> cusim::ptx::typeOf(std::string_view text) {
  static const Index<Type> index(TypeTexts);
  return text.empty() ? std::nullopt : index.find(text);
}
std::optional<Special> cusim::ptx::specialOf(std::string_view text) {
  static const Index<Special> index(SpecialTexts);
  return index.find(text);
}

unsigned cusim::ptx::bitsOf(Type type) { return TypeBits[size_t(type)]; }

bool cusim::ptx::isFloat(Type type) {
  switch (type) {
  case Type::F16:
  case Type::F16x2:
  case Type::BF16:
  case Type::BF16x2:
  case Type::TF32:
  case Type::F32:
  case Type::F32x2:
  case Type::F64:
  case Type::E4M3:
  case Type::E5M2:
  case Type::E4M3x2:
  case Type::E5M2x2:
    return true;
  default:
    return false;
  }
}

bool cusim::ptx::isSigned(Type type) {
  switch (type) {
  case Type::S4:
  case Type::S8:
  case Type::S16:
  case Type::S32:
  case Type::S64:
  case Type::S16x2:
    return true;
  default:
    return false;
  }
}

Type cusim::ptx::twiceAsWide(Type type) {
  switch (type) {
  case Type::U16:
    return Type::U32;
  case Type::S16:
    return Type::S32;
  case Type::U32:
    return Type::U64;
  case Type::S32:
    return Type::S64;
  default:
    return Type::None;
  }
}

bool cusim::ptx::isPacked(Type type) {
  switch (type) {
  case Type::U16x2:
  case Type::S16x2:
  case Type::F16x2:
  case Type::BF16x2:
  case Type::F32x2:
  case Type::E4M3x2:
  case Type::E5M2x2:
    return true;
  default:
    return false;
  }
}
