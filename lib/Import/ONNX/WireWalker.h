//===- WireWalker.h - First look at an ONNX file ----------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Protobuf copies every byte it parses and takes no message over 2 GiB; most of
// an ONNX file is weights. The walker goes over the file's wire format first,
// without copying, and writes a second message for Protobuf:
//
//   in   graph { initializer { name: "w" dims: 2 raw_data: <8 bytes at 41> } }
//   out  graph { initializer { name: "w" dims: 2
//                              file_offset: 41 file_length: 8 file_field: 9 } }
//
// It keeps the fields that onnx.proto has and drops all others. It trusts
// nothing: each length is checked against what encloses it, nesting and the
// number of messages are bounded.
//
//===----------------------------------------------------------------------===//

#ifndef LIB_IMPORT_ONNX_WIREWALKER_H
#define LIB_IMPORT_ONNX_WIREWALKER_H

#include "weft/Status.h"

#include "llvm/ADT/StringRef.h"
#include <string>

namespace weft::onnx {

/// The ModelProto in `file` without the elements of its tensors. An error names
/// the offset of the byte where the file stops being one.
StatusOr<std::string> withoutTensorData(llvm::StringRef file);

} // namespace weft::onnx

#endif // LIB_IMPORT_ONNX_WIREWALKER_H
