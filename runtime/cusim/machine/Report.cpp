//===- Report.cpp - What a check found ------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/machine/Report.h"
#include "runtime/cusim/machine/Strand.h"
#include "runtime/cusim/machine/Text.h"

namespace weft::cusim {
namespace {

const char *spaceOf(uint64_t address) {
  switch (address >> TagShift) {
  case SharedTag:
    return "__shared__";
  case LocalTag:
    return "__local__";
  case ParamTag:
    return "parameter";
  default:
    return "__global__";
  }
}

std::string accessOf(const Report &report) {
  return std::string(spaceOf(report.address)) +
         (report.isWrite ? " write" : " read") + " of size " +
         std::to_string(report.bytes) + " bytes";
}

std::string titleOf(const Report &report) {
  switch (report.kind) {
  case Report::Kind::InvalidAddress:
  case Report::Kind::MisalignedAddress:
    return "Invalid " + accessOf(report);
  case Report::Kind::BarrierDivergence:
    return "Barrier error detected. Divergent thread(s)";
  case Report::Kind::RaceHazard:
    return "Race reported at " + accessOf(report);
  case Report::Kind::UninitializedRead:
    return "Uninitialized " + accessOf(report);
  case Report::Kind::IllegalInstruction:
    return "Illegal instruction";
  case Report::Kind::Assertion:
    return "Assertion failed";
  case Report::Kind::Trap:
    return "Trap";
  case Report::Kind::Timeout:
    return "Launch timed out";
  }
  return "";
}

bool hasAddress(Report::Kind kind) {
  return kind == Report::Kind::InvalidAddress ||
         kind == Report::Kind::MisalignedAddress ||
         kind == Report::Kind::RaceHazard ||
         kind == Report::Kind::UninitializedRead;
}

} // namespace

std::string Report::toText() const {
  std::string text = titleOf(*this) + "\n    at " + kernel;
  if (line)
    text += " (line " + std::to_string(line) + ": " + instruction + ")";
  text += "\n    by thread " + triple(thread) + " in block " + triple(block);
  if (hasAddress(kind)) {
    bool isSentence =
        kind == Kind::RaceHazard || kind == Kind::UninitializedRead;
    text +=
        "\n    Address " + hexOfAddress(address) + (isSentence ? ": " : " ");
    return text + detail + "\n";
  }
  if (!detail.empty())
    text += "\n    " + detail;
  return text + "\n";
}

} // namespace weft::cusim
