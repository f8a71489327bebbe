//===- TemporaryFile.h - A file of one test ---------------------*- C++ -*-===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef TEST_LIB_CODEGEN_CUDA_TEMPORARYFILE_H
#define TEST_LIB_CODEGEN_CUDA_TEMPORARYFILE_H

#include "test/lib/Codegen/Common/KernelRunner.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

namespace weft {

class TemporaryFile {
public:
  explicit TemporaryFile(llvm::StringRef suffix) {
    if (llvm::sys::fs::createTemporaryFile("weft", suffix, name))
      die("no temporary file");
  }
  ~TemporaryFile() { llvm::sys::fs::remove(name); }
  TemporaryFile(const TemporaryFile &) = delete;

  std::string path() const { return std::string(name); }
  std::string read() const { return readFile(path()); }
  void write(llvm::StringRef text) const {
    std::error_code error;
    llvm::raw_fd_ostream(path(), error) << text;
    if (error)
      die("cannot write " + path());
  }
  static std::string readFile(const std::string &path) {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    if (!buffer)
      die("cannot read " + path);
    return (*buffer)->getBuffer().str();
  }

private:
  llvm::SmallString<64> name;
};

} // namespace weft

#endif // TEST_LIB_CODEGEN_CUDA_TEMPORARYFILE_H
