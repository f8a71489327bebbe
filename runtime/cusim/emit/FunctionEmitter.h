//===- FunctionEmitter.h - PTX function to LLVM function --------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One emitter for both widths. At width 1 a register is a scalar and control
// flow is the text's. At width 32 a register is a vector of 32 lanes, or a
// scalar where all lanes agree, and each block exists twice: once for all lanes
// (`full`), once for those of a mask.
//
// Masked blocks stand in a chain, in the order of ControlFlow. Each has a word
// of the lanes that wait for it; the chain visits the blocks in turn and runs
// those that lanes wait for, so that the waiting block of the lowest number
// runs. A latch sends its lanes back to the chain's place of its head. Where
// lanes that parted meet again and all 32 are there, the full blocks take over.
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_EMIT_FUNCTIONEMITTER_H
#define RUNTIME_CUSIM_EMIT_FUNCTIONEMITTER_H

#include "runtime/cusim/emit/ControlFlow.h"
#include "runtime/cusim/emit/KernelModule.h"
#include "runtime/cusim/emit/LiveRegisters.h"
#include "runtime/cusim/emit/LoadGroups.h"
#include "runtime/cusim/emit/PassedBarriers.h"
#include "runtime/cusim/emit/Uniformity.h"
#include "runtime/cusim/warp/Collective.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft::cusim {

/// What the functions of one kernel share.
struct KernelContext {
  const ptx::Module &module;
  const Layout &layout;
  const SiteTable &sites;
  const CompileOptions &options;
  const HostFeatures &host;
  const KernelVariant variant;
  const std::string &partialSymbol;
  llvm::Module &llvm;
  /// By index in ptx::Module::functions: void(strand), or for a .func
  /// void(strand, mask, frame, arguments, results); null for those that the
  /// kernel does not use.
  std::vector<llvm::Function *> functions;
};

class FunctionEmitter {
public:
  FunctionEmitter(KernelContext &kernel, uint32_t index);

  /// Fills kernel.functions[index].
  Status emit();

private:
  using Values = llvm::SmallVector<llvm::Value *, 8>;

  KernelContext &kernel;
  const uint32_t functionIndex;
  const ptx::Function &function;
  const unsigned width;
  llvm::Function *const llvmFunction;
  llvm::IRBuilder<> builder;
  ControlFlow flow;
  Uniformity uniformity;
  LiveRegisters live;
  /// Of findMaskedRegisters.
  std::vector<bool> isMasked;
  /// Of findConstants.
  std::vector<const ptx::Operand *> constants;

  /// First of what went wrong; code that was emitted afterwards is thrown away.
  std::optional<std::string> failure;

  // The place that is being emitted.
  const ptx::Instruction *instruction = nullptr;
  uint32_t site = 0;
  /// The lanes that execute it, an i32; null: all of them.
  llvm::Value *mask = nullptr;
  /// Whether a guard has narrowed the mask: what lanes outside of it hold must
  /// then be kept.
  bool isGuarded = false;
  /// Of findEarlyReads.
  std::map<uint32_t, uint32_t> earlyReads;
  /// Of findPassedBarriers: for threads, of a kernel.
  std::multimap<uint32_t, uint32_t> passedBarriers;
  /// By number of the first of its loads in the text.
  std::map<uint32_t, LoadGroup> loadGroups;
  /// What loads of this block will give that have run already, by number.
  std::map<uint32_t, llvm::Value *> loaded;
  /// The guard of arithmetic, which is applied as results are written.
  llvm::Value *writeGuard = nullptr;

  // Registers and state, as allocas that become values.
  llvm::BasicBlock *entryBlock = nullptr;
  llvm::Value *strand = nullptr;
  /// Of a .func: offset of its frame in local memory; its arguments and
  /// results, planes of bytes [byte][width].
  llvm::Value *frame = nullptr;
  llvm::Value *arguments = nullptr;
  llvm::Value *results = nullptr;
  std::vector<llvm::SmallVector<llvm::AllocaInst *, 1>> registers;
  llvm::AllocaInst *carry = nullptr;
  llvm::AllocaInst *turns = nullptr;
  /// By index in Function::variables: .param variables of calls.
  std::vector<llvm::AllocaInst *> callVariables;
  /// Memory to pass lists of lanes in, by use.
  std::vector<llvm::AllocaInst *> buffers;

  /// Where registers lie between masked blocks: memory, and by register the
  /// offset in it; nothing for those that live within one block only.
  llvm::AllocaInst *parked = nullptr;
  std::vector<std::optional<uint64_t>> slots;

