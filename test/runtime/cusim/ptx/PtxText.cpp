//===- PtxText.cpp - PTX texts for tests --------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/runtime/cusim/ptx/PtxText.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

using namespace weft;
using namespace weft::cusim::ptx;

std::string cusim::ptx::moduleText(std::string_view directives) {
  return ".version 8.5\n.target sm_90a\n.address_size 64\n" +
         std::string(directives);
}

std::string cusim::ptx::kernelText(std::string_view statements) {
  return moduleText(".visible .entry kernel(.param .u64 pointer) {\n"
                    ".reg .pred %p<64>;\n"
                    ".reg .b16 %h<64>;\n"
                    ".reg .b32 %r<64>;\n"
                    ".reg .b64 %d<64>;\n"
                    ".reg .b128 %q<64>;\n"
                    ".reg .f32 %f<64>;\n"
                    ".reg .f64 %g<64>;\n"
                    ".shared .align 16 .b8 buffer[1024];\n") +
         std::string(statements) + "\n}\n";
}

Module cusim::ptx::parsed(const std::string &text) {
  StatusOr<Module> module = parse(text);
  if (!module) {
    ADD_FAILURE() << module.message();
    return {};
  }
  return std::move(*module);
}

Function cusim::ptx::kernelOf(std::string_view statements) {
  Module module = parsed(kernelText(statements));
  return module.functions.empty() ? Function() : module.functions[0];
}

Instruction cusim::ptx::instructionOf(std::string_view text) {
  Function kernel = kernelOf(text);
  EXPECT_EQ(kernel.instructions.size(), 1u) << text;
  return kernel.instructions.empty() ? Instruction() : kernel.instructions[0];
}

std::string cusim::ptx::messageOf(const std::string &text) {
  StatusOr<Module> module = parse(text);
  if (module) {
    ADD_FAILURE() << "parses: " << text;
    return {};
  }
  return module.message();
}

std::string cusim::ptx::inputText(const std::string &name) {
  std::ifstream file(std::string(PTX_INPUTS) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}
