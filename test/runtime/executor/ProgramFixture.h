//===- ProgramFixture.h - Programs that tests write -------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_EXECUTOR_PROGRAMFIXTURE_H
#define TEST_RUNTIME_EXECUTOR_PROGRAMFIXTURE_H

#include "test/runtime/support/TestArtifact.h"
#include "weft/Runtime.h"

#include <gmock/gmock.h>

namespace weft::test {

/// An entry point x: i64[batch] -> y: i64[n], whose program a test fills in.
/// Buffers 0 and 1 are x and y.
class ProgramTest : public testing::Test {
protected:
  TemporaryFolder folder;
  artifact::Manifest manifest = emptyManifest();
  artifact::Variant *variant = nullptr;

  void SetUp() override {
    artifact::EntryPoint &entry = *manifest.add_entries();
    entry.set_name("main");
    *entry.add_inputs() = tensorInfo("x", artifact::I64, {"batch"});
    *entry.add_outputs() = tensorInfo("y", artifact::I64, {"batch"});
    manifest.mutable_stages(0)->add_programs();
    variant = &newVariant();
  }

  artifact::Variant &newVariant() {
    artifact::Variant &added =
        *manifest.mutable_stages(0)->mutable_programs(0)->add_variants();
    added.set_queues(1);
    addBuffer(added, artifact::Buffer::INPUT, "8*batch");
    addBuffer(added, artifact::Buffer::OUTPUT, "8*batch", 0);
    return added;
  }

  static artifact::Command &copy(artifact::Command &command, uint32_t source,
                                 uint32_t destination, std::string bytes,
                                 std::string from = "0", std::string to = "0") {
    artifact::Copy &copy = *command.mutable_copy();
    copy.set_source(source);
    copy.set_destination(destination);
    copy.set_source_offset(from);
    copy.set_destination_offset(to);
    copy.set_bytes(bytes);
    return command;
  }
  static void fill(artifact::Command &command, uint32_t buffer, uint32_t byte) {
    command.mutable_fill()->set_buffer(buffer);
    command.mutable_fill()->set_byte(byte);
  }
  static void read(artifact::Command &command, uint32_t buffer,
                   uint32_t variable, artifact::DataType type = artifact::I64) {
    artifact::Read &read = *command.mutable_read();
    read.set_buffer(buffer);
    read.set_offset("0");
    read.set_type(type);
    read.set_variable(variable);
  }
  static void count(artifact::Command &command, uint32_t counter,
                    uint32_t result, std::string step) {
    command.set_node("count");
    artifact::Launch &launch = *command.mutable_launch();
    launch.set_kernel(3);
    launch.add_buffers(counter);
    launch.add_buffers(result);
    launch.add_sizes(step);
  }

  StatusOr<Model> load() {
    writeArtifact(folder.path(), manifest);
    return Model::load(folder.path(), {.devices = {}, .threads = 2});
  }

  StatusOr<std::vector<int64_t>> run(std::vector<int64_t> x,
                                     RunOptions options = {}) {
    StatusOr<Model> model = load();
    if (!model)
      return model.status();
    return runOn(*model, std::move(x), options);
  }

  static StatusOr<std::vector<int64_t>>
  runOn(Model &model, std::vector<int64_t> x, RunOptions options = {}) {
    std::vector<int64_t> shape = {static_cast<int64_t>(x.size())};
    TensorView inputs[] = {{"x", DataType::I64, shape, x.data()}};
    auto outputs = model.run(inputs, options);
    if (!outputs)
      return outputs.status();
    std::span<int64_t> y = (*outputs)[0].values<int64_t>();
    return std::vector<int64_t>(y.begin(), y.end());
  }

  std::vector<int64_t> result(std::vector<int64_t> x) {
    auto y = run(std::move(x));
    EXPECT_TRUE(y.isOk()) << (y.isOk() ? "" : y.message());
    return y.isOk() ? *y : std::vector<int64_t>();
  }

  std::string loadError() {
    StatusOr<Model> model = load();
    EXPECT_FALSE(model.isOk());
    return model.isOk() ? "" : model.message();
  }
  std::string runError(std::vector<int64_t> x) {
    auto y = run(std::move(x));
    EXPECT_FALSE(y.isOk());
    return y.isOk() ? "" : y.message();
  }
};

} // namespace weft::test

#endif // TEST_RUNTIME_EXECUTOR_PROGRAMFIXTURE_H
