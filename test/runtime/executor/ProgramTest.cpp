//===- ProgramTest.cpp - Every kind of command ----------------------------===//
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

TEST_F(ProgramTest, CopiesFillsAndViews) {
  addBuffer(*variant, Buffer::TEMPORARY, "8*batch + 64");
  Buffer &view = addBuffer(*variant, Buffer::VIEW, "8*batch", 2);
  view.set_offset("64");
  Buffer &inner = addBuffer(*variant, Buffer::VIEW, "8", 3);
  inner.set_offset("8*batch - 8");
  Buffer &constant = addBuffer(*variant, Buffer::CONSTANT, "8");
  constant.set_data(std::string(8, '\x01'));
  fill(*variant->add_commands(), 2, 0xff);
  copy(*variant->add_commands(), 0, 3, "8*batch - 8");
  copy(*variant->add_commands(), 5, 4, "8");
  copy(*variant->add_commands(), 2, 1, "8*batch", "64");
  EXPECT_THAT(result({1, 2, 3}), ElementsAre(1, 2, 0x0101010101010101));
  EXPECT_THAT(result({7}), ElementsAre(0x0101010101010101));
}

TEST_F(ProgramTest, PicksTheFirstVariantWhoseGuardHolds) {
  variant->set_guard("max(3 - batch, 0)");
  fill(*variant->add_commands(), 1, 0);
  artifact::Variant &second = newVariant();
  copy(*second.add_commands(), 0, 1, "8*batch");
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  EXPECT_THAT(*runOn(*model, {5, 5}), ElementsAre(0, 0));
  EXPECT_THAT(*runOn(*model, {5, 5, 5}), ElementsAre(5, 5, 5));
  EXPECT_THAT(*runOn(*model, {6}), ElementsAre(0));
}

TEST_F(ProgramTest, LoopsWhileAValueIsPositive) {
  // y[0] = sum over x[0], x[0]-1, ... of 5; the counter is on the device.
  variant->set_variables(1);
  addBuffer(*variant, Buffer::TEMPORARY, "8");
  copy(*variant->add_commands(), 0, 2, "8");
  fill(*variant->add_commands(), 1, 0);
  read(*variant->add_commands(), 2, 0);
  artifact::While &loop = *variant->add_commands()->mutable_while_();
  loop.set_condition("max(v0, 0)");
  count(*loop.add_body(), 2, 1, "5");
  read(*loop.add_body(), 2, 0);
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  EXPECT_THAT(*runOn(*model, {4}), ElementsAre(20));
  EXPECT_THAT(*runOn(*model, {0}), ElementsAre(0));
  EXPECT_THAT(*runOn(*model, {-3}), ElementsAre(0));
  EXPECT_THAT(*runOn(*model, {1000}), ElementsAre(5000));
}

TEST_F(ProgramTest, ChoosesByAValue) {
  variant->set_variables(1);
  read(*variant->add_commands(), 0, 0, artifact::I8);
  artifact::If &branch = *variant->add_commands()->mutable_if_();
  branch.set_condition("v0");
  fill(*branch.add_then(), 1, 1);
  fill(*branch.add_otherwise(), 1, 2);
  fill(*branch.add_otherwise(), 1, 3);
  EXPECT_THAT(result({1}), ElementsAre(0x0101010101010101));
  EXPECT_THAT(result({-1}), ElementsAre(0x0101010101010101));
  EXPECT_THAT(result({256}), ElementsAre(0x0303030303030303)) << "one byte";
}

TEST_F(ProgramTest, AllocatesWhatAValueAsksFor) {
  // A temporary buffer of x[0] elements and a view of its end.
  variant->set_variables(1);
  addBuffer(*variant, Buffer::TEMPORARY, "8*v0");
  Buffer &view = addBuffer(*variant, Buffer::VIEW, "8", 2);
  view.set_offset("8*v0 - 8");
  read(*variant->add_commands(), 0, 0);
  fill(*variant->add_commands(), 2, 1);
  fill(*variant->add_commands(), 3, 2);
  copy(*variant->add_commands(), 2, 1, "8*batch", "8*v0 - 8*batch");
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  constexpr int64_t ones = 0x0101010101010101;
  EXPECT_THAT(*runOn(*model, {2, 0}), ElementsAre(ones, 2 * ones));
  EXPECT_THAT(*runOn(*model, {100000, 0}), ElementsAre(ones, 2 * ones));
  EXPECT_THAT(*runOn(*model, {3, 0}), ElementsAre(ones, 2 * ones));
  EXPECT_THAT(runOn(*model, {1, 0}).message(), HasSubstr("is -8"));
  EXPECT_THAT(runOn(*model, {0, 0}).message(), HasSubstr("is -8"));
  EXPECT_THAT(runOn(*model, {-7, 0}).message(), HasSubstr("is -56"));
  EXPECT_THAT(runOn(*model, {int64_t(1) << 57, 0}).message(),
              HasSubstr("cannot allocate"));
  EXPECT_THAT(*runOn(*model, {2, 0}), ElementsAre(ones, 2 * ones));
}

TEST_F(ProgramTest, KeepsState) {
  artifact::State &state = *manifest.add_states();
  state.set_name("total");
  state.set_type(artifact::I64);
  state.add_sizes("2");
  addBuffer(*variant, Buffer::STATE, "16", 0, "total");
  Buffer &second = addBuffer(*variant, Buffer::VIEW, "8", 2);
  second.set_offset("8");
  // The kernel wants buffers on 64 bytes: the counter goes through one.
  addBuffer(*variant, Buffer::TEMPORARY, "8");
  addBuffer(*variant, Buffer::TEMPORARY, "8");
  copy(*variant->add_commands(), 3, 4, "8");
  fill(*variant->add_commands(), 5, 0);
  count(*variant->add_commands(), 5, 4, "3*batch");
  copy(*variant->add_commands(), 4, 3, "8");
  copy(*variant->add_commands(), 4, 1, "8");
  StatusOr<Model> model = load();
  ASSERT_TRUE(model.isOk()) << model.message();
  EXPECT_THAT(*runOn(*model, {0}), ElementsAre(3));
  EXPECT_THAT(*runOn(*model, {0}), ElementsAre(6));
  EXPECT_EQ((*runOn(*model, {0, 0}))[0], 12);
}

TEST_F(ProgramTest, OrdersQueues) {
  variant->set_queues(3);
  variant->set_events(2);
  addBuffer(*variant, Buffer::TEMPORARY, "8*batch");
  auto on = [&](uint32_t queue) -> Command & {
    Command &command = *variant->add_commands();
    command.set_queue(queue);
    return command;
  };
  copy(on(0), 0, 2, "8*batch");
  on(0).mutable_signal()->set_event(0);
  on(2).mutable_wait()->set_event(0);
  copy(on(2), 2, 1, "8*batch");
  on(2).mutable_signal()->set_event(1);
  on(1).mutable_wait()->set_event(1);
  fill(on(1), 2, 9);
  EXPECT_THAT(result({1, 2}), ElementsAre(1, 2));
}

} // namespace
