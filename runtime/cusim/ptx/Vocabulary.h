//===- Vocabulary.h - Words of PTX ------------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Opcodes, modifiers, types, state spaces and special registers as enums, from
// the tables Opcodes.def and Words.def. An opcode's row lists every modifier
// and type that it may carry.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_PTX_VOCABULARY_H
#define RUNTIME_CUSIM_PTX_VOCABULARY_H

#include <cstdint>
#include <optional>
#include <string_view>

namespace weft::cusim::ptx {

/// Opcode::Add, Opcode::CpAsync ("cp.async"), Opcode::BarSync... : the words up
/// to the first modifier, as Opcodes.def spells them.
enum class Opcode : uint16_t {
#define CUSIM_OPCODE(NAME, TEXT, ...) NAME,
#include "runtime/cusim/ptx/Opcodes.def"
};

/// Modifier::Rn (".rn"), Modifier::SharedCluster (".shared::cluster"), ...
enum class Modifier : uint16_t {
#define CUSIM_MODIFIER(NAME, TEXT) NAME,
#include "runtime/cusim/ptx/Words.def"
};

enum class Type : uint8_t {
  None,
#define CUSIM_TYPE(NAME, TEXT, BITS) NAME,
#include "runtime/cusim/ptx/Words.def"
};

/// %tid, %laneid, %clock64, ...
enum class Special : uint8_t {
#define CUSIM_SPECIAL(NAME, TEXT) NAME,
#include "runtime/cusim/ptx/Words.def"
};

enum class Space : uint8_t {
  Generic,
  Param,
  Global,
  Shared,
  SharedCluster,
  Local,
  Const,
};

/// A variable: of the module, or of the function that names it.
struct VariableRef {
  bool isOfModule = false;
  /// In .param space and one of the function's own parameters or results.
  enum class Of : uint8_t { Variables, Parameters, Results };
  Of of = Of::Variables;
  uint32_t index = 0;
};

std::string_view textOf(Opcode opcode);
std::string_view textOf(Modifier modifier);
std::string_view textOf(Type type);
std::string_view textOf(Special special);
std::string_view textOf(Space space);

/// The inverse: nothing for a word that the tables do not have. An opcode may
/// spell out its `.cta`: "barrier.cta.sync" is BarrierSync.
std::optional<Opcode> opcodeOf(std::string_view text);
std::optional<Modifier> modifierOf(std::string_view text);
std::optional<Type> typeOf(std::string_view text);
std::optional<Special> specialOf(std::string_view text);

/// Bits of a value; 1 for a predicate, 0 for None.
unsigned bitsOf(Type type);
bool isFloat(Type type);
bool isSigned(Type type);
/// The integer type of twice the bits, for .wide; None for other types.
Type twiceAsWide(Type type);
/// f16x2, bf16x2, e4m3x2, ...: two or four values in one register.
bool isPacked(Type type);

} // namespace weft::cusim::ptx

#endif // RUNTIME_CUSIM_PTX_VOCABULARY_H
