//===- CommandOps.td - What the runtime does --------------*- tablegen -*--===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_EXEC_IR_COMMANDOPS_TD
#define DIALECTS_EXEC_IR_COMMANDOPS_TD

include "dialects/Exec/IR/ExecBase.td"

defvar Exec_Queue = DefaultValuedAttr<I64Attr, "0">;

def Exec_LaunchOp : Exec_Command<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "Runs a kernel";
  let description = [{
    Buffers are the kernel's inputs, then what it writes. The kernel is a private
    function on tensors, one buffer for each argument and result, or an
    `exec.kernel`. `sizes` are the values of the kernel's parameters `s0`, `s1`,
    ...; a function says how many it has by `exec.sizes`.

    Example:
    ```mlir
    llm.size @n range(1, 64) divisor 1
    func.func private @relu_0(%x: tensor<?xf32> {llm.sizes = #llm.sizes<[s0]>}) -> tensor<?xf32> attributes {exec.sizes = 1 : i64} {
      %y = llm.relu %x : tensor<?xf32>
      return %y : tensor<?xf32>
    }
    exec.program @main inputs [#exec.tensor<"x" : f32 [n]>] outputs [#exec.tensor<"y" : f32 [n]>] {
      exec.variant {
        %x = exec.input 0 bytes [4 * n]
        %y = exec.output 0 bytes [4 * n]
        exec.launch @relu_0(%x, %y) sizes [n]
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Exec_BufferType>:$buffers,
                       LLM_SizesAttr:$sizes, Exec_Queue:$queue);
  let assemblyFormat = [{
    $kernel `(` $buffers `)` `sizes` $sizes (`queue` $queue^)? attr-dict
  }];
}

def Exec_CopyOp : Exec_Command<"copy"> {
  let summary = "Copies bytes";
  let description = [{
    Example:
    ```mlir
    exec.program @main inputs [#exec.tensor<"x" : f32 [4]>] outputs [#exec.tensor<"y" : f32 [4]>] {
      exec.variant {
        %x = exec.input 0 bytes [16]
        %y = exec.output 0 bytes [16]
        exec.copy %x offset [0] to %y offset [0] bytes [16]
      }
    }
    ```
  }];
  let arguments = (ins Exec_BufferType:$source, Exec_Size:$source_offset,
                       Exec_BufferType:$destination, Exec_Size:$destination_offset,
                       Exec_Size:$bytes, Exec_Queue:$queue);
  let assemblyFormat = [{
    $source `offset` $source_offset `to` $destination `offset` $destination_offset
    `bytes` $bytes (`queue` $queue^)? attr-dict
  }];
}

def Exec_FillOp : Exec_Command<"fill"> {
  let summary = "Sets every byte of a buffer";
  let description = [{
    Example:
    ```mlir
    exec.program @main inputs [] outputs [#exec.tensor<"y" : f32 [4]>] {
      exec.variant {
        %y = exec.output 0 bytes [16]
        exec.fill %y byte 255
      }
    }
    ```
  }];
  let arguments = (ins Exec_BufferType:$buffer,
                       ConfinedAttr<I64Attr, [IntMinValue<0>, IntMaxValue<255>]>:$byte,
                       Exec_Queue:$queue);
  let assemblyFormat = "$buffer `byte` $byte (`queue` $queue^)? attr-dict";
}

def Exec_ReadOp : Exec_Command<"read"> {
  let summary = "Fetches a scalar from the device into a variable";
  let description = [{
    Later commands see variable `N` as the size symbol `vN`.

    Example:
    ```mlir
    exec.program @main inputs [#exec.tensor<"n" : i64 []>] outputs [] {
      exec.variant variables 1 {
        %n = exec.input 0 bytes [8]
        %rows = exec.temporary bytes [4 * v0]
        exec.read %n offset [0] type i64 into 0
        exec.fill %rows byte 0
      }
    }
    ```
  }];
  let arguments = (ins Exec_BufferType:$buffer, Exec_Size:$offset,
                       TypeAttrOf<AnyInteger>:$type, I64Attr:$variable, Exec_Queue:$queue);
  let assemblyFormat = [{
    $buffer `offset` $offset `type` $type `into` $variable (`queue` $queue^)? attr-dict
  }];
}

def Exec_IfOp : Exec_Command<"if", [NoRegionArguments, NoTerminator]> {
  let summary = "Runs commands when a size is not zero";
  let description = [{
    Example:
    ```mlir
    llm.size @n range(1, 64) divisor 1
    exec.program @main inputs [] outputs [#exec.tensor<"y" : f32 [n]>] {
      exec.variant {
        %y = exec.output 0 bytes [4 * n]
        exec.if [max(0, n - 8)] {
          exec.fill %y byte 0
        } else {
          exec.fill %y byte 255
        }
      }
    }
    ```
  }];
  let arguments = (ins Exec_Size:$condition, Exec_Queue:$queue);
  let regions = (region SizedRegion<1>:$then, MaxSizedRegion<1>:$otherwise);
  let assemblyFormat = [{
    $condition (`queue` $queue^)? attr-dict-with-keyword $then (`else` $otherwise^)?
  }];
}

def Exec_WhileOp : Exec_Command<"while", [NoRegionArguments, NoTerminator]> {
  let summary = "Repeats commands while a size is not zero";
  let description = [{
    Example:
    ```mlir
    exec.program @main inputs [#exec.tensor<"n" : i64 []>] outputs [] {
      exec.variant variables 1 {
        %n = exec.input 0 bytes [8]
        %more = exec.temporary bytes [8]
        exec.copy %n offset [0] to %more offset [0] bytes [8]
        exec.read %more offset [0] type i64 into 0
        exec.while [v0] {
          exec.fill %more byte 0
          exec.read %more offset [0] type i64 into 0
        }
      }
    }
    ```
  }];
  let arguments = (ins Exec_Size:$condition, Exec_Queue:$queue);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$condition (`queue` $queue^)? attr-dict-with-keyword $body";
}

class Exec_EventOp<string mnemonic> : Exec_Command<mnemonic> {
  let arguments = (ins I64Attr:$event, Exec_Queue:$queue);
  let assemblyFormat = "$event (`queue` $queue^)? attr-dict";
}

def Exec_SignalOp : Exec_EventOp<"signal"> {
  let summary = "Marks an event once the commands before it on its queue are done";
  let description = [{
    Example:
    ```mlir
    exec.program @main inputs [] outputs [] {
      exec.variant queues 2 events 1 {
        exec.signal 0
        exec.wait 0 queue 1
      }
    }
    ```
  }];
}

def Exec_WaitOp : Exec_EventOp<"wait"> {
  let summary = "Holds its queue until an event is marked";
  let description = [{
    Example:
    ```mlir
    exec.program @main inputs [] outputs [] {
      exec.variant queues 2 events 1 {
        exec.signal 0 queue 1
        exec.wait 0
      }
    }
    ```
  }];
}

#endif // DIALECTS_EXEC_IR_COMMANDOPS_TD
