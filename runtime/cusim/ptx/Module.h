//===- Module.h - What a PTX text says --------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The parsed form of a PTX module (PTX ISA 9.0, "Directives" and "Instruction
// Operands"). Names are resolved: a register, variable, function or label is an
// index. Every opcode, modifier and type is one that the tables know; what
// they do not know is an error of the parser that names the line.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_PTX_MODULE_H
#define RUNTIME_CUSIM_PTX_MODULE_H

#include "runtime/cusim/ptx/Vocabulary.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weft::cusim::ptx {

/// A place in the text; both count from 1.
struct Location {
  uint32_t line = 0;
  uint32_t column = 0;
};

/// An operand of an instruction.
struct Operand {
  enum class Kind : uint8_t {
    Register, ///< `index` in Function::registers; `negated` for `!%p1`
    Integer,  ///< `bits`, sign-extended to 64
    Float32,  ///< `0f...`: `bits` holds the 32
    Float64,  ///< `0d...` or a decimal literal: `bits` holds the 64
    Special,  ///< a special register: `special`, `component`
    Variable, ///< the address of a variable (`variable`) plus `bits`
    Function, ///< the address of Module::functions[index]
    Label,    ///< Function::labels[index]
    Address,  ///< `[base + bits]`: base is elements[0] (Register or Variable),
              ///< or nothing for an absolute address
    TensorAddress, ///< `[map, {c0, c1, ...}]`: the map is elements[0], an
                   ///< Address; coordinates follow
    Vector, ///< `{a, b, ...}` in `elements`; also lists of call arguments
    Sink,   ///< `_`: a result that nobody wants
    BranchTargets, ///< Function::branchTargets[index]
    Prototype,     ///< Function::prototypes[index]
  };
  Kind kind = Kind::Sink;
  bool negated = false;
  Special special = {};
  /// 0 to 3 for .x .y .z .w of a special register or of a vector register.
  uint8_t component = 0;
  uint32_t index = 0;
  VariableRef variable;
  uint64_t bits = 0;
  std::vector<Operand> elements;
};

/// `.m16n8k16`; k is 0 for `.m8n8`.
struct MatrixShape {
  uint16_t m = 0, n = 0, k = 0;
  bool operator==(const MatrixShape &) const = default;
};

/// One instruction. Modifiers and types stand in the order of the text:
/// `cvt.rn.ftz.f16.f32` has modifiers {rn, ftz} and types {f16, f32}.
struct Instruction {
  Location location;
  Opcode opcode = {};
  std::vector<Modifier> modifiers;
  std::vector<Type> types;
  std::optional<MatrixShape> shape;
  /// `@%p` or `@!%p`: a Register operand.
  std::optional<Operand> guard;
  /// In the order of the text, results first. `d|p` are two operands. A call
  /// has three or four: a Vector of results, the Function or the Register with
  /// its address, a Vector of arguments, and a Prototype for a Register.
  std::vector<Operand> operands;
  /// The instruction as the text has it, for reports.
  std::string text;

  bool has(Modifier modifier) const;
  /// Type number `index`; Type::None past the end.
  Type type(unsigned index = 0) const;
  /// The first of .global, .shared, ...; Generic without one.
  Space space() const;
  /// Elements of a vector access: 1, 2, 4 or 8.
  unsigned vectorLength() const;
};

/// A variable of a module or function in a state space.
struct Variable {
  std::string name;
  Location location;
  Space space = Space::Generic;
  Type type = Type::None;
  uint64_t alignment = 1;
  /// 0 for an unsized array: `extern .shared .b8 buffer[]`.
  uint64_t bytes = 0;
  bool isExternal = false;
  /// `.attribute(.managed)`: the host sees it too.
  bool isManaged = false;
  /// Initial bytes; zeros follow where `bytes` is more.
  std::vector<uint8_t> initial;
  /// 8-byte addresses within `initial` that loading fills in.
  struct Relocation {
    uint64_t offset;
    /// A Variable or Function operand.
    Operand target;
    /// `generic(x)`: the generic address, not that in the variable's space.
    bool isGeneric;
  };
  std::vector<Relocation> relocations;
};

/// A parameter or result of a function, in .param space (or a register, for
/// functions of old compilers).
struct Parameter {
  std::string name;
  Type type = Type::None;
  uint64_t alignment = 1;
  uint64_t bytes = 0;
  /// In the block of parameters.
  uint64_t offset = 0;
  /// A register parameter, `.reg .b32 %x`, of a function with a body: its
  /// index in Function::registers.
  std::optional<uint32_t> registerIndex;
};

/// `.callprototype` or `.calltargets`: what an indirect call expects.
struct Prototype {
  std::vector<Parameter> parameters;
  std::vector<Parameter> results;
  /// Of `.calltargets`: indices in Module::functions.
  std::vector<uint32_t> targets;
};

struct Register {
  std::string name;
  Type type = Type::None;
  /// `.reg .v4 .f32 %v`: 1 for a plain register.
  uint8_t vectorLength = 1;
};

struct Label {
  std::string name;
  /// The instruction that it stands before; instructions.size() at the end.
  uint32_t instruction = 0;
};

/// An `.entry` or a `.func`.
struct Function {
  std::string name;
  Location location;
  bool isEntry = false;
  /// Declared, not defined: vprintf, __assertfail, or a function that follows.
  bool isDeclaration = false;
  std::vector<Parameter> parameters;
  std::vector<Parameter> results;
  std::vector<Register> registers;
  /// .shared, .local and .param variables of the body.
  std::vector<Variable> variables;
  std::vector<Label> labels;
  /// `.branchtargets` lists, for brx.idx: labels' indices.
  std::vector<std::vector<uint32_t>> branchTargets;
  std::vector<Prototype> prototypes;
  std::vector<Instruction> instructions;

  /// Limits that the text asks for; 0 is none.
  uint32_t maxThreads[3] = {0, 0, 0};
  uint32_t requiredThreads[3] = {0, 0, 0};
  uint32_t requiredCluster[3] = {0, 0, 0};
  uint32_t maxBlocksPerCluster = 0;
  uint32_t minBlocksPerMultiprocessor = 0;
  uint32_t maxRegisters = 0;
};

struct Module {
  unsigned versionMajor = 0, versionMinor = 0;
  /// "sm_80", "sm_90a".
  std::string target;
  std::vector<Variable> variables;
  std::vector<Function> functions;

  /// nullptr when there is none of that name.
  const Function *findFunction(const std::string &name) const;
};

} // namespace weft::cusim::ptx

#endif // RUNTIME_CUSIM_PTX_MODULE_H
