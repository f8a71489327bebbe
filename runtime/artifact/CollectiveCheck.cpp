//===- CollectiveCheck.cpp - Is this collective sound? --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/ManifestCheck.h"
#include "runtime/base/Text.h"

#include <algorithm>

using namespace weft;
using artifact::Collective;

static constexpr int maximumDimensions = 32;
static constexpr uint64_t maximumGranule = uint64_t(1) << 62;

static Status checkAxes(const artifact::Manifest &manifest,
                        const Collective &collective) {
  const auto &known = manifest.mesh().axes();
  std::set<std::string> seen;
  for (const std::string &axis : collective.axes()) {
    if (std::none_of(known.begin(), known.end(),
                     [&](const auto &other) { return other.name() == axis; }))
      return Status::error("is over axis '" + printable(axis) +
                           "', which is no axis of the mesh");
    if (!seen.insert(axis).second)
      return Status::error("is over axis '" + printable(axis) + "' twice");
  }
  return Status::ok();
}

static Status checkReduction(const Collective &collective) {
  const std::string &reduction = collective.reduction();
  std::string name = Collective::Kind_Name(collective.kind());
  if (collective.kind() != Collective::ALL_REDUCE &&
      collective.kind() != Collective::REDUCE_SCATTER)
    return reduction.empty()
               ? Status::ok()
               : Status::error("has reduction '" + printable(reduction) +
                               "', but " + name + " reduces nothing");
  if (reduction != "sum" && reduction != "max" && reduction != "min")
    return Status::error("has unknown reduction '" + printable(reduction) +
                         "'; expected sum, max or min");
  if (reduction == "sum" && collective.type() == artifact::BOOL)
    return Status::error("is a sum of BOOL; expected max or min");
  return Status::ok();
}

static Status checkDimension(const Collective &collective, const char *name,
                             uint32_t dimension, uint64_t granule) {
  if (dimension >= static_cast<uint32_t>(collective.sizes_size()))
    return Status::error("has " + std::string(name) + " dimension " +
                         std::to_string(dimension) + " of " +
                         std::to_string(collective.sizes_size()));
  if (granule > maximumGranule)
    return Status::error("has a " + std::string(name) + " granule of " +
                         std::to_string(granule) + "; expected at most 2^62");
  return Status::ok();
}

Status weft::checkCollective(const artifact::Manifest &manifest,
                             const Collective &collective) {
  if (!Collective::Kind_IsValid(collective.kind()) ||
      collective.kind() == Collective::KIND_INVALID)
    return Status::error("is a collective of unknown kind " +
                         std::to_string(collective.kind()));
  if (!artifact::DataType_IsValid(collective.type()) ||
      collective.type() == artifact::DATA_TYPE_INVALID)
    return Status::error("has unknown element type " +
                         std::to_string(collective.type()));
  WEFT_RETURN_IF_ERROR(checkAxes(manifest, collective));
  WEFT_RETURN_IF_ERROR(checkReduction(collective));
  if (collective.sizes_size() > maximumDimensions)
    return Status::error("has " + std::to_string(collective.sizes_size()) +
                         " dimensions; expected at most 32");
  bool splits = collective.kind() == Collective::REDUCE_SCATTER ||
                collective.kind() == Collective::ALL_TO_ALL;
  bool concatenates = collective.kind() == Collective::ALL_GATHER ||
                      collective.kind() == Collective::ALL_TO_ALL;
  if (splits)
    WEFT_RETURN_IF_ERROR(checkDimension(collective, "split",
                                        collective.split_dimension(),
                                        collective.split_granule()));
  if (concatenates)
    WEFT_RETURN_IF_ERROR(checkDimension(collective, "concat",
                                        collective.concat_dimension(),
                                        collective.concat_granule()));
  if (splits && concatenates &&
      collective.split_dimension() == collective.concat_dimension())
    return Status::error("splits and concatenates dimension " +
                         std::to_string(collective.split_dimension()) +
                         "; expected two dimensions");
  if (collective.source() == collective.destination() &&
      collective.kind() != Collective::ALL_REDUCE)
    return Status::error("has buffer " + std::to_string(collective.source()) +
                         " as source and destination, which only ALL_REDUCE "
                         "may");
  return Status::ok();
}
