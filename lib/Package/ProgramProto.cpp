//===- ProgramProto.cpp - The exec dialect as Protobuf --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Package/ProgramProto.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
namespace weft {

using namespace exec;

artifact::DataType getDataType(Type type) {
  if (type.isInteger(1))
    return artifact::BOOL;
  if (auto integer = dyn_cast<IntegerType>(type)) {
    bool isUnsigned = integer.isUnsigned();
    switch (integer.getWidth()) {
    case 8:
      return isUnsigned ? artifact::U8 : artifact::I8;
    case 16:
      return isUnsigned ? artifact::U16 : artifact::I16;
    case 32:
      return isUnsigned ? artifact::U32 : artifact::I32;
    case 64:
      return isUnsigned ? artifact::U64 : artifact::I64;
    }
    return artifact::DATA_TYPE_INVALID;
  }
  return type.isF16()    ? artifact::F16
         : type.isBF16() ? artifact::BF16
         : type.isF32()  ? artifact::F32
         : type.isF64()  ? artifact::F64
                         : artifact::DATA_TYPE_INVALID;
}

std::string getBytes(DenseElementsAttr elements) {
  std::string bytes;
  auto append = [&](const APInt &value) {
    unsigned width = std::max(1u, value.getBitWidth() / 8);
    uint64_t bits = value.getZExtValue();
    for (unsigned i = 0; i != width; ++i)
      bytes.push_back(static_cast<char>(bits >> (8 * i)));
  };
  if (isa<FloatType>(elements.getElementType()))
    for (APFloat value : elements.getValues<APFloat>())
      append(value.bitcastToAPInt());
  else
    for (APInt value : elements.getValues<APInt>())
      append(value);
  return bytes;
}

namespace {

/// Writes one variant.
class VariantWriter {
public:
  VariantWriter(VariantOp variant, const llvm::StringMap<uint32_t> &kernels,
                artifact::Variant &proto)
      : variant(variant), kernels(kernels), proto(proto) {}

  LogicalResult write();

private:
  using Commands = google::protobuf::RepeatedPtrField<artifact::Command>;

  LogicalResult writeBuffer(Operation &op);
  LogicalResult writeCommands(Region &region, Commands &commands);
  LogicalResult writeCommand(Operation &op, artifact::Command &command);
  LogicalResult writeLaunch(Operation *op, StringRef kernel, ValueRange buffers,
                            SizesAttr sizes, artifact::Launch &proto);
  LogicalResult writeGemm(GemmOp gemm, artifact::Gemm &proto);

  uint32_t indexOf(Value buffer) const { return buffers.at(buffer); }
  static std::string text(SizesAttr size) { return getSize(size).str(); }

