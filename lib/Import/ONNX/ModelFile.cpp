//===- ModelFile.cpp - An ONNX file, mapped and parsed --------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/ONNX/ModelFile.h"
#include "lib/Import/ONNX/WireWalker.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace weft;
using namespace weft::onnx;

namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

StatusOr<ModelFile> ModelFile::open(llvm::StringRef modelPath) {
  // A pipe or a device would hang or never end.
  fs::file_status status;
  if (std::error_code failure = fs::status(modelPath, status))
    return Status::error("cannot be opened: " + failure.message());
  if (status.type() != fs::file_type::regular_file)
    return Status::error("is not a regular file");
  auto mapped = llvm::MemoryBuffer::getFile(modelPath, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!mapped)
    return Status::error("cannot be read: " + mapped.getError().message());

  ModelFile model;
  model.mapped = std::move(*mapped);
  model.name = path::filename(modelPath).str();
  llvm::SmallString<256> folder = path::parent_path(modelPath);
  if (folder.empty())
    folder = ".";
  llvm::SmallString<256> real;
  if (std::error_code failure = fs::real_path(folder, real))
    return Status::error("has a folder that cannot be opened: " +
                         failure.message());
  model.folder = real.str().str();
  WEFT_RETURN_IF_ERROR(model.parse(model.mapped->getBuffer()));
  return model;
}

StatusOr<ModelFile> ModelFile::ofBuffer(llvm::MemoryBufferRef buffer) {
  ModelFile model;
  model.mapped = llvm::MemoryBuffer::getMemBuffer(
      buffer, /*RequiresNullTerminator=*/false);
  model.name = path::filename(buffer.getBufferIdentifier()).str();
  WEFT_RETURN_IF_ERROR(model.parse(model.mapped->getBuffer()));
  return model;
}

Status ModelFile::parse(llvm::StringRef bytes) {
  StatusOr<std::string> graph = withoutTensorData(bytes);
  if (!graph)
    return graph.status();
  if (!proto.ParseFromString(*graph))
    return Status::error(
        "not a valid ONNX file: a field has another type than ONNX gives it");
  if (!proto.has_graph())
    return Status::error("not a valid ONNX file: it holds no graph");
  if (proto.ir_version() < 3 || proto.ir_version() > newestIRVersion)
    return Status::error("the file has ONNX IR version " +
                         std::to_string(proto.ir_version()) +
                         "; versions 3 to " + std::to_string(newestIRVersion) +
                         " are supported");
  if (getOpset("") == 0)
    return Status::error("the file does not say which version of ONNX's "
                         "operators it uses (opset_import); export it again");
  return Status::ok();
}

int64_t ModelFile::getOpset(llvm::StringRef domain) const {
  auto isDefault = [](llvm::StringRef domain) {
    return domain.empty() || domain == "ai.onnx";
  };
  for (const OperatorSetIdProto &set : proto.opset_import())
    if (set.domain() == domain ||
        (isDefault(domain) && isDefault(set.domain())))
      return set.version();
  return 0;
}
