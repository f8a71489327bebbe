//===- ForgedProgramTest.cpp - Programs that overrun ----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Forgery.h"

using namespace weft;
using namespace weft::test;
using artifact::Buffer;
using artifact::Command;
using artifact::Manifest;

namespace {

const Forgery forgeries[] = {
    // Programs.
    {"NoVariant",
     [](Manifest &m) {
       m.mutable_stages(0)->mutable_programs(0)->clear_variants();
     },
     "the program has no variant"},
    {"NoQueue", [](Manifest &m) { variantOf(m).set_queues(0); },
     "has 0 queues"},
    {"ManyQueues", [](Manifest &m) { variantOf(m).set_queues(UINT32_MAX); },
     "expected 1 to 64"},
    {"ManyEvents", [](Manifest &m) { variantOf(m).set_events(UINT32_MAX); },
     "expected 1 to 64"},
    {"ManyVariables",
     [](Manifest &m) { variantOf(m).set_variables(UINT32_MAX); },
     "at most 4096"},
    {"BadGuard", [](Manifest &m) { variantOf(m).set_guard("batch <= 4"); },
     "bad guard"},
    {"GuardOnVariable",
     [](Manifest &m) {
       variantOf(m).set_variables(1);
       variantOf(m).set_guard("v0");
     },
     "bad guard"},
    {"BufferOfNoKind",
     [](Manifest &m) { variantOf(m).mutable_buffers(3)->clear_kind(); },
     "buffer 3 has unknown kind 0"},
    {"BufferOfNoInput",
     [](Manifest &m) { variantOf(m).mutable_buffers(0)->set_index(1); },
     "buffer 0 is input 1 of 1"},
    {"BufferOfNoOutput",
     [](Manifest &m) {
       variantOf(m).mutable_buffers(5)->set_index(UINT32_MAX);
     },
     "buffer 5 is output 4294967295 of 1"},
    {"BufferOfNoWeight",
     [](Manifest &m) { variantOf(m).mutable_buffers(1)->set_name("x"); },
     "names weight 'x', which does not exist"},
    {"BufferOfNoState",
     [](Manifest &m) { addBuffer(variantOf(m), Buffer::STATE, "8", 0, "x"); },
     "names state 'x', which does not exist"},
    {"BufferWithoutSize",
     [](Manifest &m) { variantOf(m).mutable_buffers(3)->clear_bytes(); },
     "buffer 3 size expression"},
    {"ConstantOfOtherSize",
     [](Manifest &m) {
       addBuffer(variantOf(m), Buffer::CONSTANT, "9").set_data("12345678");
     },
     "is a constant of 8 bytes; its size is '9'"},
    {"ViewOfNothing",
     [](Manifest &m) {
       addBuffer(variantOf(m), Buffer::VIEW, "8", 77).set_offset("0");
     },
     "is view of buffer 77 of 7"},
    {"ViewOfItself",
     [](Manifest &m) {
       addBuffer(variantOf(m), Buffer::VIEW, "8", 6).set_offset("0");
     },
     "is a view of itself"},
    {"ViewsInACircle",
     [](Manifest &m) {
       for (uint32_t base : {7u, 8u, 6u})
         addBuffer(variantOf(m), Buffer::VIEW, "8", base).set_offset("0");
     },
     "is a view of itself"},
    {"ManyViewsOfViews",
     [](Manifest &m) {
       for (uint32_t base = 5; base != 105; ++base)
         addBuffer(variantOf(m), Buffer::VIEW, "8", base).set_offset("0");
     },
     "is a view of a view more than 64 times"},
    {"ViewBeyondItsBase",
     [](Manifest &m) {
       addBuffer(variantOf(m), Buffer::VIEW, "1000000", 3).set_offset("0");
     },
     "is a view of bytes 0 to 1000000"},
    {"ViewThatOverflows",
     [](Manifest &m) {
       addBuffer(variantOf(m), Buffer::VIEW, "9223372036854775807", 3)
           .set_offset("9223372036854775807");
     },
     "is a view of bytes"},
    {"NegativeView",
     [](Manifest &m) {
       addBuffer(variantOf(m), Buffer::VIEW, "8", 3).set_offset("0-64");
     },
     "offset is -64"},
    {"CommandOfNoKind", [](Manifest &m) { added(m); },
     "command 3 (node 'forged') is of no known kind"},
    {"CommandOnNoQueue", [](Manifest &m) { added(m).set_queue(1); },
     "is on queue 1 of 1"},
    {"LaunchOfNoKernel", [](Manifest &m) { launchOf(m, 0).set_kernel(5); },
     "launches kernel 5 of 5"},
    {"LaunchOfOtherKernel", [](Manifest &m) { launchOf(m, 2).set_kernel(3); },
     "gives kernel 'count' 3 buffers and 1 sizes; it takes 2 and 1"},
    {"LaunchOnNoBuffer", [](Manifest &m) { launchOf(m, 0).set_buffers(0, 6); },
     "uses buffer 6 of 6"},
    {"LaunchWithFewerSizes", [](Manifest &m) { launchOf(m, 1).clear_sizes(); },
     "it takes 3 and 3"},
    {"LaunchWritesWeight",
     [](Manifest &m) { launchOf(m, 0).set_buffers(2, 1); },
     "writes to buffer 1, which is an input, a weight or a constant"},
    {"LaunchWritesInput", [](Manifest &m) { launchOf(m, 0).set_buffers(2, 0); },
     "writes to buffer 0"},
    {"LaunchWritesWeightThroughView",
     [](Manifest &m) {
       addBuffer(variantOf(m), Buffer::VIEW, "160", 1).set_offset("0");
       addBuffer(variantOf(m), Buffer::VIEW, "160", 6).set_offset("0");
       launchOf(m, 0).set_buffers(2, 7);
     },
     "writes to buffer 7"},
    {"LaunchOfMoreRows",
     [](Manifest &m) { launchOf(m, 0).set_sizes(0, "batch*sequence + 1"); },
     "its kernel needs"},
    {"LaunchOfMoreColumns",
     [](Manifest &m) { launchOf(m, 1).set_sizes(1, "9"); },
     "its kernel needs 144 bytes in buffer 2, which has 128"},
    {"LaunchOfALargerTable",
     [](Manifest &m) { launchOf(m, 0).set_sizes(2, "11"); },
     "its kernel needs 176 bytes in buffer 1, which has 160"},
    {"LaunchOfNegativeSize",
     [](Manifest &m) { launchOf(m, 0).set_sizes(0, "0-5"); },
     "a kernel's size is -5"},
    {"LaunchThatOverflows",
     [](Manifest &m) { launchOf(m, 1).set_sizes(0, "9223372036854775807"); },
     "64 bits"},
    {"LaunchOfHugeScratch",
     [](Manifest &m) {
       launchOf(m, 0).set_sizes(0, "0");
       launchOf(m, 0).set_sizes(2, "0");
       launchOf(m, 0).set_sizes(1, "4611686018427387900");
     },
     ""},
    {"SmallTemporary",
     [](Manifest &m) { variantOf(m).mutable_buffers(3)->set_bytes("16"); },
     "its kernel needs"},
    {"FillOfNoBuffer",
     [](Manifest &m) { added(m).mutable_fill()->set_buffer(9); },
     "uses buffer 9 of 6"},
    {"FillOfNoByte",
     [](Manifest &m) {
       added(m).mutable_fill()->set_buffer(5);
       variantOf(m).mutable_commands(3)->mutable_fill()->set_byte(256);
     },
     "fills with 256"},
    {"FillOfWeight",
     [](Manifest &m) { added(m).mutable_fill()->set_buffer(1); },
     "writes to buffer 1"},
    {"ReadOfFloat",
     [](Manifest &m) {
       variantOf(m).set_variables(1);
       added(m).mutable_read()->set_offset("0");
       variantOf(m).mutable_commands(3)->mutable_read()->set_type(
           artifact::F32);
     },
     "reads a value that is no integer"},
    {"ReadOfNoVariable",
     [](Manifest &m) {
       added(m).mutable_read()->set_offset("0");
       variantOf(m).mutable_commands(3)->mutable_read()->set_type(
           artifact::I64);
     },
     "reads variable 0 of 0"},
    {"ReadBeyondTheEnd",
     [](Manifest &m) {
       variantOf(m).set_variables(1);
       added(m).mutable_read()->set_offset("8*batch*sequence - 4");
       variantOf(m).mutable_commands(3)->mutable_read()->set_type(
           artifact::I64);
     },
     "reads 8 bytes at"},
    {"SignalOfNoEvent",
     [](Manifest &m) { added(m).mutable_signal()->set_event(0); },
     "signals event 0 of 0"},
    {"WaitOfNoEvent",
     [](Manifest &m) { added(m).mutable_wait()->set_event(5); },
     "waits for event 5 of 0"},
    {"TransferToNoStage",
     [](Manifest &m) {
       added(m).mutable_transfer()->set_peer_stage(8);
       variantOf(m).mutable_commands(3)->mutable_transfer()->set_send(true);
     },
     "peer stage"},
    {"ConditionOfUnknownSize",
     [](Manifest &m) { added(m).mutable_if_()->set_condition("x"); },
     "uses 'x', which is not declared"},
    {"DeepNesting",
     [](Manifest &m) {
       Command *command = &added(m);
       for (int i = 0; i != 40; ++i) {
         command->mutable_if_()->set_condition("1");
         command = command->mutable_if_()->add_then();
       }
     },
     ""},
    {"HostileExpression",
     [](Manifest &m) {
       variantOf(m).mutable_buffers(3)->set_bytes(std::string(9000, '(') + "1" +
                                                  std::string(7000, ')'));
     },
     "nested too deeply"},
    {"LongExpression",
     [](Manifest &m) {
       variantOf(m).mutable_buffers(3)->set_bytes(longName(100000));
     },
     "100000 characters"},
};

INSTANTIATE_TEST_SUITE_P(Program, ForgedArtifact, testing::ValuesIn(forgeries),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

} // namespace