  VariantOp variant;
  const llvm::StringMap<uint32_t> &kernels;
  artifact::Variant &proto;
  DenseMap<Value, uint32_t> buffers;
};

} // namespace

LogicalResult VariantWriter::writeBuffer(Operation &op) {
  artifact::Buffer &buffer = *proto.add_buffers();
  buffers[op.getResult(0)] = proto.buffers_size() - 1;
  if (auto bytes = op.getAttrOfType<SizesAttr>("bytes"))
    buffer.set_bytes(text(bytes));
  return TypeSwitch<Operation &, LogicalResult>(op)
      .Case([&](InputOp input) {
        buffer.set_kind(artifact::Buffer::INPUT);
        buffer.set_index(input.getIndex());
        return success();
      })
      .Case([&](OutputOp output) {
        buffer.set_kind(artifact::Buffer::OUTPUT);
        buffer.set_index(output.getIndex());
        if (output.getOwner())
          buffer.set_owner(text(*output.getOwner()));
        return success();
      })
      .Case([&](exec::WeightOp weight) {
        buffer.set_kind(artifact::Buffer::WEIGHT);
        buffer.set_name(weight.getWeight().str());
        return success();
      })
      .Case([&](exec::StateOp state) {
        buffer.set_kind(artifact::Buffer::STATE);
        buffer.set_name(state.getState().str());
        return success();
      })
      .Case([&](TemporaryOp) {
        buffer.set_kind(artifact::Buffer::TEMPORARY);
        return success();
      })
      .Case([&](ViewOp view) {
        buffer.set_kind(artifact::Buffer::VIEW);
        buffer.set_index(indexOf(view.getSource()));
        buffer.set_offset(text(view.getOffset()));
        return success();
      })
      .Case([&](exec::ConstantOp constant) -> LogicalResult {
        auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
        if (!elements)
          return constant.emitOpError("is not dense");
        buffer.set_kind(artifact::Buffer::CONSTANT);
        buffer.set_data(getBytes(elements));
        buffer.set_bytes(std::to_string(buffer.data().size()));
        return success();
      })
      .Default([](Operation &other) {
        return other.emitOpError("is no buffer that an artifact can hold");
      });
}

LogicalResult VariantWriter::writeLaunch(Operation *op, StringRef name,
                                         ValueRange buffers, SizesAttr sizes,
                                         artifact::Launch &proto) {
  auto kernel = kernels.find(name);
  if (kernel == kernels.end())
    return op->emitOpError()
           << "launches @" << name << ", for which there is no code";
  proto.set_kernel(kernel->second);
  for (Value buffer : buffers)
    proto.add_buffers(indexOf(buffer));
  for (const SizeExpr &size : sizes.getExprs())
    proto.add_sizes(size.str());
  return success();
}

LogicalResult VariantWriter::writeGemm(GemmOp gemm, artifact::Gemm &proto) {
  proto.set_a(indexOf(gemm.getA()));
  proto.set_b(indexOf(gemm.getB()));
  proto.set_d(indexOf(gemm.getD()));
  if (gemm.getBias())
    proto.set_bias(indexOf(gemm.getBias()));
  proto.set_m(text(gemm.getM()));
  proto.set_n(text(gemm.getN()));
  proto.set_k(text(gemm.getK()));
  proto.set_batch(text(gemm.getBatch()));
  proto.set_transpose_a(gemm.getTransposeA());
  proto.set_transpose_b(gemm.getTransposeB());
  proto.set_type(getDataType(gemm.getType()));
  proto.set_output(getDataType(gemm.getOutput()));
  proto.set_accumulate(getDataType(gemm.getAccumulate()));
  proto.set_epilogue(gemm.getEpilogue().str());
  if (!gemm.getKernel())
    return success();
  return writeLaunch(gemm, *gemm.getKernel(), gemm.getKernelBuffers(),
                     gemm.getKernelSizesAttr(), *proto.mutable_launch());
}

LogicalResult VariantWriter::writeCommand(Operation &op,
                                          artifact::Command &command) {
  command.set_queue(cast<CommandOpInterface>(op).getQueue());
  command.set_node(getNodeName(op.getLoc()));
  return TypeSwitch<Operation &, LogicalResult>(op)
      .Case([&](LaunchOp launch) {
        return writeLaunch(launch, launch.getKernel(), launch.getBuffers(),
                           launch.getSizes(), *command.mutable_launch());
      })
      .Case([&](CopyOp copy) {
        artifact::Copy &proto = *command.mutable_copy();
        proto.set_source(indexOf(copy.getSource()));
        proto.set_destination(indexOf(copy.getDestination()));
        proto.set_source_offset(text(copy.getSourceOffset()));
        proto.set_destination_offset(text(copy.getDestinationOffset()));
        proto.set_bytes(text(copy.getBytes()));
        return success();
      })
      .Case([&](FillOp fill) {
        command.mutable_fill()->set_buffer(indexOf(fill.getBuffer()));
        command.mutable_fill()->set_byte(fill.getByte());
        return success();
      })
      .Case([&](ReadOp read) {
        artifact::Read &proto = *command.mutable_read();
        proto.set_buffer(indexOf(read.getBuffer()));
        proto.set_offset(text(read.getOffset()));
        proto.set_type(getDataType(read.getType()));
        proto.set_variable(read.getVariable());
        return success();
      })
      .Case([&](IfOp condition) -> LogicalResult {
        artifact::If &proto = *command.mutable_if_();
        proto.set_condition(text(condition.getCondition()));
        if (failed(writeCommands(condition.getThen(), *proto.mutable_then())))
          return failure();
        return writeCommands(condition.getOtherwise(),
                             *proto.mutable_otherwise());
      })
      .Case([&](WhileOp loop) {
        artifact::While &proto = *command.mutable_while_();
        proto.set_condition(text(loop.getCondition()));
        return writeCommands(loop.getBody(), *proto.mutable_body());
      })
      .Case([&](SignalOp signal) {
        command.mutable_signal()->set_event(signal.getEvent());
        return success();
      })
      .Case([&](WaitOp wait) {
        command.mutable_wait()->set_event(wait.getEvent());
        return success();
      })
      .Case(
          [&](GemmOp gemm) { return writeGemm(gemm, *command.mutable_gemm()); })
      .Case([&](CollectiveOp collective) {
        artifact::Collective &proto = *command.mutable_collective();
        proto.set_kind(static_cast<artifact::Collective::Kind>(
            static_cast<int>(collective.getKind())));
        for (auto axis : collective.getAxes().getAsValueRange<StringAttr>())
          proto.add_axes(axis.str());
        proto.set_reduction(collective.getReduction().str());
        proto.set_type(getDataType(collective.getType()));
        proto.set_source(indexOf(collective.getSource()));
        proto.set_destination(indexOf(collective.getDestination()));
        for (const SizeExpr &size : collective.getSizes().getExprs())
          proto.add_sizes(size.str());
        proto.set_split_dimension(collective.getSplitDimension().value_or(0));
        proto.set_split_granule(collective.getSplitGranule());
        proto.set_concat_dimension(collective.getConcatDimension().value_or(0));
        proto.set_concat_granule(collective.getConcatGranule());
        return success();
      })
      .Case([&](TransferOp transfer) {
        artifact::Transfer &proto = *command.mutable_transfer();
        proto.set_buffer(indexOf(transfer.getBuffer()));
        proto.set_peer_stage(transfer.getStage());
        proto.set_send(transfer.getDirection() == Direction::send);
        proto.set_bytes(text(transfer.getBytes()));
        return success();
      })
      .Default([](Operation &other) {
        return other.emitOpError("is no command that an artifact can hold");
      });
}

LogicalResult VariantWriter::writeCommands(Region &region, Commands &commands) {
  for (Operation &op : region.getOps())
    if (isa<CommandOpInterface>(op) &&
        failed(writeCommand(op, *commands.Add())))
      return failure();
  return success();
}

LogicalResult VariantWriter::write() {
  if (variant.getGuard())
    proto.set_guard(text(*variant.getGuard()));
  proto.set_queues(variant.getQueues());
  proto.set_events(variant.getEvents());
  proto.set_variables(variant.getVariables());
  for (Operation &op : variant.getBody().getOps())
    if (!isa<CommandOpInterface>(op) && failed(writeBuffer(op)))
      return failure();
  return writeCommands(variant.getBody(), *proto.mutable_commands());
}

static void writeTensor(TensorAttr tensor, artifact::TensorInfo &proto) {
  proto.set_name(tensor.getName().str());
  proto.set_type(getDataType(tensor.getElementType()));
  for (const SizeExpr &size : tensor.getSizes().getExprs())
    proto.add_sizes(size.str());
}

LogicalResult addPrograms(ModuleOp module, artifact::Manifest &manifest) {
  artifact::Stage &stage = *manifest.mutable_stages(0);
  llvm::StringMap<uint32_t> kernels;
  for (const artifact::Kernel &kernel : stage.kernels().kernels())
    kernels.try_emplace(kernel.name(), kernels.size());

  for (auto size : module.getOps<SizeOp>()) {
    artifact::SizeSymbol &proto = *manifest.add_sizes();
    proto.set_name(size.getSymName().str());
    proto.set_minimum(size.getMinimum());
    proto.set_maximum(size.getMaximum());
    proto.set_divisor(size.getDivisor());
  }
  for (auto state : module.getOps<DeclareStateOp>()) {
    artifact::State &proto = *manifest.add_states();
    proto.set_name(state.getSymName().str());
    proto.set_type(getDataType(state.getType()));
    for (const SizeExpr &size : state.getSizes().getExprs())
      proto.add_sizes(size.str());
  }
  for (auto program : module.getOps<ProgramOp>()) {
    artifact::EntryPoint &entry = *manifest.add_entries();
    entry.set_name(program.getSymName().str());
    for (auto input : program.getInputs().getAsRange<TensorAttr>())
      writeTensor(input, *entry.add_inputs());
    for (auto output : program.getOutputs().getAsRange<TensorAttr>())
      writeTensor(output, *entry.add_outputs());
    artifact::Program &proto = *stage.add_programs();
    for (auto variant : program.getVariants().getOps<VariantOp>())
      if (failed(
              VariantWriter(variant, kernels, *proto.add_variants()).write()))
        return failure();
  }
  if (manifest.entries().empty())
    return module.emitError("the module has no public function, so there is "
                            "nothing to run");
  return success();
}

} // namespace weft
