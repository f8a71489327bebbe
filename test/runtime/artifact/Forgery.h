//===- Forgery.h - One lie in an artifact -----------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_RUNTIME_ARTIFACT_FORGERY_H
#define TEST_RUNTIME_ARTIFACT_FORGERY_H

#include "test/runtime/support/TestArtifact.h"
#include "weft/Status.h"

#include <gmock/gmock.h>

#include <functional>

namespace weft::test {

/// A change of the encoder's manifest, and a part of the sentence that loading
/// or running it must give.
struct Forgery {
  const char *name;
  std::function<void(artifact::Manifest &)> apply;
  const char *message;
};

/// Each is applied to an artifact of its own, whose hashes are right.
class ForgedArtifact : public testing::TestWithParam<Forgery> {};

/// Loads the artifact, and runs it on a few shapes when that succeeds.
Status loadAndRun(const std::string &folder);

/// Fails the test unless `status` is an error of one short line.
void expectOneSentence(const Status &status);

inline artifact::Variant &variantOf(artifact::Manifest &manifest) {
  return *manifest.mutable_stages(0)->mutable_programs(0)->mutable_variants(0);
}
inline artifact::Kernel &kernelOf(artifact::Manifest &manifest, int index) {
  return *manifest.mutable_stages(0)->mutable_kernels()->mutable_kernels(index);
}
/// A command after the encoder's three.
inline artifact::Command &added(artifact::Manifest &manifest) {
  artifact::Command &command = *variantOf(manifest).add_commands();
  command.set_node("forged");
  return command;
}
inline artifact::Launch &launchOf(artifact::Manifest &manifest, int index) {
  return *variantOf(manifest).mutable_commands(index)->mutable_launch();
}
inline std::string longName(size_t length) { return std::string(length, 'x'); }

} // namespace weft::test

#endif // TEST_RUNTIME_ARTIFACT_FORGERY_H
