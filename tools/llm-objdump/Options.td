//===- Options.td - The command line of llm-objdump --------*- tablegen -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

include "tools/common/Options.td"

def program : Flag<["--"], "program">,
    HelpText<"Show the buffers and commands of each entry point">;
def kernels : Flag<["--"], "kernels">,
    HelpText<"Show what each kernel asks of a launch">;
def weights : Flag<["--"], "weights">,
    HelpText<"Show the weights and where they lie">;
def disassemble : Flag<["--"], "disassemble">,
    HelpText<"Show the machine code of each kernel, or its PTX">;
defm predict : Assigned<"predict", "GPU",
    "Times of each kernel and of a step on an a100, a40, l40s, h100, b200 or rtx5090 by the roofline model">;
defm sizes : Assigned<"sizes", "NAME=N,...",
    "With --predict: values of the symbolic sizes (default: their least)">;
