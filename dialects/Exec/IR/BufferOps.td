//===- BufferOps.td - Where the bytes of a program are ----*- tablegen -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_EXEC_IR_BUFFEROPS_TD
#define DIALECTS_EXEC_IR_BUFFEROPS_TD

include "dialects/Exec/IR/ExecBase.td"

// Declares a buffer of `bytes` bytes in a variant.
class Exec_BufferOp<string mnemonic, list<Trait> traits = []> :
    Exec_Op<mnemonic, [Pure, HasParent<"VariantOp">] # traits> {
  let results = (outs Exec_BufferType:$result);
}

def Exec_InputOp : Exec_BufferOp<"input"> {
  let summary = "An input of the entry point";
  let description = [{
    Example:
    ```mlir
    llm.size @n range(1, 64) divisor 1
    exec.program @main inputs [#exec.tensor<"x" : i64 [n]>] outputs [] {
      exec.variant {
        %x = exec.input 0 bytes [8 * n]
      }
    }
    ```
  }];
  let arguments = (ins I64Attr:$index, Exec_Size:$bytes);
  let assemblyFormat = "$index `bytes` $bytes attr-dict";
  let hasVerifier = 1;
}

def Exec_OutputOp : Exec_BufferOp<"output"> {
  let summary = "An output of the entry point";
  let description = [{
    On several ranks, those on which `owner` is not zero write the caller's
    memory, each its own part; on the others the buffer is private. Without it all
    ranks are owners.

    Example:
    ```mlir
    exec.program @main inputs [] outputs [#exec.tensor<"y" : f32 [4]>] {
      exec.variant {
        %y = exec.output 0 bytes [16] owner [1 - min(1, coord("tp"))]
        exec.fill %y byte 0
      }
    }
    ```
  }];
  let arguments = (ins I64Attr:$index, Exec_Size:$bytes, OptionalAttr<Exec_Size>:$owner);
  let assemblyFormat = "$index `bytes` $bytes (`owner` $owner^)? attr-dict";
  let hasVerifier = 1;
}

def Exec_WeightOp : Exec_BufferOp<"weight", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "A weight";
  let description = [{
    `layout` names the form in which the launches expect it when that is not
    row-major: "panel16" for `[ceil(N / 16), K, 16]` (see `llm.linear`), "q4_1" or
    "q4_1x16" for elements in blocks (see `!llm.block`).

    Example:
    ```mlir
    llm.weight @scale : tensor<384xf32> in "model.safetensors" at 128
    exec.program @main inputs [] outputs [] {
      exec.variant {
        %scale = exec.weight @scale bytes [1536]
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$weight, Exec_Size:$bytes,
                       DefaultValuedStrAttr<StrAttr, "">:$layout);
  let assemblyFormat = "$weight `bytes` $bytes (`layout` $layout^)? attr-dict";
}

def Exec_StateOp : Exec_BufferOp<"state", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Memory that outlives the call";
  let description = [{
    Example:
    ```mlir
    exec.declare_state @count type i64 sizes [1]
    exec.program @main inputs [] outputs [] {
      exec.variant {
        %count = exec.state @count bytes [8]
        exec.fill %count byte 0
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state, Exec_Size:$bytes);
  let assemblyFormat = "$state `bytes` $bytes attr-dict";
}

def Exec_TemporaryOp : Exec_BufferOp<"temporary"> {
  let summary = "Memory of one call";
  let description = [{
    The runtime places temporaries in one arena by their lifetimes: from the
    first command that writes one to the last that reads it.

    Example:
    ```mlir
    llm.size @n range(1, 64) divisor 1
    exec.program @main inputs [] outputs [] {
      exec.variant {
        %t = exec.temporary bytes [4 * n]
        exec.fill %t byte 0
      }
    }
    ```
  }];
  let arguments = (ins Exec_Size:$bytes);
  let assemblyFormat = "`bytes` $bytes attr-dict";
}

def Exec_ConstantOp : Exec_BufferOp<"constant"> {
  let summary = "Bytes that the program itself holds";
  let description = [{
    Elements in row-major order, little endian; an i1 takes one byte.

    Example:
    ```mlir
    exec.program @main inputs [] outputs [] {
      exec.variant {
        %c = exec.constant dense<[1.0, 2.0]> : tensor<2xf32>
      }
    }
    ```
  }];
  let arguments = (ins ElementsAttr:$value);
  let assemblyFormat = "$value attr-dict";
}

def Exec_ViewOp : Exec_BufferOp<"view"> {
  let summary = "A part of another buffer";
  let description = [{
    Example:
    ```mlir
    llm.size @n range(1, 64) divisor 1
    exec.program @main inputs [#exec.tensor<"x" : i64 [2, n]>] outputs [] {
      exec.variant {
        %x = exec.input 0 bytes [16 * n]
        %row = exec.view %x offset [8 * n] bytes [8 * n]
      }
    }
    ```
  }];
  let arguments = (ins Exec_BufferType:$source, Exec_Size:$offset, Exec_Size:$bytes);
  let assemblyFormat = "$source `offset` $offset `bytes` $bytes attr-dict";
}

#endif // DIALECTS_EXEC_IR_BUFFEROPS_TD
