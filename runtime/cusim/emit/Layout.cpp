//===- Layout.cpp - Where a kernel's variables lie ------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/emit/Layout.h"

#include <algorithm>
#include <set>

namespace weft::cusim {
namespace {
using ptx::Opcode;
using ptx::Operand;

/// For the frames of functions that call themselves: as a GPU's default stack
/// is small too.
constexpr uint64_t RecursionBytes = 16 * 1024;

constexpr uint64_t ReservedSharedAlignment = 16;

/// For alloca.
constexpr uint64_t StackBytes = 16 * 1024;

uint64_t alignTo(uint64_t offset, uint64_t alignment) {
  alignment = std::max<uint64_t>(alignment, 1);
  return (offset + alignment - 1) / alignment * alignment;
}

class LayoutBuilder {
public:
  LayoutBuilder(const ptx::Module &module, Layout &layout)
      : module(module), layout(layout), calls(module.functions.size()),
        state(module.functions.size(), State::New),
        depth(module.functions.size(), 0) {}

  Status build(uint32_t kernel) {
    collectFunctions(kernel);
    for (uint32_t index : layout.functions)
      placeVariables(index);
    placeDynamicShared();
    if (layout.staticSharedBytes > MaximumBytes)
      return Status::error(module.functions[kernel].name + " needs " +
                           std::to_string(layout.staticSharedBytes) +
                           " bytes of shared memory, more than any device has");
    layout.localBytes = measureFrames(kernel);
    if (layout.isRecursive)
      layout.localBytes += RecursionBytes;
    if (usesStack()) {
      layout.stackBase = alignTo(layout.localBytes, sizeof(uint64_t));
      layout.localBytes = *layout.stackBase + StackBytes;
    }
    if (layout.localBytes > MaximumBytes)
      return Status::error(module.functions[kernel].name + " needs " +
                           std::to_string(layout.localBytes) +
                           " bytes of local memory a thread, more than any "
                           "device has");
    findExits();
    return Status::ok();
  }

private:
  static constexpr uint64_t MaximumBytes = 1 << 24;
  const ptx::Module &module;
  Layout &layout;
  std::vector<std::set<uint32_t>> calls;
  enum class State { New, Open, Done };
  std::vector<State> state;
  std::vector<uint64_t> depth;
  std::set<uint32_t> dynamicShared;

  template <typename Visitor>
  static void visitOperands(const std::vector<Operand> &operands,
                            Visitor visit) {
    for (const Operand &operand : operands) {
      visit(operand);
      visitOperands(operand.elements, visit);
    }
  }

  void collectFunctions(uint32_t kernel) {
    std::set<uint32_t> addressed;
    for (const ptx::Variable &variable : module.variables)
      for (const ptx::Variable::Relocation &relocation : variable.relocations)
        if (relocation.target.kind == Operand::Kind::Function)
          addressed.insert(relocation.target.index);
    for (const ptx::Function &function : module.functions)
      for (const ptx::Instruction &instruction : function.instructions)
        if (instruction.opcode != Opcode::Call)
          visitOperands(instruction.operands, [&](const Operand &operand) {
            if (operand.kind == Operand::Kind::Function)
              addressed.insert(operand.index);
          });
    std::vector<bool> isSeen(module.functions.size());
    auto add = [&](uint32_t index) {
      if (index >= isSeen.size() || isSeen[index] ||
          module.functions[index].isDeclaration)
        return;
      isSeen[index] = true;
      layout.functions.push_back(index);
    };
    add(kernel);
    for (size_t i = 0; i < layout.functions.size(); ++i) {
      uint32_t index = layout.functions[i];
      for (const ptx::Instruction &instruction :
           module.functions[index].instructions) {
        if (instruction.opcode != Opcode::Call ||
            instruction.operands.size() < 2)
          continue;
        const Operand &callee = instruction.operands[1];
        if (callee.kind == Operand::Kind::Function) {
          add(callee.index);
          if (callee.index < isSeen.size() && isSeen[callee.index])
            calls[index].insert(callee.index);
          continue;
        }
        for (uint32_t target : addressed)
          if (target < isSeen.size() && !module.functions[target].isEntry &&
              !module.functions[target].isDeclaration) {
            add(target);
            calls[index].insert(target);
            if (std::find(layout.indirectTargets.begin(),
                          layout.indirectTargets.end(),
                          target) == layout.indirectTargets.end())
              layout.indirectTargets.push_back(target);
          }
      }
    }
  }

  void placeShared(const ptx::Variable &variable, uint64_t &offset) {
    offset = alignTo(layout.staticSharedBytes, variable.alignment);
    layout.staticSharedBytes =
        offset + std::min<uint64_t>(variable.bytes, 2 * MaximumBytes);
  }

