//===- FuzzTemplate.cpp - Hostile chat templates --------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/template/Template.h"

using namespace weft::jinja;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  auto parsed = Template::parse({reinterpret_cast<const char *>(data), size});
  if (!parsed)
    return 0;
  Dict message, variables;
  message.set("role", "user");
  message.set("content", "Hi");
  variables.set("messages", std::vector<Value>{message, message});
  variables.set("bos_token", "<s>");
  static_cast<void>(parsed->render(variables, std::tm()));
  return 0;
}
