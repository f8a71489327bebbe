//===- WriteKernelTable.cpp - The kernel table as C -----------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelTable.h"

#include <fstream>

/// Writes what kernel_abi.h asks a stage's shared object to export.
int main(int, char **argv) {
  std::string bytes = weft::test::kernelTable().SerializeAsString();
  std::ofstream file(argv[1]);
  file << "EXPORT const uint8_t weft_kernel_table[] = {";
  for (char byte : bytes)
    file << static_cast<int>(static_cast<unsigned char>(byte)) << ',';
  file << "};\nEXPORT const uint64_t weft_kernel_table_bytes = " << bytes.size()
       << ";\n";
  return file ? 0 : 1;
}
