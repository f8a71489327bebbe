//===- ProgramCheck.cpp - Is this program sound? --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/ManifestCheck.h"
#include "runtime/base/Text.h"

#include <algorithm>

using namespace weft;
using artifact::Command;

static constexpr uint32_t maximumQueues = 64;
static constexpr uint32_t maximumEvents = 1 << 20;
static constexpr uint32_t maximumVariables = 4096;
static constexpr unsigned maximumNesting = 32;

namespace {
class VariantChecker {
public:
  VariantChecker(const artifact::Manifest &manifest,
                 const artifact::Stage &stage,
                 const artifact::EntryPoint &entry,
                 const artifact::Variant &variant)
      : manifest(manifest), stage(stage), entry(entry), variant(variant),
        scope(scopeOf(manifest)) {
    scope.addNumbered("v", std::min(variant.variables(), maximumVariables));
  }

  Status check() {
    if (variant.queues() < 1 || variant.queues() > maximumQueues ||
        variant.events() > maximumEvents ||
        variant.variables() > maximumVariables)
      return Status::error(
          "has " + std::to_string(variant.queues()) + " queues, " +
          std::to_string(variant.events()) + " events and " +
          std::to_string(variant.variables()) +
          " variables; expected 1 to 64, at most 1048576 and at most 4096");
    if (!variant.guard().empty())
      if (StatusOr<SizeExpr> guard = scopeOf(manifest).parse(variant.guard());
          !guard)
        return Status::error("has a bad guard: " + guard.message());
    for (int i = 0; i != variant.buffers_size(); ++i) {
      Status status = checkBuffer(variant.buffers(i));
      if (!status)
        return Status::error("buffer " + std::to_string(i) + " " +
                             status.message());
    }
    WEFT_RETURN_IF_ERROR(resolveViews());
    WEFT_RETURN_IF_ERROR(checkOwners());
    signalled.assign(variant.events(), false);
    return checkCommands(variant.commands(), 0);
  }

private:
  Status expression(const std::string &text) {
    StatusOr<SizeExpr> expr = scope.parse(text);
    return expr ? Status::ok() : expr.status();
  }

  Status checkBuffer(const artifact::Buffer &buffer) {
    using artifact::Buffer;
    auto named = [&](const auto &list, const char *what) {
      bool found = std::any_of(list.begin(), list.end(), [&](const auto &item) {
        return item.name() == buffer.name();
      });
      return found ? Status::ok()
                   : Status::error("names " + std::string(what) + " '" +
                                   printable(buffer.name()) +
                                   "', which does not exist");
    };
    auto indexed = [&](int count, const char *what) {
      return buffer.index() < static_cast<uint32_t>(count)
                 ? Status::ok()
                 : Status::error("is " + std::string(what) + " " +
                                 std::to_string(buffer.index()) + " of " +
                                 std::to_string(count));
    };
    WEFT_RETURN_IF_ERROR(expression(buffer.bytes()));
    switch (buffer.kind()) {
    case Buffer::INPUT:
      return indexed(entry.inputs_size(), "input");
    case Buffer::OUTPUT:
      return indexed(entry.outputs_size(), "output");
    case Buffer::WEIGHT:
      return weightNames().contains(buffer.name())
                 ? Status::ok()
                 : named(manifest.weights(), "weight");
    case Buffer::STATE:
      return named(manifest.states(), "state");
    case Buffer::TEMPORARY:
      return Status::ok();
    case Buffer::CONSTANT:
      if (SizeExpr::parse(buffer.bytes())->asConstant() !=
          static_cast<int64_t>(buffer.data().size()))
        return Status::error(
            "is a constant of " + std::to_string(buffer.data().size()) +
            " bytes; its size is '" + printable(buffer.bytes()) + "'");
      return Status::ok();
    case Buffer::VIEW:
      WEFT_RETURN_IF_ERROR(expression(buffer.offset()));
      return indexed(variant.buffers_size(), "view of buffer");
    default:
      return Status::error("has unknown kind " + std::to_string(buffer.kind()));
    }
  }