  // Control flow: by block, and one more for the end.
  std::vector<llvm::BasicBlock *> full;
  std::vector<llvm::BasicBlock *> chain;
  std::vector<llvm::Value *> waiting;
  /// By loop: lanes that have waited there for long, while others go on; and
  /// how many turns those in the loop have waited. Null for loops that do not
  /// wait.
  std::vector<llvm::AllocaInst *> held;
  llvm::AllocaInst *patience = nullptr;
  /// How often lanes have stood back before a barrier for those that are held.
  llvm::AllocaInst *yields = nullptr;
  /// Whether a block may begin with less than 32 lanes where none is elsewhere:
  /// a warp at the end of a block, or one of which lanes have returned.
  bool isPartial = true;
  /// Whether fewer lanes have code of their own, and whether this is it.
  bool hasPartialVariant = false;
  bool isPartialVariant = false;
  /// By block: whether lanes that parted meet there.
  std::vector<bool> isMeeting;

  // FunctionEmitter.cpp: the frame of a function.
  void fail(const std::string &text);
  void prepare();
  void makeRegisters();
  void emitBlock(uint32_t number);
  void emitInstruction(const ptx::Instruction &instruction, uint32_t number);
  void emitUnguarded();
  void emitArithmetic();
  llvm::AllocaInst *makeAlloca(llvm::Type *type, const llvm::Twine &name);
  llvm::Value *buffer(unsigned use, uint64_t bytes);

  // Lanes.cpp: scalars, vectors and masks.
  bool isVector(llvm::Value *value) const;
  llvm::Type *lanesOf(llvm::Type *scalar) const;
  llvm::Type *typeLike(llvm::Value *value, llvm::Type *scalar) const;
  llvm::Value *splat(llvm::Value *value);
  /// Splats all of them when one is a vector.
  void match(llvm::MutableArrayRef<llvm::Value *> values);
  llvm::Value *laneNumbers(llvm::Type *scalar, uint64_t stride);
  llvm::Value *maskBits();
  llvm::Value *toBits(llvm::Value *predicate);
  llvm::Value *toLanes(llvm::Value *bits);
  llvm::Value *firstLane();
  llvm::Value *ofFirstLane(llvm::Value *value);
  llvm::Value *ofLastLane(llvm::Value *value);
  llvm::Value *convert(llvm::Value *value, llvm::Type *scalar, bool isSigned);
  llvm::Value *toInteger(llvm::Value *value);
  llvm::Value *strandField(uint64_t offset, llvm::Type *type,
                           bool isInvariant = true);
  llvm::Value *strandFieldPointer(uint64_t offset);
  llvm::FunctionCallee hook(const char *name, llvm::Type *result,
                            llvm::ArrayRef<llvm::Type *> parameters);
  llvm::Value *callHook(const char *name, llvm::Type *result,
                        llvm::ArrayRef<llvm::Value *> arguments);

  // Operands.cpp: reading and writing operands.
  llvm::Type *typeOf(ptx::Type type) const;
  llvm::Value *read(const ptx::Operand &operand, ptx::Type type);
  llvm::Value *readRegister(const ptx::Operand &operand);
  llvm::Value *readConstant(const ptx::Operand &operand, ptx::Type type);
  llvm::Value *readGuard();
  void write(const ptx::Operand &operand, llvm::Value *value, ptx::Type type);
  void emitMov();
  void emitConvertAddress();
  void emitIsSpace();

  // Specials.cpp: special registers.
  llvm::Value *readSpecial(const ptx::Operand &operand);
  llvm::Value *laneId();
  llvm::Value *laneMask(ptx::Special special);
  llvm::Value *clusterRank();

  // Addresses.cpp: from operands to the host's pointers.
  struct Address {
    llvm::Value *value = nullptr; ///< i64; i32 in shared memory
    ptx::Space space = ptx::Space::Generic;
  };
  Address variableAddress(const ptx::Operand &operand);
  bool isLocalParameter(const ptx::VariableRef &reference) const;
  Address addressOf(const ptx::Operand &operand, ptx::Space space);
  llvm::Value *toGeneric(const Address &address);
  llvm::Value *rangeField(unsigned offset);
  llvm::Value *isQuiet(llvm::Value *offset, uint64_t bytes,
                       llvm::Value *isInside);
  llvm::Value *isInRange(llvm::Value *address, uint64_t bytes,
                         uint64_t alignment);
  llvm::Value *checkedPointer(const Address &address, uint64_t bytes,
                              uint64_t alignment, uint32_t kind);
  void noteAccess(const Address &address, uint64_t bytes, uint32_t kind);
  llvm::Value *laneList(unsigned use, llvm::Value *value);

