//===- AddressSpace.cpp - Allocations of all devices ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cusim/memory/AddressSpace.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>

namespace weft::cusim {
namespace {

constexpr uint64_t Alignment = 256;
/// Around each allocation, so that an access that misses by a little, when
/// nothing checks it, hits nobody else's memory.
constexpr uint64_t Slack = 1024;
constexpr uint64_t DefaultCapacity = uint64_t(16) << 30;

uint64_t roundUp(uint64_t bytes, uint64_t multiple) {
  return (bytes + multiple - 1) / multiple * multiple;
}

uint64_t untag(uint64_t address) { return address & HostAddressMask; }

void fillPattern(uint8_t *memory, uint64_t bytes) {
  auto *words = reinterpret_cast<uint32_t *>(memory);
  std::fill_n(words, std::min(bytes, PatternedBytes) / 4, FreshPattern);
}

/// Memory of `bytes` bytes with slack on both sides; nullptr: out of memory.
uint8_t *allocateWithSlack(uint64_t bytes, void *&memory) {
  if (bytes > HostAddressMask)
    return nullptr;
  memory = std::aligned_alloc(Alignment, roundUp(bytes, Alignment) + 2 * Slack);
  if (!memory)
    return nullptr;
  auto *begin = static_cast<uint8_t *>(memory) + Slack;
  fillPattern(begin, roundUp(bytes, Alignment));
  return begin;
}

uint64_t distance(const Allocation &allocation, uint64_t hostAddress) {
  uint64_t begin = untag(allocation.address);
  if (hostAddress < begin)
    return begin - hostAddress;
  uint64_t end = begin + allocation.bytes;
  return hostAddress < end ? 0 : hostAddress - end;
}

} // namespace

AddressSpace::AddressSpace(unsigned devices)
    : capacities(devices, DefaultCapacity), usedBytes(devices, 0),
      peers(devices, std::vector<bool>(devices, false)) {
  for (unsigned device = 0; device < devices; ++device)
    peers[device][device] = true;
}

AddressSpace::~AddressSpace() {
  for (const auto &[address, entry] : allocations)
    std::free(entry.memory);
}

StatusOr<uint64_t> AddressSpace::allocate(unsigned device, uint64_t bytes) {
  assert(device < capacities.size() && "no such device");
  if (bytes == 0)
    return Status::error("an allocation of 0 bytes, expected at least 1");
  std::unique_lock lock(mutex);
  if (bytes > capacities[device] - usedBytes[device])
    return Status::error(
        "out of memory: device " + std::to_string(device) + " has " +
        std::to_string(capacities[device] - usedBytes[device]) + " of " +
        std::to_string(capacities[device]) + " bytes left but " +
        std::to_string(bytes) + " are asked for");
  void *memory = nullptr;
  uint8_t *begin = allocateWithSlack(bytes, memory);
  if (!begin)
    return Status::error("the host has no " + std::to_string(bytes) +
                         " bytes left for memory of device " +
                         std::to_string(device));
  auto hostAddress = reinterpret_cast<uint64_t>(begin);
  uint64_t address = hostAddress | (GlobalTag + device) << TagShift;
  usedBytes[device] += bytes;
  allocations[hostAddress] = {
      {Allocation::Kind::Device, address, bytes, device}, memory};
  return address;
}

StatusOr<void *> AddressSpace::allocateHost(uint64_t bytes) {
  if (bytes == 0)
    return Status::error("an allocation of 0 bytes, expected at least 1");
  void *memory = nullptr;
  uint8_t *begin = allocateWithSlack(bytes, memory);
  if (!begin)
    return Status::error("the host has no " + std::to_string(bytes) +
                         " bytes left for pinned memory");
  auto hostAddress = reinterpret_cast<uint64_t>(begin);
  std::unique_lock lock(mutex);
  allocations[hostAddress] = {
      {Allocation::Kind::PinnedHost, hostAddress, bytes, 0}, memory};
  return static_cast<void *>(begin);
}

Status AddressSpace::registerHost(void *address, uint64_t bytes) {
  auto begin = reinterpret_cast<uint64_t>(address);
  if (!address || bytes == 0)
    return Status::error("no memory to register: the address is null or there "
                         "are 0 bytes");
  std::unique_lock lock(mutex);
  auto next = allocations.lower_bound(begin);
  bool isTaken = next != allocations.end() && next->first < begin + bytes;
  if (next != allocations.begin()) {
    const Allocation &before = std::prev(next)->second.allocation;
    isTaken |= untag(before.address) + before.bytes > begin;
  }
  if (isTaken)
    return Status::error("a part of the host memory is registered already, "
                         "unregister it first");
  allocations[begin] = {{Allocation::Kind::RegisteredHost, begin, bytes, 0},
                        nullptr};
  return Status::ok();
}

void AddressSpace::release(const Entry &entry) {
  if (entry.allocation.kind == Allocation::Kind::Device)
    usedBytes[entry.allocation.device] -= entry.allocation.bytes;
  std::free(entry.memory);
  currentGeneration.fetch_add(1, std::memory_order_acq_rel);
}

Status AddressSpace::free(uint64_t address) {
  std::unique_lock lock(mutex);
  auto found = allocations.find(untag(address));
  if (found == allocations.end() ||
      found->second.allocation.address != address || !found->second.memory)
    return Status::error("the address to free is not the start of an "
                         "allocation, or was freed before");
  release(found->second);
  allocations.erase(found);
  return Status::ok();
}

Status AddressSpace::unregisterHost(void *address) {
  std::unique_lock lock(mutex);
  auto found = allocations.find(reinterpret_cast<uint64_t>(address));
  if (found == allocations.end() ||
      found->second.allocation.kind != Allocation::Kind::RegisteredHost)
    return Status::error("the host memory to unregister was never registered");
  release(found->second);
  allocations.erase(found);
  return Status::ok();
}

std::optional<Allocation> AddressSpace::find(uint64_t address,
                                             uint64_t bytes) const {
  uint64_t hostAddress = untag(address);
  std::shared_lock lock(mutex);
  auto next = allocations.upper_bound(hostAddress);
  if (next == allocations.begin())
    return std::nullopt;
  const Allocation &allocation = std::prev(next)->second.allocation;
  uint64_t offset = hostAddress - untag(allocation.address);
  bool isSameTag = (allocation.address ^ address) >> TagShift == 0;
  if (!isSameTag || bytes > allocation.bytes ||
      offset > allocation.bytes - bytes)
    return std::nullopt;
  return allocation;
}

std::optional<Allocation> AddressSpace::nearest(uint64_t address) const {
  uint64_t hostAddress = untag(address);
  std::optional<Allocation> best;
  std::shared_lock lock(mutex);
  for (const auto &[begin, entry] : allocations) {
    const Allocation &allocation = entry.allocation;
    if ((allocation.address ^ address) >> TagShift != 0)
      continue;
    if (!best ||
        distance(allocation, hostAddress) < distance(*best, hostAddress))
      best = allocation;
  }
  return best;
}

bool AddressSpace::canAccess(unsigned device, unsigned owner) const {
  std::shared_lock lock(mutex);
  return device < peers.size() && owner < peers.size() && peers[device][owner];
}

Status AddressSpace::setPeerAccess(unsigned device, unsigned owner,
                                   bool isEnabled) {
  std::unique_lock lock(mutex);
  if (device >= peers.size() || owner >= peers.size() || device == owner)
    return Status::error("no peers: devices " + std::to_string(device) +
                         " and " + std::to_string(owner) + " of " +
                         std::to_string(peers.size()));
  if (peers[device][owner] == isEnabled)
    return Status::error(
        "access of device " + std::to_string(device) + " to device " +
        std::to_string(owner) +
        (isEnabled ? " is enabled already" : " is not enabled"));
  peers[device][owner] = isEnabled;
  if (!isEnabled)
    currentGeneration.fetch_add(1, std::memory_order_acq_rel);
  return Status::ok();
}

void AddressSpace::setCapacity(unsigned device, uint64_t bytes) {
  std::unique_lock lock(mutex);
  capacities[device] = std::max(bytes, usedBytes[device]);
}

uint64_t AddressSpace::capacity(unsigned device) const {
  std::shared_lock lock(mutex);
  return capacities[device];
}

uint64_t AddressSpace::used(unsigned device) const {
  std::shared_lock lock(mutex);
  return usedBytes[device];
}

} // namespace weft::cusim
