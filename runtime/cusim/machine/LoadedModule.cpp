//===- LoadedModule.cpp - A module's variables on a device ----------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/LoadedModule.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace weft::cusim {

LoadedModule::LoadedModule(std::shared_ptr<CompiledModule> module,
                           AddressSpace &addresses)
    : module(std::move(module)), addresses(addresses) {}

LoadedModule::~LoadedModule() {
  for (uint64_t address : variables)
    if (address)
      (void)addresses.free(address).isOk();
}

Status LoadedModule::load(unsigned device) {
  const std::vector<ptx::Variable> &declared = module->module().variables;
  variables.assign(declared.size(), 0);
  for (size_t i = 0; i < declared.size(); ++i) {
    const ptx::Variable &variable = declared[i];
    if (variable.space != ptx::Space::Global &&
        variable.space != ptx::Space::Const)
      continue;
    if (variable.isExternal || variable.bytes == 0)
      return Status::error(
          "line " + std::to_string(variable.location.line) + ": variable '" +
          variable.name +
          "' is external, expected a definition in the same module");
    StatusOr<uint64_t> address = addresses.allocate(device, variable.bytes);
    if (!address)
      return address.status();
    variables[i] = *address;
    byName[variable.name] = {*address, variable.bytes};
    uint8_t *memory = AddressSpace::hostPointer(*address);
    std::memset(memory, 0, variable.bytes);
    // A variable without initial bytes has no data() to copy from.
    if (!variable.initial.empty())
      std::memcpy(memory, variable.initial.data(),
                  std::min<uint64_t>(variable.initial.size(), variable.bytes));
  }
  // Addresses can name variables that follow.
  for (size_t i = 0; i < declared.size(); ++i)
    if (variables[i])
      WEFT_RETURN_IF_ERROR(relocate(declared[i], variables[i]));
  return Status::ok();
}

Status LoadedModule::relocate(const ptx::Variable &variable, uint64_t address) {
  for (const ptx::Variable::Relocation &relocation : variable.relocations) {
    const ptx::Operand &target = relocation.target;
    bool isVariable = target.kind == ptx::Operand::Kind::Variable &&
                      target.variable.isOfModule &&
                      variables[target.variable.index] != 0;
    bool isFunction = target.kind == ptx::Operand::Kind::Function;
    if (!(isVariable || isFunction) ||
        relocation.offset + sizeof(uint64_t) > variable.bytes)
      return Status::error(
          "line " + std::to_string(variable.location.line) +
          ": the initial value of '" + variable.name +
          "' holds an address that is not one of a .global or .const variable "
          "or of a function");
    uint64_t value = isFunction
                         ? FunctionTag << TagShift | target.index
                         : variables[target.variable.index] + target.bits;
    std::memcpy(AddressSpace::hostPointer(address) + relocation.offset, &value,
                sizeof(value));
  }
  return Status::ok();
}

const LoadedVariable *LoadedModule::find(const std::string &name) const {
  auto found = byName.find(name);
  return found == byName.end() ? nullptr : &found->second;
}

const LoadedVariable *findVariable(const LoadedModule &module,
                                   const std::string &name) {
  return module.find(name);
}

SiteRange *LoadedModule::sitesOf(unsigned core) {
  std::scoped_lock lock(mutex);
  if (core >= sites.size())
    sites.resize(core + 1);
  if (!sites[core])
    sites[core] = std::make_unique<CoreSites>();
  CoreSites &own = *sites[core];
  uint64_t generation = addresses.generation();
  if (own.generation != generation ||
      own.ranges.size() != module->sites().size()) {
    own.ranges.assign(module->sites().size(), SiteRange());
    own.generation = generation;
  }
  return own.ranges.data();
}

} // namespace weft::cusim
