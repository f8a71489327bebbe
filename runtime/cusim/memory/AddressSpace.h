//===- AddressSpace.h - Allocations of all devices --------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_CUSIM_MEMORY_ADDRESSSPACE_H
#define RUNTIME_CUSIM_MEMORY_ADDRESSSPACE_H

#include "runtime/cusim/machine/Strand.h"
#include "weft/Status.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

namespace weft::cusim {

/// Device memory, and host memory that devices may use.
struct Allocation {
  enum class Kind : uint8_t { Device, PinnedHost, RegisteredHost, Managed };
  Kind kind;
  /// Tagged; the host's own address for host memory.
  uint64_t address;
  uint64_t bytes;
  /// The device that owns it; the first for host memory.
  unsigned device;
};

/// What fresh device memory holds: NaN in every float type, and no plausible
/// index. Of a large allocation, the first PatternedBytes.
constexpr uint32_t FreshPattern = 0xffcdffcd;
constexpr uint64_t PatternedBytes = uint64_t(256) << 20;

/// One table for all devices of a process (unified addressing). Thread-safe.
class AddressSpace {
public:
  explicit AddressSpace(unsigned devices);
  ~AddressSpace();

  /// Memory of a device, aligned to 256 bytes; fresh memory holds a pattern,
  /// not zeros. An error when the device's memory (`capacity`) is used up.
  StatusOr<uint64_t> allocate(unsigned device, uint64_t bytes);
  StatusOr<void *> allocateHost(uint64_t bytes);
  Status registerHost(void *address, uint64_t bytes);
  /// Of device or pinned memory. Errors for what is not the start of an
  /// allocation.
  Status free(uint64_t address);
  Status unregisterHost(void *address);

  /// The allocation that holds [address, address + bytes); its tag must match.
  std::optional<Allocation> find(uint64_t address, uint64_t bytes) const;
  /// For reports: the allocation that ends or begins nearest, of the same
  /// device (or the host, for an address without a tag).
  std::optional<Allocation> nearest(uint64_t address) const;
  /// Whether `device` may use memory of `owner`.
  bool canAccess(unsigned device, unsigned owner) const;
  Status setPeerAccess(unsigned device, unsigned owner, bool isEnabled);

  /// Where the host finds a tagged or host address.
  static uint8_t *hostPointer(uint64_t address) {
    return reinterpret_cast<uint8_t *>(address & HostAddressMask);
  }

  /// Changes when a range that was found may no longer be used: after free,
  /// unregisterHost, and peer access taken away.
  uint64_t generation() const {
    return currentGeneration.load(std::memory_order_acquire);
  }

  void setCapacity(unsigned device, uint64_t bytes);
  uint64_t capacity(unsigned device) const;
  uint64_t used(unsigned device) const;

private:
  struct Entry {
    Allocation allocation;
    /// What to give back to the system; nullptr for registered memory.
    void *memory;
  };
  void release(const Entry &entry);

  mutable std::shared_mutex mutex;
  /// By address in the host, which is unique, without the tag.
  std::map<uint64_t, Entry> allocations;
  std::atomic<uint64_t> currentGeneration{1};
  std::vector<uint64_t> capacities, usedBytes;
  std::vector<std::vector<bool>> peers;
};

} // namespace weft::cusim

#endif // RUNTIME_CUSIM_MEMORY_ADDRESSSPACE_H
