//===- Rank.cpp - One rank of an artifact, on its device ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/Rank.h"
#include "runtime/base/Text.h"

#include <algorithm>

using namespace weft;

std::string weft::rankName(const artifact::Manifest &manifest, unsigned rank) {
  if (manifest.ranks_size() == 1)
    return "";
  std::string places;
  for (int axis = 0; axis != manifest.mesh().axes_size(); ++axis)
    places += (places.empty() ? "" : ", ") + manifest.mesh().axes(axis).name() +
              "=" +
              std::to_string(
                  manifest.ranks(static_cast<int>(rank)).coordinates(axis));
  return "rank " + std::to_string(rank) + " (" + places + ")";
}

Status Rank::loadWeights(bool copies) {
  std::unique_ptr<Queue> queue = rankDevice->createQueue();
  copies |= !rankDevice->sharesHostMemory();
  for (const artifact::Weight &weight : artifact.manifest().weights()) {
    if (residents.weights.contains(weight.name()))
      continue;
    StatusOr<std::span<const uint8_t>> bytes =
        artifact.weight(weight.name(), index);
    if (!bytes)
      return bytes.status();
    Memory memory{const_cast<uint8_t *>(bytes->data()), bytes->size()};
    if (copies) {
      StatusOr<std::unique_ptr<Buffer>> copy =
          rankDevice->allocateUnset(bytes->size());
      if (!copy)
        return Status::error("weight '" + printable(weight.name()) +
                             "': " + copy.message());
      memory.address = (*copy)->address();
      WEFT_RETURN_IF_ERROR(
          queue->upload(memory.address, bytes->data(), bytes->size()));
      residents.owned.push_back(std::move(*copy));
    }
    residents.weights[weight.name()] = memory;
  }
  return queue->finish();
}

Status Rank::loadStates() {
  for (const artifact::State &state : artifact.manifest().states()) {
    int64_t bytes = static_cast<int64_t>(
        byteWidth(static_cast<DataType>(static_cast<int>(state.type()))));
    for (const std::string &text : state.sizes()) {
      StatusOr<SizeExpr> expr = SizeExpr::parse(text);
      std::optional<int64_t> size =
          expr ? expr->asConstant() : std::optional<int64_t>();
      if (!size || *size < 0 || __builtin_mul_overflow(bytes, *size, &bytes))
        return Status::error("state '" + printable(state.name()) +
                             "' has size '" + printable(text) +
                             "'; expected a constant of at least 0");
    }
    StatusOr<std::unique_ptr<Buffer>> memory =
        rankDevice->reserve(static_cast<uint64_t>(bytes));
    if (!memory)
      return Status::error("state '" + printable(state.name()) +
                           "': " + memory.message());
    residents.states[state.name()] = {(*memory)->address(), (*memory)->bytes()};
    residents.owned.push_back(std::move(*memory));
  }
  return Status::ok();
}

bool Rank::settle() {
  return std::all_of(executors.begin(), executors.end(),
                     [](auto &executor) { return executor->settle(); });
}

StatusOr<std::unique_ptr<Rank>> Rank::load(const Artifact &artifact,
                                           unsigned index,
                                           std::unique_ptr<Device> device,
                                           const Peers &peers,
                                           bool copiesWeights) {
  std::unique_ptr<Rank> rank(new Rank(artifact, index, std::move(device)));
  uint32_t stage = artifact.manifest().ranks(static_cast<int>(index)).stage();
  StatusOr<std::unique_ptr<Code>> code =
      rank->rankDevice->loadCode(artifact, stage);
  if (!code)
    return code.status();
  rank->residents.code = std::move(*code);
  WEFT_RETURN_IF_ERROR(rank->loadWeights(copiesWeights));
  WEFT_RETURN_IF_ERROR(rank->loadStates());
  RankContext context{index,
                      *rank->rankDevice,
                      rank->residents,
                      peers.watchdog,
                      peers.reporting,
                      [index, find = peers.findGroup](
                          const std::vector<std::string> &axes) -> Group & {
                        return find(index, axes);
                      }};
  for (int i = 0; i != artifact.manifest().entries_size(); ++i) {
    auto executor = Executor::create(artifact.manifest(), i, context);
    if (!executor)
      return executor.status();
    rank->executors.push_back(std::move(*executor));
  }
  return rank;
}
