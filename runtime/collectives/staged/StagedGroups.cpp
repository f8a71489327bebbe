//===- StagedGroups.cpp - Groups of devices through the host --------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/collectives/staged/StagedGroups.h"
#include "runtime/device/Queue.h"

using namespace weft;

class StagedGroups::Member final : public Group {
public:
  explicit Member(Group &host)
      : Group({host.axes().begin(), host.axes().end()}, host.position()),
        host(host) {}

  Status run(const Collective &collective, const void *source,
             void *destination, Queue *queue) override;

private:
  // Of 8-byte elements, so that elements of all types are aligned.
  using Memory = std::vector<uint64_t>;
  static void *reserve(Memory &memory, uint64_t bytes) {
    if (memory.size() * sizeof(uint64_t) < bytes)
      memory.resize(bytes / sizeof(uint64_t) + 1);
    return memory.data();
  }

  Group &host;
  /// Other ranks may still read them after this one failed: they stay.
  Memory sent, received;
};

Status StagedGroups::Member::run(const Collective &collective,
                                 const void *source, void *destination,
                                 Queue *queue) {
  uint64_t sourceBytes = collective.sourceBytes(axes(), position());
  uint64_t destinationBytes = collective.destinationBytes(axes(), position());
  void *from = reserve(sent, sourceBytes);
  void *to = reserve(received, destinationBytes);
  if (sourceBytes != 0)
    WEFT_RETURN_IF_ERROR(queue->download(from, source, sourceBytes));
  WEFT_RETURN_IF_ERROR(host.run(collective, from, to, nullptr));
  if (destinationBytes == 0)
    return Status::ok();
  return queue->upload(destination, to, destinationBytes);
}

StagedGroups::StagedGroups(std::vector<RankMesh::Axis> mesh,
                           std::vector<std::vector<uint64_t>> coordinates,
                           Watchdog &watchdog, std::string reason)
    : host(std::move(mesh), std::move(coordinates), watchdog),
      reason(std::move(reason)) {}
StagedGroups::~StagedGroups() = default;

Group &StagedGroups::find(unsigned rank, const std::vector<std::string> &axes) {
  Group &group = host.find(rank, axes);
  std::unique_ptr<Member> &member = members[&group];
  if (!member)
    member = std::make_unique<Member>(group);
  return *member;
}
