//===- Groups.h - All groups of a mesh --------------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef RUNTIME_COLLECTIVES_GROUPS_H
#define RUNTIME_COLLECTIVES_GROUPS_H

#include "runtime/collectives/Group.h"

#include <string>

namespace weft {

/// The groups that the ranks of a process form.
class Groups {
public:
  virtual ~Groups() = default;

  /// How they exchange data, for people.
  virtual std::string name() const = 0;
  /// Something faster is missing, as the name says.
  virtual bool isMakeshift() const { return false; }

  /// Rank `rank`'s group over axes of the mesh. Not while ranks run.
  virtual Group &find(unsigned rank, const std::vector<std::string> &axes) = 0;

  /// Makes the groups found so far ready, before any of them runs.
  virtual Status prepare() { return Status::ok(); }

  /// A rank failed: ends what others do on their devices, which would wait for
  /// it. From any thread, more than once.
  virtual void abort() {}

  /// The first error of what devices do by themselves; from any thread.
  virtual Status check() { return Status::ok(); }

  /// Forgets collectives that a failed run left undone. Not while ranks run.
  virtual void reset() = 0;
};

} // namespace weft

#endif // RUNTIME_COLLECTIVES_GROUPS_H
