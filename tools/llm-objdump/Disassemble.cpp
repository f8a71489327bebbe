//===- Disassemble.cpp - Machine code as text -----------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/llm-objdump/Print.h"

#include "runtime/base/MappedFile.h"
#include "runtime/base/Text.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstPrinter.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/TargetSelect.h"

#include <span>

using namespace llvm;
namespace weft::objdump {

namespace {

/// LLVM's disassembler of x86-64 with a stage's features.
class Disassembler {
public:
  explicit Disassembler(const std::string &features)
      : triple("x86_64-unknown-linux-gnu") {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86Disassembler();
    std::string error;
    const Target *target = TargetRegistry::lookupTarget(triple, error);
    registers.reset(target->createMCRegInfo(triple));
    MCTargetOptions options;
    assembly.reset(target->createMCAsmInfo(*registers, triple, options));
    instructions.reset(target->createMCInstrInfo());
    subtarget.reset(target->createMCSubtargetInfo(triple, "x86-64", features));
    context = std::make_unique<MCContext>(triple, assembly.get(),
                                          registers.get(), subtarget.get());
    disassembler.reset(target->createMCDisassembler(*subtarget, *context));
    printer.reset(target->createMCInstPrinter(
        triple, /*SyntaxVariant=*/1, *assembly, *instructions, *registers));
    printer->setPrintImmHex(true);
  }

  void print(ArrayRef<uint8_t> code, uint64_t address, raw_ostream &out) {
    for (uint64_t at = 0; at < code.size();) {
      MCInst instruction;
      uint64_t size = 1;
      out << format("  %6llx:", (unsigned long long)(address + at));
      if (disassembler->getInstruction(instruction, size, code.drop_front(at),
                                       address + at,
                                       nulls()) == MCDisassembler::Success)
        printer->printInst(&instruction, address + at, "", *subtarget, out);
      else
        out << format("\t.byte 0x%02x", code[at]);
      out << "\n";
      at += std::max<uint64_t>(size, 1);
    }
  }

private:
  Triple triple;
  std::unique_ptr<MCRegisterInfo> registers;
  std::unique_ptr<MCAsmInfo> assembly;
  std::unique_ptr<MCInstrInfo> instructions;
  std::unique_ptr<MCSubtargetInfo> subtarget;
  std::unique_ptr<MCContext> context;
  std::unique_ptr<MCDisassembler> disassembler;
  std::unique_ptr<MCInstPrinter> printer;
};

} // namespace

/// One exported function: its address and code.
static Expected<std::pair<uint64_t, ArrayRef<uint8_t>>>
getCode(const object::ELFSymbolRef &symbol) {
  auto section = symbol.getSection();
  auto address = symbol.getAddress();
  if (!section || !address)
    return section ? address.takeError() : section.takeError();
  auto contents = (*section)->getContents();
  if (!contents)
    return contents.takeError();
  uint64_t offset = *address - (*section)->getAddress();
  if (offset > contents->size() || symbol.getSize() > contents->size() - offset)
    return createStringError("a symbol leaves its section");
  return std::pair(*address, arrayRefFromStringRef(*contents).slice(
                                 offset, symbol.getSize()));
}

/// PTX is text; what it holds beside lines is not for a terminal.
static Status printPtx(const std::string &folder, const std::string &path,
                       raw_ostream &out) {
  StatusOr<MappedFile> file = MappedFile::openInside(folder, path);
  if (!file)
    return file.status();
  for (uint8_t byte : file->bytes())
    out << (byte == '\n' || byte == '\t' || isPrint(byte)
                ? static_cast<char>(byte)
                : '?');
  return Status::ok();
}

Status disassemble(const std::string &folder, const artifact::Stage &stage,
                   raw_ostream &out) {
  if (stage.target() == artifact::CUDA) {
    for (const std::string &path : stage.code_files())
      if (path.ends_with(".ptx"))
        WEFT_RETURN_IF_ERROR(printPtx(folder, path, out));
    return Status::ok();
  }
  std::string features;
  for (const std::string &feature : stage.cpu_features())
    features += (features.empty() ? "+" : ",+") + feature;
  Disassembler disassembler(features);
  for (const std::string &path : stage.code_files()) {
    StatusOr<MappedFile> file = MappedFile::openInside(folder, path);
    if (!file)
      return file.status();
    auto bad = [&](Error error) {
      return Status::error("code file '" + printable(path) +
                           "': " + printable(toString(std::move(error))));
    };
    auto bytes =
        toStringRef(ArrayRef(file->bytes().data(), file->bytes().size()));
    auto object = object::ObjectFile::createELFObjectFile({bytes, path});
    if (!object)
      return bad(object.takeError());
    auto *elf = dyn_cast<object::ELFObjectFileBase>(object->get());
    for (object::ELFSymbolRef symbol : elf->getDynamicSymbolIterators()) {
      auto name = symbol.getName();
      if (!name)
        return bad(name.takeError());
      if (symbol.getELFType() != ELF::STT_FUNC || symbol.getSize() == 0)
        continue;
      auto code = getCode(symbol);
      if (!code)
        return bad(code.takeError());
      out << printable(std::string_view(*name)) << ":\n";
      disassembler.print(code->second, code->first, out);
      out << "\n";
    }
  }
  return Status::ok();
}

} // namespace weft::objdump
