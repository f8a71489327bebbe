//===- ObjectLinker.cpp - Object files to functions -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/jit/ObjectLinker.h"

#include "runtime/cusim/jit/HookSymbols.h"
#include "runtime/cusim/warp/Collective.h"

#include "llvm/ExecutionEngine/Orc/ExecutionUtils.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"

namespace weft::cusim {
namespace {

class OrcLinker : public ObjectLinker {
public:
  explicit OrcLinker(std::unique_ptr<llvm::orc::LLJIT> jit)
      : jit(std::move(jit)) {}

  llvm::Error prepare() {
    llvm::orc::SymbolMap symbols;
    auto add = [&](const char *name, void *address) {
      symbols[jit->mangleAndIntern(name)] = llvm::orc::ExecutorSymbolDef(
          llvm::orc::ExecutorAddr::fromPtr(address),
          llvm::JITSymbolFlags::Exported);
    };
    for (const HookSymbol &hook : hookSymbols())
      add(hook.name, hook.address);
    for (const CollectiveSymbol &symbol : collectiveSymbols())
      add(symbol.name, reinterpret_cast<void *>(symbol.function));
    llvm::orc::JITDylib &main = jit->getMainJITDylib();
    if (llvm::Error error =
            main.define(llvm::orc::absoluteSymbols(std::move(symbols))))
      return error;
    // memcpy, and the mathematical functions that LLVM calls.
    auto process =
        llvm::orc::DynamicLibrarySearchGenerator::GetForCurrentProcess(
            jit->getDataLayout().getGlobalPrefix());
    if (!process)
      return process.takeError();
    main.addGenerator(std::move(*process));
    return llvm::Error::success();
  }

  Status define(const std::string &symbol, void *address) override {
    llvm::orc::SymbolMap symbols;
    symbols[jit->mangleAndIntern(symbol)] =
        llvm::orc::ExecutorSymbolDef(llvm::orc::ExecutorAddr::fromPtr(address),
                                     llvm::JITSymbolFlags::Exported);
    if (llvm::Error error = jit->getMainJITDylib().define(
            llvm::orc::absoluteSymbols(std::move(symbols))))
      return Status::error(llvm::toString(std::move(error)));
    return Status::ok();
  }

  StatusOr<void *> link(std::span<const uint8_t> object,
                        const std::string &symbol) override {
    llvm::StringRef bytes(reinterpret_cast<const char *>(object.data()),
                          object.size());
    if (llvm::Error error = jit->addObjectFile(
            llvm::MemoryBuffer::getMemBufferCopy(bytes, symbol)))
      return Status::error(llvm::toString(std::move(error)));
    llvm::Expected<llvm::orc::ExecutorAddr> address = jit->lookup(symbol);
    if (!address)
      return Status::error(llvm::toString(address.takeError()));
    return address->toPtr<void *>();
  }

private:
  std::unique_ptr<llvm::orc::LLJIT> jit;
};

} // namespace

StatusOr<std::unique_ptr<ObjectLinker>> ObjectLinker::create() {
  llvm::Expected<std::unique_ptr<llvm::orc::LLJIT>> jit =
      llvm::orc::LLJITBuilder().create();
  if (!jit)
    return Status::error(llvm::toString(jit.takeError()));
  auto linker = std::make_unique<OrcLinker>(std::move(*jit));
  if (llvm::Error error = linker->prepare())
    return Status::error(llvm::toString(std::move(error)));
  return std::unique_ptr<ObjectLinker>(std::move(linker));
}

} // namespace weft::cusim
