//===- CodeFilesTest.cpp - Which code runs on a GPU -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/device/cuda/CodeFiles.h"

#include <gmock/gmock.h>

using namespace weft;
using namespace weft::cuda;
using testing::ElementsAre;

namespace {

artifact::Stage stageOf(std::initializer_list<const char *> files) {
  artifact::Stage stage;
  stage.set_arch("sm_80");
  for (const char *file : files)
    stage.add_code_files(file);
  return stage;
}

TEST(CodeFiles, TakesTheNearestMachineCodeOfTheGeneration) {
  artifact::Stage stage = stageOf(
      {"stage0.ptx", "stage0.sm_80.cubin", "stage0.sm_86.cubin",
       "stage0.sm_90.cubin", "stage0.sm_90a.cubin", "stage0.sm_100.cubin"});
  EXPECT_THAT(codeFilesFor(stage, 75), ElementsAre("stage0.ptx"));
  EXPECT_THAT(codeFilesFor(stage, 80),
              ElementsAre("stage0.sm_80.cubin", "stage0.ptx"));
  EXPECT_THAT(
      codeFilesFor(stage, 89),
      ElementsAre("stage0.sm_86.cubin", "stage0.sm_80.cubin", "stage0.ptx"));
  EXPECT_THAT(
      codeFilesFor(stage, 90),
      ElementsAre("stage0.sm_90a.cubin", "stage0.sm_90.cubin", "stage0.ptx"));
  EXPECT_THAT(codeFilesFor(stage, 103),
              ElementsAre("stage0.sm_100.cubin", "stage0.ptx"));
  EXPECT_THAT(codeFilesFor(stage, 120), ElementsAre("stage0.ptx"));
}

TEST(CodeFiles, LeavesOutWhatItDoesNotKnow) {
  artifact::Stage stage =
      stageOf({"stage0.so", "stage0.sm_.cubin", "stage0.sm_80f.cubin", ".cubin",
               "stage0.sm_99999999999.cubin"});
  for (unsigned architecture : {80u, 90u})
    EXPECT_THAT(codeFilesFor(stage, architecture), ElementsAre());
}

TEST(CodeFiles, AreDescribed) {
  EXPECT_EQ(describeCode(stageOf({})), "no code");
  EXPECT_EQ(describeCode(stageOf({"a.ptx"})), "PTX of sm_80");
  EXPECT_EQ(describeCode(stageOf({"a.sm_80.cubin", "a.sm_90.cubin"})),
            "cubins of sm_80 and sm_90");
  EXPECT_EQ(describeCode(stageOf({"a.ptx", "a.sm_90.cubin"})),
            "PTX of sm_80, cubins of sm_90");
}

} // namespace
