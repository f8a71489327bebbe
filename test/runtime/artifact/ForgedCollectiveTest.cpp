//===- ForgedCollectiveTest.cpp - Collectives that lie --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forgery.h"

using namespace weft;
using namespace weft::test;
using artifact::Buffer;
using artifact::Collective;
using artifact::Manifest;

namespace {

/// A mesh of one device, and an all_reduce of the encoder's output into
/// another buffer after its commands.
Collective &collective(Manifest &m) {
  artifact::MeshAxis &axis = *m.mutable_mesh()->add_axes();
  axis.set_name("tp");
  axis.set_size(1);
  m.mutable_ranks(0)->add_coordinates(0);
  Collective &result = *added(m).mutable_collective();
  result.set_kind(Collective::ALL_REDUCE);
  result.add_axes("tp");
  result.set_reduction("sum");
  result.set_type(artifact::F32);
  result.set_source(4);
  result.set_destination(5);
  result.add_sizes("batch*sequence");
  result.add_sizes("8");
  return result;
}

Collective &allToAll(Manifest &m) {
  Collective &result = collective(m);
  result.set_kind(Collective::ALL_TO_ALL);
  result.clear_reduction();
  result.set_split_dimension(1);
  return result;
}

const Forgery forgeries[] = {
    {"CollectiveOfNoKind", [](Manifest &m) { collective(m).clear_kind(); },
     "is a collective of unknown kind 0"},
    {"CollectiveOfUnknownKind",
     [](Manifest &m) {
       collective(m).set_kind(static_cast<Collective::Kind>(77));
     },
     "is a collective of unknown kind 77"},
    {"CollectiveOfNoType", [](Manifest &m) { collective(m).clear_type(); },
     "has unknown element type 0"},
    {"CollectiveOfUnknownType",
     [](Manifest &m) {
       collective(m).set_type(static_cast<artifact::DataType>(-5));
     },
     "has unknown element type -5"},
    {"CollectiveOverNoAxis",
     [](Manifest &m) { collective(m).set_axes(0, "dp"); },
     "is over axis 'dp', which is no axis of the mesh"},
    {"CollectiveOverAnAxisTwice",
     [](Manifest &m) { collective(m).add_axes("tp"); },
     "is over axis 'tp' twice"},
    {"CollectiveOfNoReduction",
     [](Manifest &m) { collective(m).clear_reduction(); },
     "has unknown reduction ''; expected sum, max or min"},
    {"CollectiveOfUnknownReduction",
     [](Manifest &m) { collective(m).set_reduction("product"); },
     "has unknown reduction 'product'"},
    {"GatherWithReduction",
     [](Manifest &m) { collective(m).set_kind(Collective::ALL_GATHER); },
     "has reduction 'sum', but ALL_GATHER reduces nothing"},
    {"SumOfBool", [](Manifest &m) { collective(m).set_type(artifact::BOOL); },
     "is a sum of BOOL"},
    {"CollectiveOfUnknownSize",
     [](Manifest &m) { collective(m).set_sizes(0, "rows"); },
     "uses 'rows', which is not declared"},
    {"CollectiveOfUnknownCoordinate",
     [](Manifest &m) { collective(m).set_sizes(0, "coord(\"dp\")"); },
     "uses coord(\"dp\"), which is no axis of the mesh"},
    {"CollectiveOfManyDimensions",
     [](Manifest &m) {
       Collective &forged = collective(m);
       for (int i = 0; i != 40; ++i)
         forged.add_sizes("1");
     },
     "has 42 dimensions; expected at most 32"},
    {"SplitOfNoDimension",
     [](Manifest &m) { allToAll(m).set_split_dimension(2); },
     "has split dimension 2 of 2"},
    {"ConcatOfNoDimension",
     [](Manifest &m) { allToAll(m).set_concat_dimension(UINT32_MAX); },
     "has concat dimension 4294967295 of 2"},
    {"SplitOfConcatDimension",
     [](Manifest &m) { allToAll(m).set_concat_dimension(1); },
     "splits and concatenates dimension 1"},
    {"HugeGranule",
     [](Manifest &m) { allToAll(m).set_split_granule(UINT64_MAX); },
     "has a split granule of 18446744073709551615"},
    {"GatherInPlace", [](Manifest &m) { allToAll(m).set_destination(4); },
     "has buffer 4 as source and destination"},
    {"CollectiveFromNoBuffer", [](Manifest &m) { collective(m).set_source(6); },
     "uses buffer 6 of 6"},
    {"CollectiveIntoWeight",
     [](Manifest &m) { collective(m).set_destination(1); },
     "writes to buffer 1"},
    {"OwnerOfNoOutput",
     [](Manifest &m) { variantOf(m).mutable_buffers(3)->set_owner("1"); },
     "buffer 3 has an owner but is no output"},
    {"BadOwner",
     [](Manifest &m) {
       variantOf(m).set_variables(1);
       variantOf(m).mutable_buffers(5)->set_owner("v0");
     },
     "buffer 5 has a bad owner"},
    {"TwoOwners",
     [](Manifest &m) {
       addBuffer(variantOf(m), Buffer::OUTPUT, "8").set_owner("1");
     },
     "buffer 6 is output 0 of owner '1'; another buffer says ''"},
    {"OutputOfRanksShapes",
     [](Manifest &m) {
       collective(m);
       m.mutable_entries(0)->mutable_outputs(0)->set_sizes(0, "coord(\"tp\")");
     },
     "uses coord(\"tp\"), which is no axis of the mesh"},
};

INSTANTIATE_TEST_SUITE_P(Collective, ForgedArtifact,
                         testing::ValuesIn(forgeries), [](const auto &info) {
                           return std::string(info.param.name);
                         });

} // namespace
