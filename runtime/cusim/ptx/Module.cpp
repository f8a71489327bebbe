//===- Module.cpp ---------------------------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/ptx/Module.h"

#include <algorithm>

using namespace weft::cusim::ptx;

bool Instruction::has(Modifier modifier) const {
  return std::find(modifiers.begin(), modifiers.end(), modifier) !=
         modifiers.end();
}

Type Instruction::type(unsigned index) const {
  return index < types.size() ? types[index] : Type::None;
}

Space Instruction::space() const {
  for (Modifier modifier : modifiers) {
    switch (modifier) {
    case Modifier::Param:
    case Modifier::ParamEntry:
    case Modifier::ParamFunc:
      return Space::Param;
    case Modifier::Global:
      return Space::Global;
    case Modifier::Shared:
    case Modifier::SharedCta:
      return Space::Shared;
    case Modifier::SharedCluster:
      return Space::SharedCluster;
    case Modifier::Local:
      return Space::Local;
    case Modifier::Const:
      return Space::Const;
    default:
      break;
    }
  }
  return Space::Generic;
}

unsigned Instruction::vectorLength() const {
  return has(Modifier::V2)   ? 2
         : has(Modifier::V4) ? 4
         : has(Modifier::V8) ? 8
                             : 1;
}

const Function *Module::findFunction(const std::string &name) const {
  for (const Function &function : functions)
    if (function.name == name)
      return &function;
  return nullptr;
}
