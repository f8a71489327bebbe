//===- CompiledModule.cpp - PTX as machine code ---------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/jit/CompiledModule.h"

#include "runtime/cusim/emit/KernelModule.h"
#include "runtime/cusim/jit/HostCompiler.h"
#include "runtime/cusim/jit/ObjectCache.h"
#include "runtime/cusim/jit/ObjectLinker.h"
#include "runtime/cusim/jit/PartialKernel.h"
#include "runtime/cusim/ptx/Parser.h"

#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/raw_ostream.h"

#include <map>
#include <mutex>

namespace weft::cusim {
namespace {

class JitModule : public CompiledModule {
public:
  JitModule(ptx::Module parsed, const CompileOptions &options,
            const std::string &cacheFolder,
            std::unique_ptr<HostCompiler> compiler,
            std::unique_ptr<ObjectLinker> linker)
      : parsed(std::move(parsed)), compileOptions(options),
        siteTable(SiteTable::of(this->parsed)), cache(cacheFolder),
        compiler(std::move(compiler)), linker(std::move(linker)) {}

  const ptx::Module &module() const override { return parsed; }
  const CompileOptions &options() const override { return compileOptions; }
  const std::vector<Site> &sites() const override { return siteTable.sites; }

  StatusOr<const CompiledKernel *> kernel(const std::string &name) override {
    std::lock_guard<std::mutex> lock(mutex);
    if (auto found = kernels.find(name); found != kernels.end())
      return &found->second;
    for (uint32_t index = 0; index < parsed.functions.size(); ++index) {
      const ptx::Function &function = parsed.functions[index];
      if (function.name != name || !function.isEntry || function.isDeclaration)
        continue;
      StatusOr<CompiledKernel> compiled = describe(index);
      if (!compiled)
        return compiled.status();
      return &(kernels[name] = std::move(*compiled));
    }
    return Status::error("the module has no kernel '" + name + "'");
  }

private:
  const ptx::Module parsed;
  const CompileOptions compileOptions;
  const SiteTable siteTable;
  const ObjectCache cache;
  const std::unique_ptr<HostCompiler> compiler;
  const std::unique_ptr<ObjectLinker> linker;
  std::mutex mutex;
  std::map<std::string, CompiledKernel> kernels;
  std::vector<std::unique_ptr<PartialKernel>> partials;

  /// What the object depends on: the translated kernel says the text, the
  /// options and the translator itself.
  Sha256 keyOf(const llvm::Module &module) const {
    llvm::SmallVector<char, 0> bitcode;
    llvm::raw_svector_ostream stream(bitcode);
    llvm::WriteBitcodeToFile(module, stream);
    stream << compiler->description();
    return sha256(
        {reinterpret_cast<const uint8_t *>(bitcode.data()), bitcode.size()});
  }

  StatusOr<KernelFunction> compile(uint32_t index, const Layout &layout,
                                   KernelVariant variant) {
    llvm::LLVMContext context;
    // Names of ours: PTX may call its kernels like a function of libc.
    std::string number = std::to_string(index) + " ";
    bool isPartial = variant == KernelVariant::Partial;
    std::string symbol = (isPartial ? "partial " : "kernel ") + number +
                         parsed.functions[index].name;
    std::string record = "record " + number;
    StatusOr<std::unique_ptr<llvm::Module>> module =
        emitKernel(context, parsed, layout, siteTable, compileOptions,
                   compiler->features(), variant, symbol, record);
    if (!module)
      return module.status();
    compiler->setTarget(**module);
    Sha256 key = keyOf(**module);
    std::optional<std::vector<uint8_t>> object = cache.load(key);
    if (!object) {
      StatusOr<std::vector<uint8_t>> compiled = compiler->compile(**module);
      if (!compiled)
        return compiled.status();
      object = std::move(*compiled);
      cache.store(key, *object);
    }
    if (!isPartial) {
      auto &partial = partials.emplace_back(std::make_unique<PartialKernel>(
          [this, index, layout]() -> KernelFunction {
            std::lock_guard<std::mutex> lock(mutex);
            StatusOr<KernelFunction> function =
                compile(index, layout, KernelVariant::Partial);
            return function ? *function : nullptr;
          }));
      WEFT_RETURN_IF_ERROR(linker->define(record, partial.get()));
    }
    StatusOr<void *> address = linker->link(*object, symbol);
    if (!address)
      return address.status();
    return reinterpret_cast<KernelFunction>(*address);
  }

  StatusOr<CompiledKernel> describe(uint32_t index) {
    const ptx::Function &function = parsed.functions[index];
    StatusOr<Layout> layout = Layout::of(parsed, index);
    if (!layout)
      return layout.status();
    StatusOr<KernelFunction> compiled =
        compile(index, *layout, KernelVariant::Whole);
    if (!compiled)
      return compiled.status();

    CompiledKernel kernel;
    kernel.name = function.name;
    kernel.function = *compiled;
    kernel.entry = &function;
    for (const ptx::Parameter &parameter : function.parameters)
      kernel.parameterBytes = std::max<uint64_t>(
          kernel.parameterBytes, parameter.offset + parameter.bytes);
    kernel.staticSharedBytes = layout->staticSharedBytes;
    if (layout->reservedShared) {
      kernel.zeroSharedOffset = *layout->reservedShared;
      kernel.zeroSharedBytes = ReservedSharedBytes;
    }
    kernel.localBytes = layout->localBytes;
    return kernel;
  }
};

} // namespace

StatusOr<std::shared_ptr<CompiledModule>>
CompiledModule::create(std::string_view ptx, const CompileOptions &options,
                       const std::string &cacheFolder) {
  if (options.width != 1 && options.width != WarpSize)
    return Status::error("width is " + std::to_string(options.width) +
                         ", expected 1 or 32");
  StatusOr<ptx::Module> parsed = ptx::parse(ptx);
  if (!parsed)
    return parsed.status();
  StatusOr<std::unique_ptr<HostCompiler>> compiler =
      HostCompiler::create(options.width);
  if (!compiler)
    return compiler.status();
  StatusOr<std::unique_ptr<ObjectLinker>> linker = ObjectLinker::create();
  if (!linker)
    return linker.status();
  return std::shared_ptr<CompiledModule>(
      std::make_shared<JitModule>(std::move(*parsed), options, cacheFolder,
                                  std::move(*compiler), std::move(*linker)));
}

} // namespace weft::cusim
