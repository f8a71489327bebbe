//===- Forms.h - What an instruction may carry ------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The rows of Opcodes.def list an opcode's forms, each a text
//
//   "rn|rz? ftz? f32 : d a a"
//
// with groups of words in their order (`|` between alternatives, `?` after what
// may be left out), and after the colon the operands:
//
//   d  a register that is written        s  the same, or `_`
//   a  a register, a constant or the     e  the same, or a special register
//      address of a variable             _  `_` only
//   D, A  like s and a, but a vector of 2, 4 or 8 after .v2, .v4 or .v8
//   u, p  a vector that a value is taken apart into, or put together from
//   m  an address `[x+4]`                t  an address with coordinates
//   i  an integer constant: `i<32`, `i=4|8|16` say which
//   l  a label                           b  the name of a .branchtargets list
//
// A digit after the letter asks for a vector of so many elements: `d4`; `d/2`
// and `d/4` for as many as a shape's n divided by that. A leading `|` belongs
// to the operand before (`d|p`). After a colon comes the type, when it is not
// that of the instruction: a type, the number of one of the instruction's
// types, `w` for twice as wide, `*` for any. `+` lets the register be wider
// than the type.
// `*` alone: operands with a syntax of their own.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_PTX_FORMS_H
#define RUNTIME_CUSIM_PTX_FORMS_H

#include "runtime/cusim/ptx/Lexer.h"
#include "runtime/cusim/ptx/Module.h"

#include <string>
#include <string_view>
#include <vector>

namespace weft::cusim::ptx {

/// A modifier, type or shape of an instruction.
struct Word {
  enum class Kind : uint8_t { Modifier, Type, Shape };
  Kind kind;
  /// A Modifier or Type.
  uint16_t value = 0;
  MatrixShape shape;
};

/// Nothing for a word that no table has. `m64nNk16` is a shape whose n is
/// MatrixShape n of AnyColumns, in forms only.
std::optional<Word> wordOf(std::string_view text);
constexpr uint16_t AnyColumns = 0xffff;

struct WordGroup {
  std::vector<Word> words;
  bool isOptional = false;
};

struct OperandForm {
  enum class TypeSource : uint8_t { Numbered, Named, TwiceAsWide, Any };
  char letter = 0;
  bool isOptional = false, isJoined = false, isWider = false;
  /// Of a vector: 0 for an operand that is none.
  uint16_t elements = 0;
  uint16_t columnsPerElement = 0;
  TypeSource typeSource = TypeSource::Numbered;
  uint8_t typeNumber = 0;
  Type type = Type::None;
  /// Of a constant; empty: any, or those below `limit`.
  std::vector<uint64_t> values;
  uint64_t limit = UINT64_MAX;
};

struct Form {
  std::vector<WordGroup> groups;
  bool isAnyOrder = false;
  std::vector<OperandForm> operands;
  /// The operands have a syntax of their own.
  bool isOwnSyntax = false;
};

const std::vector<Form> &formsOf(Opcode opcode);

/// A word of the text, without its dot.
struct LocatedWord {
  std::string_view text;
  Location location;
};

/// Fills the instruction's modifiers, types and shape from its words and finds
/// the forms that take them. Errors name the first word that does not belong,
/// and what may stand there.
StatusOr<std::vector<const Form *>>
matchWords(const std::vector<LocatedWord> &words, Location end,
           Instruction &instruction);

/// What the text says about an operand besides its value.
struct OperandText {
  Location location;
  /// It follows a `|`.
  bool isJoined = false;
};

/// Whether the operands are those of one of the forms. The error is that of
/// the form that they fit best.
Status checkOperands(const std::vector<const Form *> &forms,
                     const Instruction &instruction,
                     const std::vector<OperandText> &texts,
                     const std::vector<Register> &registers);

} // namespace weft::cusim::ptx

#endif // RUNTIME_CUSIM_PTX_FORMS_H
