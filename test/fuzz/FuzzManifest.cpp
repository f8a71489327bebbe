//===- FuzzManifest.cpp - Hostile manifests and programs ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/artifact/Artifact.h"
#include "runtime/executor/ExecutionPlan.h"

using namespace weft;

/// What loading does with a manifest, up to the point where memory is taken.
static Status plan(const artifact::Manifest &manifest) {
  const artifact::Stage &stage = manifest.stages(0);
  for (int i = 0; i != stage.programs_size(); ++i) {
    StatusOr<SizeBinder> binder =
        SizeBinder::create(manifest, manifest.entries(i), 0);
    if (!binder)
      return binder.status();
    std::vector<int64_t> sizes(binder->count(), 3);
    for (const artifact::Variant &source : stage.programs(i).variants()) {
      StatusOr<ProgramVariant> variant = decodeVariant(source, stage.kernels());
      if (!variant)
        return variant.status();
      StatusOr<Lifetimes> lifetimes = Lifetimes::of(*variant);
      if (!lifetimes)
        return lifetimes.status();
      auto made = ExecutionPlan::create(
          *variant, *lifetimes, *binder, sizes,
          std::vector<uint64_t>(variant->buffers.size(), 1 << 20));
      if (!made)
        return made.status();
    }
  }
  return Status::ok();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  auto manifest = parseManifest({data, size});
  if (manifest)
    (void)plan(**manifest).isOk();
  return 0;
}
