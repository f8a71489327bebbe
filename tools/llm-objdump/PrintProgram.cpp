//===- PrintProgram.cpp - Programs as text --------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/llm-objdump/Print.h"

#include "runtime/base/Text.h"
#include "weft/DataType.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
namespace weft::objdump {

namespace {

class VariantPrinter {
public:
  VariantPrinter(const artifact::Stage &stage, const artifact::Variant &variant,
                 raw_ostream &out)
      : stage(stage), variant(variant), out(out) {}

  void print() {
    out << "  variant";
    if (!variant.guard().empty())
      out << " when " << variant.guard();
    out << ": " << variant.queues() << " queues, " << variant.events()
        << " events, " << variant.variables() << " variables\n";
    for (const auto &[index, buffer] : enumerate(variant.buffers()))
      printBuffer(index, buffer);
    printCommands(variant.commands(), 4);
  }

private:
  void printBuffer(size_t index, const artifact::Buffer &buffer);
  template <typename Commands>
  void printCommands(const Commands &commands, unsigned indent);
  void printCommand(const artifact::Command &command, unsigned indent);
  void printLaunch(const artifact::Launch &launch);
  void printGemm(const artifact::Gemm &gemm);
  void printCollective(const artifact::Collective &collective);

  const artifact::Stage &stage;
  const artifact::Variant &variant;
  raw_ostream &out;
  /// Commands are numbered as traces number them: in the order of the text.
  unsigned number = 0;
};

} // namespace

void VariantPrinter::printBuffer(size_t index, const artifact::Buffer &buffer) {
  using artifact::Buffer;
  out << "    %" << index << " = "
      << StringRef(Buffer::Kind_Name(buffer.kind())).lower();
  switch (buffer.kind()) {
  case Buffer::INPUT:
  case Buffer::OUTPUT:
    out << " " << buffer.index();
    if (!buffer.owner().empty())
      out << " of ranks where " << buffer.owner();
    break;
  case Buffer::WEIGHT:
  case Buffer::STATE:
    out << " " << printable(buffer.name());
    break;
  case Buffer::VIEW:
    out << " of %" << buffer.index() << " from " << buffer.offset();
    break;
  default:
    break;
  }
  out << ", " << buffer.bytes() << " bytes\n";
}

void VariantPrinter::printLaunch(const artifact::Launch &launch) {
  const artifact::Kernel &kernel = stage.kernels().kernels(launch.kernel());
  out << "launch " << printable(kernel.name()) << "(";
  interleaveComma(launch.buffers(), out,
                  [&](uint32_t buffer) { out << "%" << buffer; });
  out << ") sizes [" << join(launch.sizes(), ", ") << "]";
}

void VariantPrinter::printGemm(const artifact::Gemm &gemm) {
  auto typeName = [](artifact::DataType type) {
    return name(static_cast<DataType>(type));
  };
  out << "gemm %" << gemm.a() << (gemm.transpose_a() ? "^T" : "") << " * %"
      << gemm.b() << (gemm.transpose_b() ? "^T" : "");
  if (gemm.has_bias())
    out << " + %" << gemm.bias();
  out << " to %" << gemm.d() << ", " << gemm.batch() << " x (" << gemm.m()
      << " x " << gemm.n() << " x " << gemm.k() << "), "
      << typeName(gemm.type()) << " to " << typeName(gemm.output());
  if (!gemm.epilogue().empty())
    out << ", " << printable(gemm.epilogue());
  if (gemm.has_launch()) {
    out << ", or ";
    printLaunch(gemm.launch());
  }
}

void VariantPrinter::printCollective(const artifact::Collective &collective) {
  using artifact::Collective;
  auto dimension = [&](StringRef what, uint32_t index, uint64_t granule) {
    out << " " << what << " " << index;
    if (granule > 1)
      out << " by " << granule;
  };
  out << StringRef(Collective::Kind_Name(collective.kind())).lower();
  if (!collective.reduction().empty())
    out << " " << collective.reduction();
  out << " %" << collective.source() << " to %" << collective.destination()
      << " over [" << join(collective.axes(), ", ") << "], "
      << name(static_cast<DataType>(collective.type())) << "["
      << join(collective.sizes(), ", ") << "]";
  bool isAllToAll = collective.kind() == Collective::ALL_TO_ALL;
  if (isAllToAll || collective.kind() == Collective::REDUCE_SCATTER)
    dimension("split", collective.split_dimension(),
              collective.split_granule());
  if (isAllToAll || collective.kind() == Collective::ALL_GATHER)
    dimension("concat", collective.concat_dimension(),
              collective.concat_granule());
}

void VariantPrinter::printCommand(const artifact::Command &command,
                                  unsigned indent) {
  switch (command.kind_case()) {
  case artifact::Command::kLaunch:
    return printLaunch(command.launch());
  case artifact::Command::kCopy:
    out << "copy %" << command.copy().source() << " + "
        << command.copy().source_offset() << " to %"
        << command.copy().destination() << " + "
        << command.copy().destination_offset() << ", " << command.copy().bytes()
        << " bytes";
    return;
  case artifact::Command::kFill:
    out << "fill %" << command.fill().buffer() << " with "
        << command.fill().byte();
    return;
  case artifact::Command::kRead:
    out << "read v" << command.read().variable() << " from %"
        << command.read().buffer() << " + " << command.read().offset();
    return;
  case artifact::Command::kSignal:
    out << "signal " << command.signal().event();
    return;
  case artifact::Command::kWait:
    out << "wait " << command.wait().event();
    return;
  case artifact::Command::kIf:
    out << "if " << command.if_().condition() << "\n";
    printCommands(command.if_().then(), indent + 2);
    out.indent(indent) << "else\n";
    printCommands(command.if_().otherwise(), indent + 2);
    out.indent(indent) << "end";
    return;
  case artifact::Command::kWhile:
    out << "while " << command.while_().condition() << "\n";
    printCommands(command.while_().body(), indent + 2);
    out.indent(indent) << "end";
    return;
  case artifact::Command::kGemm:
    return printGemm(command.gemm());
  case artifact::Command::kCollective:
    return printCollective(command.collective());
  case artifact::Command::kTransfer:
    out << (command.transfer().send() ? "send %" : "receive %")
        << command.transfer().buffer() << ", stage "
        << command.transfer().peer_stage();
    return;
  case artifact::Command::KIND_NOT_SET:
    out << "nothing";
    return;
  }
}

template <typename Commands>
void VariantPrinter::printCommands(const Commands &commands, unsigned indent) {
  for (const artifact::Command &command : commands) {
    out.indent(indent) << number++ << "  ";
    if (command.queue())
      out << "queue " << command.queue() << ": ";
    printCommand(command, indent);
    if (!command.node().empty())
      out << "  ; " << printable(command.node());
    out << "\n";
  }
}

void printPrograms(const artifact::Manifest &manifest, raw_ostream &out) {
  for (const auto &[index, stage] : enumerate(manifest.stages()))
    for (const auto &[entry, program] :
         zip_equal(manifest.entries(), stage.programs())) {
      out << "program " << printable(entry.name()) << " of stage " << index
          << "\n";
      for (const artifact::Variant &variant : program.variants())
        VariantPrinter(stage, variant, out).print();
    }
}

} // namespace weft::objdump
