//===- Template.cpp - Chat templates --------------------------------------===//
//
// Part of Weft, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/generate/template/Template.h"
#include "runtime/generate/template/Interpreter.h"
#include "runtime/generate/template/Parser.h"

using namespace weft;
using namespace weft::jinja;

/// No chat template comes near.
static constexpr size_t maxTemplateBytes = 1u << 20;
/// Bytes of text, of which a node evaluated counts 16; see Interpreter::spend.
static constexpr uint64_t baseBudget = 64u << 20;

Template::Template(std::vector<std::unique_ptr<Statement>> body)
    : body(std::move(body)) {}
Template::Template(Template &&) noexcept = default;
Template &Template::operator=(Template &&) noexcept = default;
Template::~Template() = default;

StatusOr<Template> Template::parse(std::string_view text) {
  if (text.size() > maxTemplateBytes)
    return Status::error("it has " + std::to_string(text.size()) +
                         " bytes, more than " +
                         std::to_string(maxTemplateBytes));
  StatusOr<std::vector<Token>> tokens = tokenize(text);
  if (!tokens)
    return tokens.status();
  StatusOr<Body> body = Parser(std::move(*tokens)).parse();
  if (!body)
    return body.status();
  return Template(std::move(*body));
}

StatusOr<std::string> Template::render(const Dict &variables,
                                       const std::tm &now) const {
  uint64_t weight = Value(variables).weight();
  Interpreter interpreter(variables, baseBudget + 64 * weight, now);
  return interpreter.render(body);
}