  const std::set<std::string> &weightNames() {
    if (weights.empty())
      for (const artifact::Weight &weight : manifest.weights())
        weights.insert(weight.name());
    return weights;
  }

  /// The caller's memory of an output is one rank's or another's, whichever
  /// buffer stands for it; who that is is known before the program runs.
  Status checkOwners() {
    std::map<uint32_t, const std::string *> owners;
    for (int i = 0; i != variant.buffers_size(); ++i) {
      const artifact::Buffer &buffer = variant.buffers(i);
      std::string what = "buffer " + std::to_string(i);
      if (buffer.kind() != artifact::Buffer::OUTPUT) {
        if (!buffer.owner().empty())
          return Status::error(what + " has an owner but is no output");
        continue;
      }
      if (!buffer.owner().empty())
        if (StatusOr<SizeExpr> owner = scopeOf(manifest).parse(buffer.owner());
            !owner)
          return Status::error(what + " has a bad owner: " + owner.message());
      auto [known, isNew] = owners.try_emplace(buffer.index(), &buffer.owner());
      if (*known->second != buffer.owner())
        return Status::error(
            what + " is output " + std::to_string(buffer.index()) +
            " of owner '" + printable(buffer.owner()) +
            "'; another buffer says '" + printable(*known->second) + "'");
    }
    return Status::ok();
  }

  /// Finds the buffer behind every view; a cycle of views has none.
  Status resolveViews() {
    const uint32_t unknown = UINT32_MAX, active = UINT32_MAX - 1;
    roots.assign(variant.buffers_size(), unknown);
    std::vector<uint32_t> chain;
    for (uint32_t start = 0; start != roots.size(); ++start) {
      chain.clear();
      uint32_t at = start;
      while (roots[at] == unknown &&
             variant.buffers(at).kind() == artifact::Buffer::VIEW) {
        roots[at] = active;
        chain.push_back(at);
        at = variant.buffers(at).index();
      }
      if (roots[at] == active)
        return Status::error("buffer " + std::to_string(at) +
                             " is a view of itself");
      uint32_t root = roots[at] == unknown ? at : roots[at];
      roots[at] = root;
      for (uint32_t view : chain)
        roots[view] = root;
    }
    return Status::ok();
  }

  Status checkUse(uint32_t buffer, bool writes) {
    if (buffer >= roots.size())
      return Status::error("uses buffer " + std::to_string(buffer) + " of " +
                           std::to_string(roots.size()));
    auto kind = variant.buffers(roots[buffer]).kind();
    if (writes &&
        (kind == artifact::Buffer::INPUT || kind == artifact::Buffer::WEIGHT ||
         kind == artifact::Buffer::CONSTANT))
      return Status::error("writes to buffer " + std::to_string(buffer) +
                           ", which is an input, a weight or a constant");
    return Status::ok();
  }

  Status
  checkCommands(const google::protobuf::RepeatedPtrField<Command> &commands,
                unsigned nesting) {
    if (nesting > maximumNesting)
      return Status::error("nests more than 32 'if' and 'while' commands");
    for (int i = 0; i != commands.size(); ++i) {
      const Command &command = commands[i];
      Status status =
          command.queue() < variant.queues()
              ? checkCommand(command, nesting)
              : Status::error("is on queue " + std::to_string(command.queue()) +
                              " of " + std::to_string(variant.queues()));
      // Blocks report their own commands.
      if (!status)
        return reported ? status : report(i, command, status);
    }
    return Status::ok();
  }

  Status report(int index, const Command &command, const Status &status) {
    reported = true;
    return Status::error("command " + std::to_string(index) + " (node '" +
                         printable(command.node()) + "') " + status.message());
  }

