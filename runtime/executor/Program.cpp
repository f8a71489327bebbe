//===- Program.cpp - A program, decoded -----------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/Program.h"
#include "runtime/base/Text.h"

#include <algorithm>

using namespace weft;
using artifact::Command;

static bool isVariable(const std::string &name) {
  return name.size() > 1 && name[0] == 'v' &&
         std::all_of(name.begin() + 1, name.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

ExprId ExpressionTable::add(const SizeExpr &expr) {
  auto [entry, isNew] =
      ids.try_emplace(expr, static_cast<ExprId>(exprs.size()));
  if (isNew) {
    std::set<std::string> names;
    expr.collectSymbols(names);
    exprs.push_back(expr);
    dynamic.push_back(std::any_of(names.begin(), names.end(), isVariable));
  }
  return entry->second;
}

namespace {
class Decoder {
public:
  Decoder(const artifact::Variant &source, const artifact::KernelTable &kernels)
      : source(source), kernels(kernels) {}

  StatusOr<ProgramVariant> decode() {
    result.queues = source.queues();
    result.events = source.events();
    result.variables = source.variables();
    if (!source.guard().empty()) {
      StatusOr<SizeExpr> guard = SizeExpr::parse(source.guard());
      if (!guard)
        return guard.status();
      result.guard = *guard;
    }
    for (const artifact::Buffer &buffer : source.buffers())
      WEFT_RETURN_IF_ERROR(decodeBuffer(buffer));
    resolveViews();
    for (int i = 0; i != source.commands_size(); ++i)
      WEFT_RETURN_IF_ERROR(
          decodeCommand(source.commands(i), static_cast<uint32_t>(i)));
    return std::move(result);
  }

private:
  StatusOr<ExprId> expression(const std::string &text) {
    auto known = texts.find(text);
    if (known != texts.end())
      return known->second;
    StatusOr<SizeExpr> expr = SizeExpr::parse(text);
    if (!expr)
      return expr.status();
    return texts[text] = result.exprs.add(*expr);
  }

  Status set(ExprId &id, const std::string &text) {
    StatusOr<ExprId> parsed = expression(text);
    if (!parsed)
      return parsed.status();
    id = *parsed;
    return Status::ok();
  }

  Status decodeBuffer(const artifact::Buffer &buffer) {
    ProgramBuffer decoded;
    decoded.kind = buffer.kind();
    decoded.index = buffer.index();
    decoded.name = buffer.name();
    decoded.data = buffer.data();
    WEFT_RETURN_IF_ERROR(set(decoded.bytes, buffer.bytes()));
    if (buffer.kind() == artifact::Buffer::VIEW) {
      decoded.base = buffer.index();
      WEFT_RETURN_IF_ERROR(set(decoded.offset, buffer.offset()));
    }
    if (!buffer.owner().empty()) {
      StatusOr<SizeExpr> owner = SizeExpr::parse(buffer.owner());
      if (!owner)
        return owner.status();
      decoded.owner = *owner;
    }
    result.buffers.push_back(std::move(decoded));
    return Status::ok();
  }

  /// checkManifest refused cycles, so every chain of views ends.
  void resolveViews() {
    std::vector<bool> done(result.buffers.size());
    std::vector<uint32_t> chain;
    for (uint32_t i = 0; i != result.buffers.size(); ++i) {
      uint32_t at = i;
      for (; !done[at]; at = result.buffers[at].base) {
        chain.push_back(at);
        if (result.buffers[at].kind != artifact::Buffer::VIEW)
          break;
      }
      for (; !chain.empty(); chain.pop_back()) {
        uint32_t index = chain.back();
        ProgramBuffer &buffer = result.buffers[index];
        buffer.isDynamic = result.exprs.isDynamic(buffer.bytes);
        if (buffer.kind == artifact::Buffer::VIEW) {
          const ProgramBuffer &base = result.buffers[buffer.base];
          buffer.root = base.root;
          buffer.isDynamic |=
              base.isDynamic || result.exprs.isDynamic(buffer.offset);
        } else {
          buffer.root = index;
        }
        done[index] = true;
      }
    }
  }

  bool isDynamic(const std::vector<ExprId> &ids) const {
    return std::any_of(ids.begin(), ids.end(),
                       [&](ExprId id) { return result.exprs.isDynamic(id); });
  }

  Op &append(Op::Kind kind, size_t index, const Command &command,
             uint32_t position) {
    Op op;
    op.kind = kind;
    op.index = static_cast<uint32_t>(index);
    op.queue = command.queue();
    op.position = position;
    op.node = command.node();
    result.ops.push_back(std::move(op));
    return result.ops.back();
  }

  /// The kernel's own expressions, with this launch's sizes put in.
  Status decodeLaunch(const artifact::Launch &launch, LaunchOp &op) {
    const artifact::Kernel &kernel =
        kernels.kernels(static_cast<int>(launch.kernel()));
    op.kernel = launch.kernel();
    op.isSplitDynamic = kernel.split() == artifact::DYNAMIC;
    op.buffers.assign(launch.buffers().begin(), launch.buffers().end());
    for (const std::string &text : launch.sizes())
      WEFT_RETURN_IF_ERROR(set(op.sizes.emplace_back(), text));
    auto substituted = [&](ExprId &id, const std::string &text) {
      StatusOr<SizeExpr> expr = SizeExpr::parse(text);
      if (!expr)
        return expr.status();
      id = result.exprs.add(expr->substitute(
          [&](std::string_view name) -> std::optional<SizeExpr> {
            size_t index = std::stoul(std::string(name.substr(1)));
            return result.exprs[op.sizes[index]];
          }));
      return Status::ok();
    };
    WEFT_RETURN_IF_ERROR(substituted(op.items, kernel.items()));
    WEFT_RETURN_IF_ERROR(substituted(op.chunk, kernel.chunk()));
    WEFT_RETURN_IF_ERROR(substituted(op.scratchBytes, kernel.scratch_bytes()));
    WEFT_RETURN_IF_ERROR(
        substituted(op.flops, kernel.flops().empty() ? "0" : kernel.flops()));
    op.blockThreads = kernel.block_threads();
    for (const std::string &text : kernel.grid())
      WEFT_RETURN_IF_ERROR(substituted(op.grid.emplace_back(), text));
    WEFT_RETURN_IF_ERROR(substituted(
        op.sharedBytes,
        kernel.shared_bytes().empty() ? "0" : kernel.shared_bytes()));
    for (const artifact::KernelBuffer &buffer : kernel.buffers()) {
      op.writes.push_back(buffer.writes());
      WEFT_RETURN_IF_ERROR(
          substituted(op.leastBytes.emplace_back(), buffer.least_bytes()));
    }
    return Status::ok();
  }

  bool isDynamic(const LaunchOp &op) const {
    return isDynamic(op.sizes) ||
           std::any_of(op.buffers.begin(), op.buffers.end(),
                       [&](uint32_t buffer) {
                         return result.buffers[buffer].isDynamic;
                       });
  }

  Status decodeLaunch(const Command &command, uint32_t position) {
    LaunchOp op;
    WEFT_RETURN_IF_ERROR(decodeLaunch(command.launch(), op));
    append(Op::Kind::Launch, result.launches.size(), command, position)
        .isDynamic = isDynamic(op);
    result.launches.push_back(std::move(op));
    return Status::ok();
  }

  Status decodeGemm(const Command &command, uint32_t position) {
    const artifact::Gemm &gemm = command.gemm();
    GemmOp op;
    op.a = gemm.a();
    op.b = gemm.b();
    op.d = gemm.d();
    if (gemm.has_bias())
      op.bias = gemm.bias();
    WEFT_RETURN_IF_ERROR(set(op.m, gemm.m()));
    WEFT_RETURN_IF_ERROR(set(op.n, gemm.n()));
    WEFT_RETURN_IF_ERROR(set(op.k, gemm.k()));
    WEFT_RETURN_IF_ERROR(set(op.batch, gemm.batch()));
    op.transposeA = gemm.transpose_a();
    op.transposeB = gemm.transpose_b();
    op.type = static_cast<DataType>(static_cast<int>(gemm.type()));
    op.output = static_cast<DataType>(static_cast<int>(gemm.output()));
    op.epilogue = gemm.epilogue() == "relu"   ? Epilogue::Relu
                  : gemm.epilogue() == "gelu" ? Epilogue::GeluTanh
                                              : Epilogue::None;
    Op &appended =
        append(Op::Kind::Gemm, result.gemms.size(), command, position);
    appended.isDynamic = isDynamic({op.m, op.n, op.k, op.batch});
    for (uint32_t buffer : {op.a, op.b, op.d, op.bias.value_or(op.d)})
      appended.isDynamic |= result.buffers[buffer].isDynamic;
    if (gemm.has_launch()) {
      op.launch = static_cast<uint32_t>(result.launches.size());
      LaunchOp &launch = result.launches.emplace_back();
      WEFT_RETURN_IF_ERROR(decodeLaunch(gemm.launch(), launch));
      appended.isDynamic |= isDynamic(launch);
    }
    result.gemms.push_back(op);
    return Status::ok();
  }

  Status decodeCollective(const Command &command, uint32_t position) {
    const artifact::Collective &collective = command.collective();
    if (collective.kind() > artifact::Collective::ALL_TO_ALL)
      return Status::error(
          "node '" + printable(command.node()) + "' needs " +
          artifact::Collective::Kind_Name(collective.kind()) +
          ", which this runtime does not have; use a newer one");
    CollectiveOp op;
    op.kind = static_cast<CollectiveKind>(collective.kind());
    const std::string &reduction = collective.reduction();
    op.reduction = reduction.empty()    ? Reduction::None
                   : reduction == "sum" ? Reduction::Sum
                   : reduction == "max" ? Reduction::Max
                                        : Reduction::Min;
    op.type = static_cast<DataType>(static_cast<int>(collective.type()));
    op.source = collective.source();
    op.destination = collective.destination();
    for (const std::string &text : collective.sizes())
      WEFT_RETURN_IF_ERROR(set(op.sizes.emplace_back(), text));
    op.splitDimension = collective.split_dimension();
    op.concatDimension = collective.concat_dimension();
    op.splitGranule = collective.split_granule();
    op.concatGranule = collective.concat_granule();
    op.axes.assign(collective.axes().begin(), collective.axes().end());
    append(Op::Kind::Collective, result.collectives.size(), command, position)
        .isDynamic = isDynamic(op.sizes) ||
                     result.buffers[op.source].isDynamic ||
                     result.buffers[op.destination].isDynamic;
    result.collectives.push_back(std::move(op));
    return Status::ok();
  }

  Status decodeJumps(const Command &command, uint32_t position) {
    auto jump = [&](const Command &at, bool isConditional, ExprId condition) {
      append(Op::Kind::Jump, result.jumps.size(), at, position);
      result.jumps.push_back({0, isConditional, condition});
      return result.jumps.size() - 1;
    };
    auto here = [&] { return static_cast<uint32_t>(result.ops.size()); };
    auto block = [&](const auto &commands) {
      for (const Command &inner : commands)
        WEFT_RETURN_IF_ERROR(decodeCommand(inner, position));
      return Status::ok();
    };
    ExprId condition = 0;
    if (command.kind_case() == Command::kIf) {
      WEFT_RETURN_IF_ERROR(set(condition, command.if_().condition()));
      size_t skip = jump(command, true, condition);
      WEFT_RETURN_IF_ERROR(block(command.if_().then()));
      size_t end = jump(command, false, 0);
      result.jumps[skip].target = here();
      WEFT_RETURN_IF_ERROR(block(command.if_().otherwise()));
      result.jumps[end].target = here();
      return Status::ok();
    }
    WEFT_RETURN_IF_ERROR(set(condition, command.while_().condition()));
    uint32_t start = here();
    size_t leave = jump(command, true, condition);
    WEFT_RETURN_IF_ERROR(block(command.while_().body()));
    result.jumps[jump(command, false, 0)].target = start;
    result.jumps[leave].target = here();
    return Status::ok();
  }

  Status decodeCommand(const Command &command, uint32_t position) {
    auto unsupported = [&](const char *what) {
      return Status::error("node '" + printable(command.node()) + "' needs " +
                           what + ", which CPU devices do not have");
    };
    switch (command.kind_case()) {
    case Command::kLaunch:
      return decodeLaunch(command, position);
    case Command::kGemm:
      return decodeGemm(command, position);
    case Command::kCollective:
      return decodeCollective(command, position);
    case Command::kTransfer:
      return unsupported("another stage (transfer)");
    case Command::kCopy: {
      CopyOp op{command.copy().source(), command.copy().destination()};
      WEFT_RETURN_IF_ERROR(
          set(op.sourceOffset, command.copy().source_offset()));
      WEFT_RETURN_IF_ERROR(
          set(op.destinationOffset, command.copy().destination_offset()));
      WEFT_RETURN_IF_ERROR(set(op.bytes, command.copy().bytes()));
      append(Op::Kind::Copy, result.copies.size(), command, position)
          .isDynamic =
          isDynamic({op.sourceOffset, op.destinationOffset, op.bytes}) ||
          result.buffers[op.source].isDynamic ||
          result.buffers[op.destination].isDynamic;
      result.copies.push_back(op);
      return Status::ok();
    }
    case Command::kFill: {
      FillOp op{command.fill().buffer(),
                static_cast<uint8_t>(command.fill().byte())};
      append(Op::Kind::Fill, result.fills.size(), command, position).isDynamic =
          result.buffers[op.buffer].isDynamic;
      result.fills.push_back(op);
      return Status::ok();
    }
    case Command::kRead: {
      ReadOp op{command.read().buffer(), command.read().variable(), 0,
                command.read().type()};
      WEFT_RETURN_IF_ERROR(set(op.offset, command.read().offset()));
      append(Op::Kind::Read, result.reads.size(), command, position).isDynamic =
          result.buffers[op.buffer].isDynamic ||
          result.exprs.isDynamic(op.offset);
      result.reads.push_back(op);
      return Status::ok();
    }
    case Command::kIf:
    case Command::kWhile:
      return decodeJumps(command, position);
    case Command::kSignal:
      append(Op::Kind::Signal, command.signal().event(), command, position);
      return Status::ok();
    case Command::kWait:
      append(Op::Kind::Wait, command.wait().event(), command, position);
      return Status::ok();
    case Command::KIND_NOT_SET:
      break;
    }
    assert(false && "checkManifest refuses commands of no kind");
    return Status::error("a command is of no known kind");
  }

  const artifact::Variant &source;
  const artifact::KernelTable &kernels;
  ProgramVariant result;
  std::map<std::string, ExprId> texts;
};
} // namespace

StatusOr<ProgramVariant>
weft::decodeVariant(const artifact::Variant &variant,
                    const artifact::KernelTable &kernels) {
  return Decoder(variant, kernels).decode();
}
