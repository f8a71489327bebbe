//===- ProgramRefusalTest.cpp - Programs and sizes that are refused -------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ProgramFixture.h"

using namespace weft;
using namespace weft::test;
using artifact::Buffer;
using artifact::Command;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

TEST_F(ProgramTest, NeedsAVariant) {
  variant->set_guard("batch - 1");
  EXPECT_THAT(runError({1}), HasSubstr("no program for these sizes"));
}

TEST_F(ProgramTest, RefusesVariablesThatAreNotRead) {
  variant->set_variables(1);
  addBuffer(*variant, Buffer::TEMPORARY, "8*v0");
  variant->add_commands()->set_node("clear");
  fill(*variant->mutable_commands(0), 2, 1);
  EXPECT_THAT(runError({1}),
              HasSubstr("node 'clear': uses buffer 2 before the variables"));
}

TEST_F(ProgramTest, RefusesConditionsOnVariablesThatAreNotRead) {
  variant->set_variables(1);
  artifact::If &branch = *variant->add_commands()->mutable_if_();
  branch.set_condition("v0");
  fill(*branch.add_then(), 1, 1);
  EXPECT_THAT(runError({1}), HasSubstr("'v0' has no value"));
}

TEST_F(ProgramTest, EndsLoopsAfterTheTimeout) {
  // x[0] is positive and stays so.
  variant->set_variables(1);
  read(*variant->add_commands(), 0, 0);
  Command &command = *variant->add_commands();
  command.set_node("forever");
  artifact::While &loop = *command.mutable_while_();
  loop.set_condition("v0");
  loop.add_body()->set_node("forever");
  read(*loop.mutable_body(0), 0, 0);
  RunOptions options;
  options.timeout = 0.05;
  auto y = run({1}, options);
  ASSERT_FALSE(y.isOk());
  EXPECT_THAT(y.message(),
              HasSubstr("node 'forever': the run was stopped after 0.05"));
}

TEST_F(ProgramTest, RefusesLoopsThatNeverEnd) {
  variant->set_variables(2);
  read(*variant->add_commands(), 0, 0);
  artifact::While &loop = *variant->add_commands()->mutable_while_();
  for (const char *condition : {"1", "batch", "v0"}) {
    loop.set_condition(condition);
    loop.clear_body();
    read(*loop.add_body(), 0, 1);
    EXPECT_THAT(loadError(), HasSubstr("it would never end"));
  }
  // A read deep inside is enough.
  artifact::If &branch = *loop.add_body()->mutable_if_();
  branch.set_condition("1");
  read(*branch.add_then(), 0, 0);
  EXPECT_TRUE(load().isOk());
}

TEST_F(ProgramTest, RefusesStatesOfUnknownSize) {
  artifact::State &state = *manifest.add_states();
  state.set_name("total");
  state.set_type(artifact::I64);
  state.add_sizes("batch");
  EXPECT_THAT(loadError(), HasSubstr("state 'total' has size 'batch'"));
}

TEST_F(ProgramTest, RefusesWaitsThatNeverEnd) {
  variant->set_events(1);
  variant->add_commands()->mutable_wait()->set_event(0);
  variant->add_commands()->mutable_signal()->set_event(0);
  EXPECT_THAT(loadError(),
              HasSubstr("waits for event 0, which no command before it"));
  variant->clear_commands();
  artifact::If &branch = *variant->add_commands()->mutable_if_();
  branch.set_condition("batch - 1");
  branch.add_then()->mutable_signal()->set_event(0);
  variant->add_commands()->mutable_wait()->set_event(0);
  EXPECT_THAT(loadError(), HasSubstr("waits for event 0"));
  branch.add_otherwise()->mutable_signal()->set_event(0);
  EXPECT_TRUE(load().isOk()) << "both sides signal";
}

TEST_F(ProgramTest, RefusesWhatOneCpuDoesNotHave) {
  auto kindError = [&](auto set) {
    variant->clear_commands();
    Command &command = *variant->add_commands();
    command.set_node("n");
    set(command);
    return loadError();
  };
  EXPECT_THAT(kindError([](Command &command) {
                command.mutable_collective()->set_destination(1);
                command.mutable_collective()->set_kind(
                    artifact::Collective::BROADCAST);
                command.mutable_collective()->set_type(artifact::I64);
              }),
              HasSubstr("node 'n' needs BROADCAST"));
  EXPECT_THAT(kindError([](Command &command) {
                command.mutable_transfer()->set_send(true);
                command.mutable_transfer()->set_bytes("8");
              }),
              HasSubstr("node 'n' needs another stage (transfer)"));
}

TEST_F(ProgramTest, SolvesForSizes) {
  auto &input = *manifest.mutable_entries(0)->mutable_inputs(0);
  input.set_sizes(0, "2*batch + 1");
  variant->mutable_buffers(0)->set_bytes("16*batch + 8");
  copy(*variant->add_commands(), 0, 1, "8*batch");
  EXPECT_THAT(result({1, 2, 3, 4, 5}), ElementsAre(1, 2));
  EXPECT_THAT(runError({1, 2}), HasSubstr("'batch' has no value"));
  EXPECT_THAT(runError({1}), HasSubstr("size 'batch' is 0"));
  input.set_sizes(0, "batch*batch");
  variant->mutable_buffers(0)->set_bytes("8*batch*batch");
  EXPECT_THAT(runError({1, 2}), HasSubstr("input 'x'"));
}