  Status checkLaunch(const artifact::Launch &launch) {
    const auto &kernels = stage.kernels().kernels();
    if (launch.kernel() >= static_cast<uint32_t>(kernels.size()))
      return Status::error("launches kernel " +
                           std::to_string(launch.kernel()) + " of " +
                           std::to_string(kernels.size()));
    const artifact::Kernel &kernel = kernels[static_cast<int>(launch.kernel())];
    if (launch.buffers_size() != kernel.buffers_size() ||
        static_cast<uint32_t>(launch.sizes_size()) != kernel.size_count())
      return Status::error(
          "gives kernel '" + printable(kernel.name()) + "' " +
          std::to_string(launch.buffers_size()) + " buffers and " +
          std::to_string(launch.sizes_size()) + " sizes; it takes " +
          std::to_string(kernel.buffers_size()) + " and " +
          std::to_string(kernel.size_count()));
    for (int i = 0; i != launch.buffers_size(); ++i)
      WEFT_RETURN_IF_ERROR(
          checkUse(launch.buffers(i), kernel.buffers(i).writes()));
    for (const std::string &size : launch.sizes())
      WEFT_RETURN_IF_ERROR(expression(size));
    return Status::ok();
  }

  Status checkProduct(const artifact::Gemm &gemm) {
    for (uint32_t buffer :
         {gemm.a(), gemm.b(), gemm.has_bias() ? gemm.bias() : gemm.a()})
      WEFT_RETURN_IF_ERROR(checkUse(buffer, false));
    WEFT_RETURN_IF_ERROR(checkUse(gemm.d(), true));
    for (const std::string *size :
         {&gemm.m(), &gemm.n(), &gemm.k(), &gemm.batch()})
      WEFT_RETURN_IF_ERROR(expression(*size));
    WEFT_RETURN_IF_ERROR(checkGemm(gemm));
    return gemm.has_launch() ? checkLaunch(gemm.launch()) : Status::ok();
  }

  Status checkCommand(const Command &command, unsigned nesting) {
    switch (command.kind_case()) {
    case Command::kLaunch:
      return checkLaunch(command.launch());
    case Command::kGemm:
      return checkProduct(command.gemm());
    case Command::kCollective:
      WEFT_RETURN_IF_ERROR(checkUse(command.collective().source(), false));
      WEFT_RETURN_IF_ERROR(checkUse(command.collective().destination(), true));
      for (const std::string &size : command.collective().sizes())
        WEFT_RETURN_IF_ERROR(expression(size));
      return checkCollective(manifest, command.collective());
    case Command::kTransfer:
      WEFT_RETURN_IF_ERROR(
          checkUse(command.transfer().buffer(), !command.transfer().send()));
      if (command.transfer().peer_stage() >=
          static_cast<uint32_t>(manifest.stages_size()))
        return Status::error("has a peer stage that does not exist");
      return expression(command.transfer().bytes());
    case Command::kCopy:
      WEFT_RETURN_IF_ERROR(checkUse(command.copy().source(), false));
      WEFT_RETURN_IF_ERROR(checkUse(command.copy().destination(), true));
      WEFT_RETURN_IF_ERROR(expression(command.copy().source_offset()));
      WEFT_RETURN_IF_ERROR(expression(command.copy().destination_offset()));
      return expression(command.copy().bytes());
    case Command::kFill:
      if (command.fill().byte() > 255)
        return Status::error("fills with " +
                             std::to_string(command.fill().byte()) +
                             "; expected a byte");
      return checkUse(command.fill().buffer(), true);
    case Command::kRead:
      return checkRead(command.read());
    case Command::kIf: {
      WEFT_RETURN_IF_ERROR(expression(command.if_().condition()));
      // An event counts as signalled after the block only if both sides did.
      std::vector<bool> before = signalled;
      WEFT_RETURN_IF_ERROR(checkCommands(command.if_().then(), nesting + 1));
      std::vector<bool> afterThen = std::exchange(signalled, before);
      WEFT_RETURN_IF_ERROR(
          checkCommands(command.if_().otherwise(), nesting + 1));
      for (size_t i = 0; i != signalled.size(); ++i)
        signalled[i] = signalled[i] && afterThen[i];
      return Status::ok();
    }
    case Command::kWhile: {
      WEFT_RETURN_IF_ERROR(expression(command.while_().condition()));
      WEFT_RETURN_IF_ERROR(checkLoopMayEnd(command.while_()));
      std::vector<bool> before = signalled;
      Status status = checkCommands(command.while_().body(), nesting + 1);
      signalled = std::move(before);
      return status;
    }
    case Command::kSignal:
      if (command.signal().event() >= variant.events())
        return Status::error("signals event " +
                             std::to_string(command.signal().event()) + " of " +
                             std::to_string(variant.events()));
      signalled[command.signal().event()] = true;
      return Status::ok();
    case Command::kWait:
      if (command.wait().event() >= variant.events())
        return Status::error("waits for event " +
                             std::to_string(command.wait().event()) + " of " +
                             std::to_string(variant.events()));
      if (!signalled[command.wait().event()])
        return Status::error("waits for event " +
                             std::to_string(command.wait().event()) +
                             ", which no command before it signals");
      return Status::ok();
    case Command::KIND_NOT_SET:
      break;
    }
    return Status::error("is of no known kind");
  }

