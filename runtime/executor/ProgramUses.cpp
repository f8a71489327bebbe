//===- ProgramUses.cpp - The buffers that a program uses ------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/executor/Program.h"

using namespace weft;

std::vector<ProgramVariant::Use> ProgramVariant::uses() const {
  std::vector<Use> result;
  for (const Op &op : ops) {
    auto use = [&](uint32_t buffer) {
      result.push_back({buffer, op.queue, op.position});
    };
    switch (op.kind) {
    case Op::Kind::Launch:
      for (uint32_t buffer : launches[op.index].buffers)
        use(buffer);
      break;
    case Op::Kind::Gemm: {
      const GemmOp &gemm = gemms[op.index];
      for (uint32_t buffer :
           {gemm.a, gemm.b, gemm.d, gemm.bias.value_or(gemm.d)})
        use(buffer);
      if (gemm.launch)
        for (uint32_t buffer : launches[*gemm.launch].buffers)
          use(buffer);
      break;
    }
    case Op::Kind::Collective:
      use(collectives[op.index].source);
      use(collectives[op.index].destination);
      break;
    case Op::Kind::Copy:
      use(copies[op.index].source);
      use(copies[op.index].destination);
      break;
    case Op::Kind::Fill:
      use(fills[op.index].buffer);
      break;
    case Op::Kind::Read:
      use(reads[op.index].buffer);
      break;
    case Op::Kind::Jump:
    case Op::Kind::Signal:
    case Op::Kind::Wait:
      break;
    }
  }
  return result;
}