TEST_F(ProgramTest, ComparesSizesOfInputs) {
  auto &entry = *manifest.mutable_entries(0);
  *entry.add_inputs() = tensorInfo("z", artifact::I64, {"4", "batch", "1"});
  *entry.add_inputs() =
      tensorInfo("w", artifact::I64, {"ceildiv(batch*sequence, 4)"});
  manifest.mutable_sizes(0)->set_divisor(2);
  manifest.mutable_sizes(0)->set_maximum(6);
  copy(*variant->add_commands(), 0, 1, "8*batch");
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  std::vector<int64_t> data(1000);
  auto error = [&](std::vector<int64_t> x, std::vector<int64_t> z,
                   std::vector<int64_t> w) {
    TensorView inputs[] = {{"w", DataType::I64, w, data.data()},
                           {"x", DataType::I64, x, data.data()},
                           {"z", DataType::I64, z, data.data()}};
    auto outputs = model->run(inputs);
    return outputs.isOk() ? "" : outputs.message();
  };
  EXPECT_THAT(error({2}, {4, 4, 1}, {3}),
              HasSubstr("input 'z' has size 4 in dimension 1; expected 2, the "
                        "value of 'batch' elsewhere"));
  EXPECT_THAT(error({3}, {4, 3, 1}, {3}),
              HasSubstr("'batch' from 1 to 6, a multiple of 2"));
  EXPECT_THAT(error({8}, {4, 8, 1}, {3}), HasSubstr("from 1 to 6"));
  EXPECT_THAT(error({2}, {5, 2, 1}, {3}),
              HasSubstr("size 5 in dimension 0; expected 4"));
  EXPECT_THAT(error({2}, {4, 2, 1}, {3}), HasSubstr("'sequence' has no value"));
}

TEST_F(ProgramTest, ChecksBoundsWhenSizesAreKnown) {
  auto check = [&](auto set, const char *message) {
    variant->clear_commands();
    while (variant->buffers_size() > 2)
      variant->mutable_buffers()->RemoveLast();
    set();
    if (variant->commands_size() != 0)
      variant->mutable_commands(0)->set_node("n");
    EXPECT_THAT(runError({1, 2, 3}), HasSubstr(message));
  };
  check([&] { copy(*variant->add_commands(), 0, 1, "8*batch + 1"); },
        "node 'n': reads 25 bytes at 0 of buffer 0, which has 24");
  check([&] { copy(*variant->add_commands(), 0, 1, "8", "24"); },
        "reads 8 bytes at 24 of buffer 0");
  check([&] { copy(*variant->add_commands(), 0, 1, "8", "0", "17"); },
        "writes 8 bytes at 17 of buffer 1");
  check([&] { copy(*variant->add_commands(), 0, 1, "8", "2 - batch"); },
        "the source's offset is -1");
  check([&] { copy(*variant->add_commands(), 0, 1, "batch - 4"); },
        "the bytes to copy is -1");
  check(
      [&] {
        copy(*variant->add_commands(), 0, 1, "4611686018427387904*batch");
      },
      "does not fit in 64 bits");
  check(
      [&] {
        addBuffer(*variant, Buffer::VIEW, "8*batch", 0).set_offset("8");
        fill(*variant->add_commands(), 1, 0);
      },
      "buffer 2 is a view of bytes 8 to 32 of buffer 0, which has 24");
  check(
      [&] {
        addBuffer(*variant, Buffer::TEMPORARY, "4");
        count(*variant->add_commands(), 2, 1, "1");
        fill(*variant->add_commands(), 1, 0);
      },
      "its kernel needs 8 bytes in buffer 2, which has 4");
  check(
      [&] {
        addBuffer(*variant, Buffer::VIEW, "8", 1).set_offset("8");
        count(*variant->add_commands(), 2, 1, "1");
      },
      "its kernel gets buffer 2 at byte 8; expected a multiple of 64");
  check(
      [&] {
        addBuffer(*variant, Buffer::TEMPORARY, "8");
        count(*variant->add_commands(), 2, 1, "2 - batch");
      },
      "a kernel's size is -1");
  check(
      [&] {
        addBuffer(*variant, Buffer::TEMPORARY, "1152921504606846976");
        fill(*variant->add_commands(), 2, 0);
      },
      "cannot allocate");
  check(
      [&] {
        for (int i = 0; i != 9; ++i) {
          addBuffer(*variant, Buffer::TEMPORARY, "4611686018427387000");
          copy(*variant->add_commands(), 0, 1, "0");
        }
        copy(*variant->add_commands(), 2, 3, "0");
        copy(*variant->add_commands(), 3, 2, "0");
      },
      "2^62 bytes");
  variant->mutable_buffers(0)->set_bytes("8*batch + 8");
  check([&] { fill(*variant->add_commands(), 1, 0); },
        "buffer 0 has 32 bytes in the program, but what it stands for has 24");
}

} // namespace