  /// Adds the names of the variables that commands read.
  static void
  collectReads(const google::protobuf::RepeatedPtrField<Command> &commands,
               std::set<std::string> &names, unsigned nesting) {
    if (nesting > maximumNesting)
      return;
    for (const Command &command : commands) {
      if (command.has_read())
        names.insert("v" + std::to_string(command.read().variable()));
      collectReads(command.if_().then(), names, nesting + 1);
      collectReads(command.if_().otherwise(), names, nesting + 1);
      collectReads(command.while_().body(), names, nesting + 1);
    }
  }

  Status checkLoopMayEnd(const artifact::While &loop) {
    std::set<std::string> read, used;
    collectReads(loop.body(), read, 0);
    SizeExpr::parse(loop.condition())->collectSymbols(used);
    for (const std::string &name : used)
      if (read.contains(name))
        return Status::ok();
    return Status::error("loops on '" + printable(loop.condition()) +
                         "', in which nothing is read inside: it would never "
                         "end");
  }

  Status checkRead(const artifact::Read &read) {
    WEFT_RETURN_IF_ERROR(checkUse(read.buffer(), false));
    WEFT_RETURN_IF_ERROR(expression(read.offset()));
    switch (read.type()) {
    case artifact::BOOL:
    case artifact::I8:
    case artifact::I16:
    case artifact::I32:
    case artifact::I64:
    case artifact::U8:
    case artifact::U16:
    case artifact::U32:
    case artifact::U64:
      break;
    default:
      return Status::error("reads a value that is no integer");
    }
    if (read.variable() >= variant.variables())
      return Status::error("reads variable " + std::to_string(read.variable()) +
                           " of " + std::to_string(variant.variables()));
    return Status::ok();
  }

  const artifact::Manifest &manifest;
  const artifact::Stage &stage;
  const artifact::EntryPoint &entry;
  const artifact::Variant &variant;
  ExpressionScope scope;
  std::set<std::string> weights;
  std::vector<uint32_t> roots; // the buffer behind each view
  std::vector<bool> signalled; // events with a signal before this command
  bool reported = false;
};
} // namespace

Status weft::checkProgram(const artifact::Manifest &manifest,
                          const artifact::Stage &stage,
                          const artifact::EntryPoint &entry,
                          const artifact::Program &program) {
  if (program.variants().empty())
    return Status::error("the program has no variant");
  for (int i = 0; i != program.variants_size(); ++i) {
    Status status =
        VariantChecker(manifest, stage, entry, program.variants(i)).check();
    if (!status)
      return Status::error("variant " + std::to_string(i) + " " +
                           status.message());
  }
  return Status::ok();
}