  void reserveShared(ptx::Special special) {
    if (layout.reservedShared ||
        special < ptx::Special::ReservedSmemOffsetBegin ||
        special > ptx::Special::ReservedSmemOffset1)
      return;
    layout.reservedShared =
        alignTo(layout.staticSharedBytes, ReservedSharedAlignment);
    layout.staticSharedBytes = *layout.reservedShared + ReservedSharedBytes;
  }

  /// PTX ISA, "mov": the address of a function's parameter is one in local
  /// memory.
  static std::set<uint32_t> addressedParameters(const ptx::Function &function) {
    std::set<uint32_t> result;
    if (function.isEntry)
      return result;
    for (const ptx::Instruction &instruction : function.instructions)
      if (instruction.opcode != Opcode::Call)
        // Within [ ] a name says what to access.
        for (const Operand &operand : instruction.operands)
          if (operand.kind == Operand::Kind::Variable &&
              !operand.variable.isOfModule &&
              operand.variable.of == ptx::VariableRef::Of::Parameters)
            result.insert(operand.variable.index);
    return result;
  }

  void placeVariables(uint32_t index) {
    const ptx::Function &function = module.functions[index];
    uint64_t frame = 0;
    for (uint32_t i = 0; i < function.variables.size(); ++i) {
      const ptx::Variable &variable = function.variables[i];
      if (variable.space == ptx::Space::Shared) {
        placeShared(variable, layout.functionShared[{index, i}]);
      } else if (variable.space == ptx::Space::Local) {
        frame = alignTo(frame, variable.alignment);
        layout.local[{index, i}] = frame;
        frame += std::min<uint64_t>(variable.bytes, 2 * MaximumBytes);
      }
    }
    for (uint32_t parameter : addressedParameters(function)) {
      frame = alignTo(frame, function.parameters[parameter].alignment);
      layout.localParameters[{index, parameter}] = frame;
      frame += function.parameters[parameter].bytes;
    }
    // Frames begin aligned for whatever stands in them.
    layout.frameBytes[index] = alignTo(frame, 16);
    for (const ptx::Instruction &instruction : function.instructions)
      visitOperands(instruction.operands, [&](const Operand &operand) {
        if (operand.kind == Operand::Kind::Special)
          reserveShared(operand.special);
        if (operand.kind != Operand::Kind::Variable ||
            !operand.variable.isOfModule)
          return;
        uint32_t number = operand.variable.index;
        const ptx::Variable &variable = module.variables[number];
        if (variable.space != ptx::Space::Shared ||
            layout.moduleShared.count(number))
          return;
        if (variable.bytes == 0)
          dynamicShared.insert(number);
        else
          placeShared(variable, layout.moduleShared[number]);
      });
  }

  /// The dynamic part begins behind the static variables, aligned for what it
  /// is declared as.
  void placeDynamicShared() {
    for (uint32_t number : dynamicShared)
      layout.staticSharedBytes =
          alignTo(layout.staticSharedBytes, module.variables[number].alignment);
    for (uint32_t number : dynamicShared)
      layout.moduleShared[number] = layout.staticSharedBytes;
  }

  /// Bytes of a function's frame and those of the deepest chain of calls below.
  uint64_t measureFrames(uint32_t index) {
    if (state[index] == State::Open)
      layout.isRecursive = true;
    if (state[index] != State::New)
      return depth[index];
    state[index] = State::Open;
    uint64_t below = 0;
    for (uint32_t callee : calls[index])
      below = std::max(below, measureFrames(callee));
    state[index] = State::Done;
    return depth[index] = layout.frameBytes[index] + below;
  }

  bool usesStack() const {
    for (uint32_t index : layout.functions)
      for (const ptx::Instruction &instruction :
           module.functions[index].instructions)
        if (instruction.opcode == Opcode::Alloca ||
            instruction.opcode == Opcode::Stacksave ||
            instruction.opcode == Opcode::Stackrestore)
          return true;
    return false;
  }

  void findExits() {
    layout.mayExit.assign(module.functions.size(), false);
    for (uint32_t index : layout.functions)
      for (const ptx::Instruction &instruction :
           module.functions[index].instructions)
        if (instruction.opcode == Opcode::Exit)
          layout.mayExit[index] = true;
    for (bool hasChanged = true; hasChanged;) {
      hasChanged = false;
      for (uint32_t index : layout.functions)
        for (uint32_t callee : calls[index])
          if (layout.mayExit[callee] && !layout.mayExit[index])
            layout.mayExit[index] = hasChanged = true;
    }
  }
};

} // namespace

StatusOr<Layout> Layout::of(const ptx::Module &module, uint32_t kernel) {
  Layout layout;
  if (Status status = LayoutBuilder(module, layout).build(kernel); !status)
    return status;
  return layout;
}

} // namespace weft::cusim