  // Memory.cpp: ld and st.
  struct Access {
    Address address;
    llvm::Type *element = nullptr; ///< an integer
    unsigned count = 1;
    uint32_t kind = 0;
    bool isVolatile = false;
    uint64_t elementBytes() const { return element->getIntegerBitWidth() / 8; }
    uint64_t bytes() const { return count * elementBytes(); }
  };
  Access accessOf(const ptx::Operand &address, uint32_t kind);
  void emitLoad();
  void emitStore();
  Values load(const Access &access);
  Values loadUniform(const Access &access);
  void store(const Access &access, llvm::ArrayRef<llvm::Value *> values);

  // VectorMemory.cpp: ld and st by 32 addresses.
  llvm::Value *withoutOffset(llvm::Value *addresses);
  llvm::Value *rowStart(llvm::Value *addresses, uint64_t stride);
  llvm::Value *isContiguous(llvm::Value *addresses, uint64_t stride);
  Values gather(const Access &access);
  Values loadVector(const Access &access);
  void scatter(const Access &access, llvm::ArrayRef<llvm::Value *> values);
  void storeVector(const Access &access, llvm::ArrayRef<llvm::Value *> values);
  Address beginRow(const Access &wide, uint64_t alignment,
                   llvm::BasicBlock *neighbours, llvm::BasicBlock *others);
  llvm::Value *isRowInRange(const Address &start, uint64_t bytes,
                            uint64_t alignment);
  llvm::Value *rowPointer(const Address &start);

  // LoadGroups.cpp
  void loadGroup(const LoadGroup &group);

  // SharedMemory.cpp
  Values loadInterleaved(llvm::Value *pointer, const Access &access);
  Values loadInterleavedRow(llvm::Value *pointer, const Access &access);
  Values loadBroadcast(llvm::Value *low, llvm::Value *high,
                       const Access &access);
  Values gatherShared(const Access &access);
  Values loadShared(const Access &access);

  // Parameters.cpp: .param space.
  bool emitParameterLoad();
  bool emitParameterStore();
  llvm::Value *planes(const ptx::Operand &place, uint64_t bytes);
  void copyLocalParameters();
  llvm::Value *loadPlanes(llvm::Value *pointer, llvm::Type *scalar);
  void storePlanes(llvm::Value *pointer, llvm::Value *value);

  // Calls.cpp
  void emitCall();
  void emitDirectCall(uint32_t callee, llvm::Value *arguments,
                      llvm::Value *results);
  void emitIndirectCall(const ptx::Operand &callee,
                        const ptx::Prototype *prototype, llvm::Value *arguments,
                        llvm::Value *results);
  bool emitSystemCall(const ptx::Function &callee);
  llvm::Value *argument(const ptx::Operand &list, unsigned index,
                        llvm::Type *scalar);

  // StackMemory.cpp
  llvm::Value *lanesFrom(llvm::Value *memory);
  llvm::Value *saveStack();
  void restoreStack(llvm::Value *saved);
  void emitStackOperation();

  // Atomics.cpp, Synchronization.cpp, Collectives.cpp
  void emitAtomic();
  void emitBarrier();
  void emitFence();
  bool emitMiscellaneous();
  void emitCollective();
  // Shuffle.cpp
  bool emitWholeShuffle();

  // Branches.cpp
  void makeBlocks();
  void emitEntry();
  void emitCallOfPartial();
  void emitFull(uint32_t number);
  void emitChain(uint32_t number);
  void endFull(uint32_t number);
  void endMasked(uint32_t number);
  bool needsMasked(uint32_t number) const;
  bool mayExitIn(const FlowBlock &block) const;
  void countTurn(bool mayWait);

  // ParkedRegisters.cpp
  void makeParking();
  void forEachSlot(const llvm::BitVector &numbers,
                   const std::function<void(llvm::AllocaInst *, llvm::Value *,
                                            llvm::MDNode *)> &visit);
  void parkRegisters(const llvm::BitVector &numbers);
  void fetchRegisters(const llvm::BitVector &numbers);

  // Waiting.cpp: lanes that wait for other lanes of their warp.
  void makeWaiting();
  llvm::Value *anyHeld();
  void releaseHeld();
  void holdLanes(uint32_t loop, llvm::Value *lanes);
  void standBack(bool isForAll);
  /// Lets lanes of an i32 wait for a block, or ends them.
  void send(uint32_t target, llvm::Value *lanes);
  void retire(llvm::Value *lanes);
  void diverge(llvm::ArrayRef<std::pair<uint32_t, llvm::Value *>> targets);
  // ShortRegion.cpp
  bool
  emitShortRegion(uint32_t number,
                  llvm::ArrayRef<std::pair<uint32_t, llvm::Value *>> targets);
  llvm::BasicBlock *makeBlock(const llvm::Twine &name);
  void trapLanes(llvm::Value *lanes);
  /// Code that runs when a condition holds; the builder goes on behind it.
  void emitIf(llvm::Value *condition, const std::function<void()> &then,
              bool isLikely = true);
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_EMIT_FUNCTIONEMITTER_H
