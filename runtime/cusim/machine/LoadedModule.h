//===- LoadedModule.h - A module's variables on a device --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MACHINE_LOADEDMODULE_H
#define RUNTIME_CUSIM_MACHINE_LOADEDMODULE_H

#include "runtime/cusim/machine/Device.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace weft::cusim {

class LoadedModule {
public:
  LoadedModule(std::shared_ptr<CompiledModule> module, AddressSpace &addresses);
  ~LoadedModule();

  /// Allocates variables and copies their initial values, addresses of other
  /// variables included.
  Status load(unsigned device);

  CompiledModule &compiled() const { return *module; }
  const uint64_t *variableAddresses() const { return variables.data(); }
  const LoadedVariable *find(const std::string &name) const;

  /// The site ranges of a core, emptied when memory was freed since the core
  /// used them last.
  SiteRange *sitesOf(unsigned core);

private:
  struct CoreSites {
    std::vector<SiteRange> ranges;
    uint64_t generation = 0;
  };
  Status relocate(const ptx::Variable &variable, uint64_t address);

  std::shared_ptr<CompiledModule> module;
  AddressSpace &addresses;
  /// By index in ptx::Module::variables; 0 for other state spaces.
  std::vector<uint64_t> variables;
  std::map<std::string, LoadedVariable> byName;
  std::mutex mutex;
  std::vector<std::unique_ptr<CoreSites>> sites;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MACHINE_LOADEDMODULE_H
