//===- StaticMetrics.cpp - What is known without a GPU --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/Codegen/CUDA/StaticMetrics.h"

#include "test/lib/Codegen/CUDA/TemporaryFile.h"

#include "llvm/Object/ELF.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Regex.h"

using namespace weft;
using llvm::StringRef;

std::string weft::findTool(StringRef name) {
  auto found = llvm::sys::findProgramByName(name);
  if (!found)
    found = llvm::sys::findProgramByName(name, {"/usr/local/cuda/bin"});
  return found ? *found : "";
}

/// What it says; dies unless it succeeds.
static std::string run(llvm::ArrayRef<StringRef> command) {
  TemporaryFile report("txt");
  std::string path = report.path();
  std::optional<StringRef> outputs[] = {std::nullopt, StringRef(path),
                                        StringRef(path)};
  if (llvm::sys::ExecuteAndWait(command[0], command, std::nullopt, outputs))
    die(command[0] + ": " + report.read());
  return report.read();
}

std::string weft::versionOf(const std::string &tool) {
  std::string said = run({tool, "--version"});
  llvm::SmallVector<StringRef> parts;
  if (!llvm::Regex(", V([0-9.]+)").match(said, &parts))
    die("no version in " + said);
  return parts[1].str();
}

static std::map<std::string, Assembled> parse(StringRef report) {
  std::map<std::string, Assembled> kernels;
  llvm::Regex pattern("Compiling entry function '([^']+)'[^\n]*\n[^\n]*\n *"
                      "([0-9]+) bytes stack frame, ([0-9]+) bytes spill "
                      "stores, ([0-9]+) bytes spill loads\n[^\n]*Used ([0-9]+) "
                      "registers([^\n]*)");
  llvm::SmallVector<StringRef> parts;
  while (pattern.match(report, &parts)) {
    auto number = [&](StringRef text) { return std::stoi(text.str()); };
    Assembled &kernel = kernels[parts[1].str()];
    kernel.stackBytes = number(parts[2]);
    kernel.spillBytes = number(parts[3]) + number(parts[4]);
    kernel.registers = number(parts[5]);
    llvm::SmallVector<StringRef> shared;
    if (llvm::Regex(" ([0-9]+) bytes smem").match(parts[6], &shared))
      kernel.sharedBytes = number(shared[1]);
    report = report.drop_front(parts[6].end() - report.begin());
  }
  return kernels;
}

std::map<std::string, Assembled> weft::assembleKernels(const std::string &ptxas,
                                                       StringRef ptx,
                                                       StringRef arch,
                                                       std::string *cubin) {
  TemporaryFile source("ptx"), machineCode("cubin");
  source.write(ptx);
  std::string flag = ("-arch=" + arch).str(), input = source.path(),
              output = machineCode.path();
  std::string report = run({ptxas, flag, "-v", input, "-o", output});
  if (cubin)
    *cubin = machineCode.read();
  return parse(report);
}

std::map<std::string, Assembled> weft::compileKernels(const std::string &nvcc,
                                                      const std::string &path,
                                                      StringRef arch,
                                                      std::string &cubin) {
  TemporaryFile machineCode("cubin");
  std::string flag = ("-arch=" + arch).str(), output = machineCode.path();
  std::string report =
      run({nvcc, flag, "-cubin", "-Xptxas", "-v", path, "-o", output});
  cubin = machineCode.read();
  return parse(report);
}

//===----------------------------------------------------------------------===//
// Machine code
//===----------------------------------------------------------------------===//

/// Instructions of 16 bytes, whose lowest 12 bits say which one it is.
static constexpr int64_t instructionBytes = 16;
static constexpr uint64_t opcodeMask = 0xfff;
static constexpr uint64_t productOpcode = 0x23c; // HMMA
static constexpr uint64_t branchOpcode = 0x947;  // BRA

static MainLoop findMainLoop(llvm::ArrayRef<uint8_t> code) {
  std::vector<uint64_t> opcodes;
  MainLoop best;
  for (int64_t at = 0; at + instructionBytes <= int64_t(code.size());
       at += instructionBytes) {
    uint64_t low = llvm::support::endian::read64le(code.data() + at);
    uint64_t high = llvm::support::endian::read64le(code.data() + at + 8);
    opcodes.push_back(low & opcodeMask);
    if (opcodes.back() != branchOpcode)
      continue;
    // Bytes from the next instruction: bits 32 to 81.
    int64_t distance = llvm::SignExtend64<50>((high << 32) | (low >> 32));
    int64_t length = -distance / instructionBytes;
    if (length <= 1 || length > int64_t(opcodes.size()))
      continue;
    int products =
        llvm::count(llvm::ArrayRef(opcodes).take_back(length), productOpcode);
    if (products > best.products ||
        (products == best.products && length < best.instructions))
      best = {products, int(length)};
  }
  return best.products ? best : MainLoop();
}

std::map<std::string, MainLoop> weft::findMainLoops(StringRef cubin) {
  auto file = llvm::object::ELF64LEFile::create(cubin);
  if (!file)
    die("no cubin: " + llvm::toString(file.takeError()));
  auto sections = file->sections();
  if (!sections)
    die("no sections: " + llvm::toString(sections.takeError()));
  std::map<std::string, MainLoop> loops;
  for (const auto &section : *sections) {
    auto name = file->getSectionName(section);
    if (!name)
      die("a section without a name: " + llvm::toString(name.takeError()));
    if (!name->consume_front(".text."))
      continue;
    auto code = file->getSectionContents(section);
    if (!code)
      die("no code: " + llvm::toString(code.takeError()));
    loops[name->str()] = findMainLoop(*code);
  }
  return loops;
}

//===----------------------------------------------------------------------===//
// PTX
//===----------------------------------------------------------------------===//

static int countLines(StringRef text, const char *pattern) {
  llvm::Regex regex(pattern);
  int count = 0;
  while (!text.empty()) {
    auto [line, rest] = text.split('\n');
    count += regex.match(line);
    text = rest;
  }
  return count;
}

InstructionCounts weft::countInstructions(StringRef ptx, StringRef kernel) {
  size_t start = ptx.find((".entry " + kernel + "(").str());
  if (start == StringRef::npos)
    die("no kernel " + kernel);
  StringRef body = ptx.substr(start + 1);
  body = body.take_front(body.find(".entry "));
  InstructionCounts counts;
  counts.wideLoads =
      countLines(body, "ld\\.global(\\.nc)?\\.(v4\\.[bfus]32|v2\\.[bfus]64) ");
  counts.products = countLines(body, "mma\\.sync");
  counts.matrixLoads = countLines(body, "ldmatrix");
  counts.copies = countLines(body, "cp\\.async\\.c");
  counts.shuffles = countLines(body, "shfl\\.");
  counts.usesLocalMemory = countLines(body, "\\.local") > 0;
  counts.calls = countLines(body, "\tcall") > 0;
  return counts;
}
